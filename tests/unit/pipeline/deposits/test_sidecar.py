from __future__ import annotations

from pathlib import Path

import pytest

from odl_host.pipeline.deposits.sidecar import Sidecar, read_sidecar
from odl_host.tenants import Publishing


def read(folder: Path, text: str, *, name: str = "dataset.toml", other: tuple[str, ...] = ()) -> Sidecar:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_sidecar(file, path=name, scope="", publishing=Publishing(other_licences=other))


def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    toml = read(
        tmp_path,
        'title = "Eau"\ntags = ["eau potable"]\nlicence = "odc-odbl"\nfrequency = "mensuelle"\ntemporal = "2024-06"\n'
        'contact = "eau@exemple.fr"\nschema = "prenoms"\nprivate = true\n[resources."a.csv"]\ntitle = "A"\n',
    )
    yaml = read(
        tmp_path,
        "title: Eau\ntags: [eau potable]\nlicence: odc-odbl\nfrequency: mensuelle\ntemporal: 2024-06\n"
        "contact: eau@exemple.fr\nschema: prenoms\nprivate: true\nresources:\n  a.csv:\n    title: A\n",
        name="dataset.yaml",
    )
    assert not toml.problem and not yaml.problem
    for key in ("title", "tags", "licence", "frequency", "temporal", "contact", "schema", "private", "resources"):
        assert getattr(toml, key) == getattr(yaml, key), key
    assert toml.frequency == "MONTHLY"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("dataset.toml", 'title = "x"\ntitel = "y"\n', "dataset.toml, ligne 2 : la clé « titel » est inconnue"),
        ("dataset.toml", 'titre = "x"\n', "vouliez-vous écrire « title » ?"),
        ("dataset.yaml", "title: x\n\nlicense: lov2\n", "dataset.yaml, ligne 3 : la clé « license » est inconnue"),
        ("dataset.yaml", "resources:\n  a.csv:\n    titre: A\n", "ligne 3 : la clé « titre » est inconnue"),
        ("dataset.toml", 'temporal = "hier"\n', "« hier » n’est pas une période"),
        ("dataset.toml", 'frequency = "souvent"\n', "la fréquence « souvent » est inconnue"),
        ("dataset.toml", 'contact = "la mairie"\n', "n’est pas une adresse électronique"),
        ("dataset.toml", 'private = "oui"\n', "« private » vaut true ou false"),
        ("dataset.toml", "tags = [1]\n", "« tags » est une liste de mots-clés"),
        ("dataset.toml", 'tags = ["eau", "a"]\n', "le mot-clé « a » ne peut pas servir : de 2 à 100 lettres"),
        ("dataset.toml", 'frequency = "souvent"\n', "est inconnue : en continu, quotidienne,"),
        ("dataset.toml", 'title = "x"\nlicence = \n', "n’est pas un fichier TOML lisible à partir de la ligne 2"),
        ("dataset.toml", 'title = "x\n', "à partir de la ligne 1 : un guillemet"),
        ("dataset.yaml", 'a: b\ntitle: "x\nprivate: true\n', "pas un fichier YAML lisible à partir de la ligne 2"),
        ("dataset.yaml", "title: x\n tags: y\n", "à partir de la ligne 2 : un guillemet"),
        ("dataset.yaml", "- a\n", "il faut des lignes « clé = valeur »"),
        ("dataset.yaml", "!!python/object/apply:os.system ['true']\n", "n’est pas un fichier YAML lisible"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_nearest_key(tmp_path: Path, name: str, text: str, said: str) -> None:
    assert said in read(tmp_path, text, name=name).problem


def test_a_sidecar_that_cannot_be_read_is_said_in_french_alone(tmp_path: Path) -> None:
    for name, text in (("dataset.toml", 'title = "x\n'), ("dataset.yaml", 'title: "x\n')):
        problem = read(tmp_path, text, name=name).problem
        assert not any(english in problem for english in ("line", "Illegal", "while", "scanning")), problem
    (tmp_path / "dataset.toml").write_bytes('title = "été"\n'.encode("cp1252"))
    latin = read_sidecar(tmp_path / "dataset.toml", path="dataset.toml", scope="", publishing=Publishing())
    assert latin.problem == "dataset.toml n’est pas écrit en UTF-8 : enregistrez-le dans ce codage."


@pytest.mark.parametrize(
    ("written", "meant"),
    [("odbl", "odc-odbl"), ("ODbL-1.0", "odc-odbl"), ("Licence Ouverte", "lov2"), ("etalab-2.0", "lov2")],
)
def test_a_licence_of_the_law_is_known_by_the_names_that_people_give_it(
    tmp_path: Path, written: str, meant: str
) -> None:
    assert read(tmp_path, f'licence = "{written}"\n').licence == meant


def test_a_licence_that_the_law_does_not_name_is_refused_with_the_reason(tmp_path: Path) -> None:
    refused = read(tmp_path, 'title = "x"\nlicence = "cc-by"\n').problem
    assert refused.startswith("dataset.toml, ligne 2 : la licence « cc-by » n’est pas admise")
    assert "D. 323-2-1" in refused and "D. 323-2-2" in refused and 'other_licences = ["cc-by"]' in refused
    assert read(tmp_path, 'licence = "cc-by"\n', other=("cc-by",)).licence == "cc-by"

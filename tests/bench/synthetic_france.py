"""Builds a catalogue the size of France in one home: every commune an organization, and as many datasets as asked.

It writes the rows that the actions would, from documents that the actions made, thousands in a transaction; words are
drawn as in real text (a few very often, most rarely).
"""

from __future__ import annotations

import itertools
import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odl_host.server.objects.datasets import Resource, insert_dataset, insert_resources
from odl_host.server.objects.groups import save_group
from odl_host.server.sites import Site, open_site
from odl_host.storage.local import LocalStorage
from odl_host.territory.reference import list_all_communes

BATCH = 2_000
SUBJECTS = (
    "Délibérations du conseil municipal", "Subventions aux associations", "Budget primitif", "Compte administratif",
    "Marchés publics", "Équipements publics", "Prénoms des nouveau-nés", "Adresses", "Arbres d'alignement",
    "Points d'eau potable", "Stationnement", "Aménagements cyclables", "Menus de la restauration scolaire",
    "Fêtes et manifestations", "Déchets et points d'apport", "Qualité de l'air", "Défibrillateurs", "Zonage du PLU",
)  # fmt: skip
TAGS = [f"theme {number}" for number in range(400)]
FORMATS = ("CSV", "CSV", "CSV", "XLSX", "GeoJSON", "PDF", "JSON", "SHP")
LICENSES = ("lov2", "lov2", "lov2", "odc-odbl", "notspecified")


def build(folder: Path, url: str, datasets: int, *, seed: int = 1) -> Site:
    """Return the catalogue in `folder`, made when it is empty; about three resources for each dataset."""
    site = open_site(
        name="france",
        title="France",
        url=url,
        description="",
        data_dir=folder,
        storage=LocalStorage(folder / "files"),
    )
    ckan = site.as_sysadmin()
    if ckan.call_action("package_list", {"limit": 1}):
        return site
    chance = random.Random(seed)
    organization = ckan.call_action("organization_create", {"name": "modele", "title": "Modèle"})
    dataset = ckan.call_action("package_create", {"name": "modele", "owner_org": "modele", "tag_string": "modele"})
    resource = ckan.call_action("resource_create", {"package_id": "modele", "name": "modele", "format": "CSV"})
    documents = _stored(site, organization["id"], dataset["id"], resource["id"])
    words = [f"{chance.choice('bcdfglmnprstv')}{chance.choice('aeiou')}{number:x}" for number in range(60_000)]
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(words))))
    owners = list(_write_organizations(site, documents["organization"], min(35_000, max(datasets // 10, 10))))
    made = 0
    while made < datasets:
        with site.db.writing() as db:
            for _ in range(min(BATCH, datasets - made)):
                owner, summary, town = owners[made % len(owners)]
                text = chance.choices(words, cum_weights=weights, k=40)
                subject = chance.choice(SUBJECTS)
                fields = {
                    **documents["dataset"],
                    "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                    "name": f"jeu-{made}",
                    "title": f"{subject} de {town} {2015 + made % 11}",
                    "notes": " ".join(text),
                    "owner_org": owner,
                    "license_id": chance.choice(LICENSES),
                    "tags": [{**documents["dataset"]["tags"][0], "name": t, "display_name": t}
                             for t in sorted(set(chance.choices(TAGS, k=3)))],
                    "metadata_modified": _instant(made),
                }  # fmt: skip
                fields["num_tags"] = len(fields["tags"])
                insert_dataset(db, fields, organization=summary)
                insert_resources(db, list(_resources(documents["resource"], fields["id"], chance)))
                made += 1
    return site


def _instant(number: int) -> str:
    return f"{2015 + number % 11}-{1 + number % 12:02}-{1 + number % 28:02}T08:00:00.{number % 999_999:06}"


def _stored(site: Site, *ids: str) -> dict[str, Any]:
    """Return the documents as the database keeps them."""
    queries = ("SELECT doc FROM groups", "SELECT doc FROM packages", "SELECT doc FROM resources")
    with site.db.reading() as db:
        found = [
            json.loads(str(db.exec_driver_sql(f"{query} WHERE id = ?", (key,)).scalar_one()))
            for query, key in zip(queries, ids, strict=True)
        ]
    return dict(zip(("organization", "dataset", "resource"), found, strict=True))


def _write_organizations(site: Site, document: dict[str, Any], count: int) -> Iterator[tuple[str, str, str]]:
    communes = list_all_communes()
    for first in range(0, count, BATCH):
        with site.db.writing() as db:
            for number in range(first, min(first + BATCH, count)):
                commune = communes[number % len(communes)]
                key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{commune.code}-{number}"))
                fields = {**document, "id": key, "name": f"commune-{number}", "title": commune.name}
                save_group(db, fields, is_new=True)
                yield key, json.dumps({name: fields.get(name) for name in document}), commune.name


def _resources(document: dict[str, Any], package_id: str, chance: random.Random) -> Iterator[Resource]:
    for position in range(chance.choice((2, 3, 3, 4))):
        key = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        fields = {
            **document,
            "id": key,
            "package_id": package_id,
            "position": position,
            "name": f"fichier {position}",
            "format": chance.choice(FORMATS),
            "url": f"https://exemple.fr/{key}.csv",
        }
        yield Resource(key, package_id, position, None, None, None, None, json.dumps(fields, ensure_ascii=False))

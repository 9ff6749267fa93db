from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odl_host.ckan import SearchError, SearchQueryError
from odl_host.server.database import tables
from odl_host.server.objects.datasets import last_seq
from odl_host.server.registry import User, call_action
from odl_host.server.sites import Site
from tests.sites import site_in
from tests.unit.server.search.test_index import count


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("délibérations", 2),
        ("deliberation", 2),
        ("DELIBERATION", 2),
        ("ecole", 1),
        ("l'école", 1),
        ("title:delibération", 1),
        ("arbre", 1),
        ("aime plagne", 3),
        ('"conseil délibérations"', 0),
        ('"délibérations du conseil"', 1),
        ("délibér*", 2),
        ("title:arb*", 1),
        ("name:budget-2024", 1),
        ("name:budget*", 1),
        ('tags:"Eau potable"', 1),
        ("tags:eau", 0),
        ("extras_siren:217300656", 1),
        ("extras_siren:*", 1),
        ("license_id:lov2 OR tags:[* TO *]", None),
        ("license_id:lov2 OR name:budget-2024", 2),
        ("-name:arbres", 2),
        ("*:* -name:arbres", 2),
        ("organization:aime AND NOT (name:arbres OR name:deliberations)", 1),
        ("metadata_modified:[NOW-1DAY TO NOW]", 3),
        ("metadata_created:[2000-01-01T00:00:00Z TO 2001]", 0),
        ("private:false", 3),
        ("colour:blue", 0),
        ("zebre", 0),
        ("budget (2024", None),
    ],
)
def test_queries_find_what_people_mean(filled: Site, query: str, total: int | None) -> None:
    if total is None:
        with contextlib.suppress(SearchError):
            count(filled, query)
    else:
        assert count(filled, query) == total


@pytest.fixture(scope="module")
def communes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Datasets of several towns, with what can be asked of them."""
    site = site_in(tmp_path_factory.mktemp("communes"))
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "cannes", "title": "Ville de Cannes"})
    ckan.call_action("organization_create", {"name": "aix", "title": "Aix-les-Bains"})
    square = '{"type":"Polygon","coordinates":[[[5.8,45.6],[6.0,45.6],[6.0,45.8],[5.8,45.6]]]}'
    for name, fields in {
        "cannes-ecoles": {"title": "Écoles de Cannes", "owner_org": "cannes", "version": "2"},
        "canne": {"title": "La canne à sucre", "owner_org": "aix", "version": "10"},
        "aix": {
            "title": "Marchés d'Aix-les-Bains",
            "owner_org": "aix",
            "notes": "Attribués à Saint-Alban",
            "version": "3",
            "extras": [
                {"key": "annee", "value": "2024"},
                {"key": "maj", "value": "2024-05-02"},
                {"key": "clé.accentuée", "value": "Été chaud"},
                {"key": "spatial", "value": square},
            ],
            "resources": [{"name": "Liste des marchés", "format": "csv", "url": "http://a.b/c.csv"}],
            "tag_string": "commande publique,eau",
        },
        "bains": {
            "title": "Bains",
            "owner_org": "cannes",
            "notes": "Marchés",
            "extras": [{"key": "annee", "value": "9"}, {"key": "maj", "value": "2023"}],
        },
    }.items():
        ckan.call_action("package_create", {"name": name, **fields})
    yield site
    site.close()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("cannes", ["cannes-ecoles", "canne", "bains"]),
        ("aix-les-bains", ["aix", "canne"]),
        ("st alban", ["aix"]),
        ("St-Alban", ["aix"]),
        ("marche", ["aix", "bains"]),
        ("annee:2024", ["aix"]),
        ("extras_annee:2024", ["aix"]),
        ("extras_annee:[10 TO 3000]", ["aix"]),
        ("annee:[5 TO 2024}", ["bains"]),
        ("annee:[* TO 100]", ["bains"]),
        ("maj:[2024-01-01 TO 2024-12-31]", ["aix"]),
        ("version:[1 TO 3]", ["aix", "cannes-ecoles"]),
        ("version:{2 TO *]", ["aix", "canne"]),
        ("name:[b TO cb]", ["bains", "canne", "cannes-ecoles"]),
        (r"extras_clé.accentuée:ete", ["aix"]),
        (r"clé.accentuée:Été*", ["aix"]),
        ("extras_annee:*", ["aix", "bains"]),
        ("annee:*", ["aix", "bains"]),
        ("title:*", ["aix", "bains", "canne", "cannes-ecoles"]),
        ("-annee:*", ["canne", "cannes-ecoles"]),
        ("num_resources:1", ["aix"]),
        ("num_tags:[1 TO *]", ["aix"]),
        ('res_url:"http://a.b/c.csv"', ["aix"]),
        ("res_url:*c.csv", ["aix"]),
        ("res_format:CSV", ["aix"]),
        ("res_format:csv", []),
        ("notes:alban", ["aix"]),
        ("entity_type:package AND site_id:default AND eau", ["aix"]),
        ("marcehs~", ["aix", "bains"]),
        ("title:marches~1", ["aix"]),
        ("+marches -bains", []),
        ("+marches -eau", ["bains"]),
        ("marchés && !eau", ["bains"]),
        ("(eau OR sucre) AND version:*", ["aix", "canne"]),
        ("title:(bains OR sucre)", ["aix", "bains", "canne"]),
        ("title:bains^4 OR sucre^0.5", ["aix", "bains", "canne"]),
        ('title:"marchés bains"~4', ["aix"]),
        ('title:"aix les bains"', ["aix"]),
        ("tags:(eau OR rien)", ["aix"]),
        ('tags:"commande publique"', ["aix"]),
        ("tags:comm*", ["aix"]),
        ("owner_org:[* TO *] AND private:false AND eau", ["aix"]),
        ("metadata_modified:[NOW-1HOUR TO *] AND eau", ["aix"]),
        ("metadata_modified:[* TO 2020-01-01T00:00:00Z]", []),
        ("metadata_modified:{2030 TO 2020}", []),
        ("(((", []),
        ("AND OR", []),
        ("http://a.b/c.csv", []),
        ("  ", ["aix", "bains", "canne", "cannes-ecoles"]),
    ],
)
def test_the_query_language_is_that_of_ckan(communes: Site, query: str, names: list[str]) -> None:
    found = communes.as_anonymous().call_action("package_search", {"q": query})["results"]
    assert sorted(entry["name"] for entry in found) == sorted(names)


@pytest.mark.parametrize(
    "query", ["title:(a", 'title:"a', "a:b:c", "title:", ":", "metadata_modified:hier", "title:a AND", "x:[1 2]"]
)
def test_a_query_that_cannot_be_read_is_said_so(communes: Site, query: str) -> None:
    with pytest.raises(SearchError, match=r"^Search error: ['\"]"):
        communes.as_anonymous().call_action("package_search", {"q": query})


@pytest.mark.parametrize("query", ["budget_query_:annecy", "_query_store: oui", "Budget : 2024", r"\{!x}a"])
def test_what_only_looks_like_a_field_is_no_error(communes: Site, query: str) -> None:
    communes.as_anonymous().call_action("package_search", {"q": query})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"q": "{!x}a"}, "Local parameters are not supported in param 'q'."),
        ({"fq": "{!x}a"}, "Local parameters must be defined at the beginning of param 'fq'."),
        ({"fq_list": ["{!x}a"]}, "Local parameters are not supported in param 'fq_list'."),
        ({"q": "{!x}a {!y}"}, "Query parsers are not supported in param 'q'."),
        ({"q": "b OR {!x}a"}, "Local parameters must be defined at the beginning of param 'q'."),
        ({"q": "_query_:a"}, "Magic fields are not supported in param 'q'."),
        ({"q": r"b OR \_val\_ :a"}, "Magic fields are not supported in param 'q'."),
        ({"sort": "_query_:a asc"}, "Magic fields are not supported in param 'sort'."),
        ({"q": "title:" + " OR ".join(f"*a{n}*" for n in range(50))}, "wildcards"),
        ({"q": "a:" + "*b" * 200}, "wildcards"),
        ({"q": " ".join(["mot"] * 2000) + " a:b"}, "clauses"),
        ({"q": "title:" + "(" * 200}, "parentheses"),
        ({"ext_bbox": "1,2,3"}, "bounding box"),
        ({"facet.field": ["tags"] * 500}, "facets"),
    ],
)
def test_what_reaches_too_far_or_costs_too_much_is_refused(
    communes: Site, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(SearchError) as caught:
        communes.as_anonymous().call_action("package_search", params)
    assert message in str(caught.value)


@pytest.mark.parametrize("params", [{"sort": "title"}, {"sort": "title up"}, {"colour": 1}, {"q.op": "OR"}])
def test_an_unknown_parameter_or_order_is_a_query_error(communes: Site, params: dict[str, Any]) -> None:
    with pytest.raises(SearchQueryError, match="Search Query is invalid: "):
        communes.as_anonymous().call_action("package_search", params)


def test_the_whole_word_comes_before_its_stem(communes: Site) -> None:
    found = communes.as_anonymous().call_action("package_search", {"q": "cannes"})["results"]
    assert found[0]["name"] == "cannes-ecoles"


def test_only_what_lies_in_a_place_is_found(communes: Site) -> None:
    def within(box: str) -> int:
        total: int = communes.as_anonymous().call_action("package_search", {"ext_bbox": box})["count"]
        assert total == communes.as_anonymous().call_action("package_search", {"extras": {"ext_bbox": box}})["count"]
        return total

    assert within("5.9,45.7,7,46") == 1
    assert within("6.1,45.7,7,46") == 0
    assert within("-5,41,10,51") == 1


def test_fl_answers_the_fields_of_a_search_engine(communes: Site) -> None:
    def record(fl: Any) -> Any:
        return communes.as_anonymous().call_action("package_search", {"q": "name:aix", "fl": fl})["results"][0]

    assert record("name") == {"name": "aix"}
    assert record("name,organization") == record(["name", "organization"]) == {"name": "aix", "organization": "aix"}
    assert record("tags annee res_name nothing") == {
        "tags": ["commande publique", "eau"],
        "annee": "2024",
        "res_name": ["Liste des marchés"],
    }
    assert record("metadata_modified")["metadata_modified"].endswith("Z")
    assert {"id", "title", "capacity", "data_dict", "validated_data_dict", "spatial"} <= set(record("*"))


def test_extras_vocabularies_and_states_are_counted(communes: Site) -> None:
    fields = ["annee", "extras_annee", "tags", "organization", "nothing", "state"]
    found = communes.as_anonymous().call_action("package_search", {"facet.field": fields, "rows": 0})["facets"]
    assert found["annee"] == found["extras_annee"] == {"2024": 1, "9": 1}
    assert found["tags"] == {"commande publique": 1, "eau": 1}
    assert found["organization"] == {"aix": 2, "cannes": 2}
    assert found["nothing"] == {}
    assert found["state"] == {"active": 4}
    few = {"facet.field": ["organization", "annee"], "facet.limit": 1, "rows": 0}
    assert communes.as_anonymous().call_action("package_search", few)["facets"] == {
        "organization": {"aix": 2},
        "annee": {"2024": 1},
    }
    many = {"facet.field": '["organization"]', "facet.mincount": 3, "facet.limit": -1}
    assert communes.as_anonymous().call_action("package_search", many)["facets"] == {"organization": {}}


def test_several_fields_sort_together_on_every_page(site: Site) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    expected = []
    for licence in ("odc-odbl", "cc-by"):
        for title in ("b", "a", "c"):
            for number in range(4):
                name = f"{licence}-{title}-{number}"
                expected.append((licence, title, name))
                fields = {"name": name, "title": title, "license_id": licence, "owner_org": "aime"}
                ckan.call_action("package_create", fields)
    expected.sort(key=lambda entry: entry[2], reverse=True)
    expected.sort(key=lambda entry: entry[:2])
    for q in ("*:*", "title:(a OR b OR c)"):
        sort = "license_id asc, title_string asc, name desc"
        for rows in (5, 7, 24):
            pages = [
                ckan.call_action("package_search", {"q": q, "sort": sort, "rows": rows, "start": start})["results"]
                for start in range(0, 30, rows)
            ]
            assert [entry["name"] for page in pages for entry in page] == [name for *_, name in expected]
    equal = ckan.call_action("package_search", {"q": "title:a", "sort": "score desc, name asc", "rows": 30})
    names = [entry["name"] for entry in equal["results"]]
    assert names == sorted(names)


def test_private_datasets_and_drafts_are_for_their_organization(site: Site) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    for name in ("member", "stranger"):
        ckan.call_action("user_create", {"name": name, "email": f"{name}@example.org", "password": "motdepasse"})
    ckan.call_action("organization_member_create", {"id": "aime", "username": "member", "role": "member"})
    for name, fields in {"pub": {}, "priv": {"private": True}, "draft": {"state": "draft"}, "gone": {}}.items():
        ckan.call_action("package_create", {"name": name, "owner_org": "aime", **fields})
    ckan.call_action("package_delete", {"id": "gone"})

    def seen(user: str, **params: Any) -> set[str]:
        door = site.as_user(user) if user else site.as_anonymous()
        return {entry["name"] for entry in door.call_action("package_search", params)["results"]}

    for user in ("member", "odl-host"):
        assert seen(user) == {"pub"}
        assert seen(user, include_private=True) == {"pub", "priv"}
        assert seen(user, include_drafts=True) == {"pub", "draft"}
        assert seen(user, include_deleted=True) == {"pub"}
        assert seen(user, fq="+state:draft") == {"draft"}
        assert seen(user, include_private=True, fq="capacity:private") == {"priv"}
    for user in ("stranger", ""):
        assert seen(user, include_private=True, include_drafts=True) == {"pub"}
        assert seen(user, fq="+state:draft") == set()


GONE = {"fq": "+state:deleted"}


def test_deleted_datasets_are_found_where_the_manifest_keeps_them_in_searches(tmp_path: Path) -> None:
    def seen(user: str, **params: Any) -> list[str]:
        door = site.as_user(user) if user else site.as_anonymous()
        return [entry["name"] for entry in door.call_action("package_search", params)["results"]]

    site = site_in(tmp_path, settings={"ckan.search.remove_deleted_packages": False})
    ckan = site.as_sysadmin()
    for name in ("member", "stranger"):
        ckan.call_action("user_create", {"name": name, "email": f"{name}@example.org", "password": "motdepasse"})
    ckan.call_action("organization_create", {"name": "aime", "users": [{"name": "member", "capacity": "member"}]})
    for name in ("gone", "kept", "purged"):
        ckan.call_action("package_create", {"name": name, "owner_org": "aime"})
    for name in ("gone", "purged"):
        ckan.call_action("package_delete", {"id": name})
    ckan.call_action("dataset_purge", {"id": "purged"})
    for user in ("member", "odl-host"):
        assert seen(user) == ["kept"]
        assert sorted(seen(user, include_deleted=True)) == ["gone", "kept"]
        assert seen(user, **GONE) == ["gone"]
    for user in ("stranger", ""):
        assert seen(user, include_deleted=True) == ["kept"]
        assert seen(user, **GONE) == []
    assert site.index.check() == []
    with site.db.reading() as db:
        read = last_seq(db)
    ckan.call_action("package_patch", {"id": "kept", "title": "Changé depuis"})
    answer = json.loads(call_action(site, User("x", "x", sysadmin=True), "package_search", GONE, index_seq=read))
    assert [entry["name"] for entry in answer["results"]] == ["gone"]
    site.close()
    site = site_in(tmp_path)
    assert seen("odl-host", include_deleted=True) == ["kept"]
    assert site.index.check() == []
    site.close()


@pytest.mark.parametrize("is_allowed", [True, False])
def test_collaborators_find_what_they_work_on_where_there_are_any(tmp_path: Path, is_allowed: bool) -> None:
    site = site_in(tmp_path, settings={"ckan.auth.allow_dataset_collaborators": is_allowed})
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    ckan.call_action("user_create", {"name": "claire", "email": "claire@example.org", "password": "motdepasse"})
    dataset = ckan.call_action("package_create", {"name": "priv", "owner_org": "aime", "private": True})
    row = {"package_id": dataset["id"], "capacity": "member", "modified": dataset["metadata_modified"]}
    with site.db.writing() as db:
        db.execute(
            tables.collaborators.insert(), {"user_id": ckan.call_action("user_show", {"id": "claire"})["id"], **row}
        )
    found = site.as_user("claire").call_action("package_search", {"include_private": True})["count"]
    assert found == int(is_allowed)
    site.close()


def test_a_hit_in_the_title_comes_before_one_in_the_text(filled: Site) -> None:
    found = filled.as_anonymous().call_action("package_search", {"q": "délibérations"})
    assert [entry["name"] for entry in found["results"]] == ["deliberations", "budget-2024"]


def test_results_can_be_sorted(filled: Site) -> None:
    def names(sort: str) -> list[str]:
        found = filled.as_anonymous().call_action("package_search", {"q": "*:*", "sort": sort})
        return [entry["name"] for entry in found["results"]]

    assert names("name asc") == ["arbres", "budget-2024", "deliberations"]
    assert names("title_string desc") == ["deliberations", "budget-2024", "arbres"]
    assert names("metadata_created asc") == ["deliberations", "budget-2024", "arbres"]
    assert names("score desc, name asc") == ["arbres", "budget-2024", "deliberations"]


def test_extras_can_be_counted(filled: Site) -> None:
    found = filled.as_anonymous().call_action("package_search", {"facet.field": ["extras_siren"], "rows": 0})
    assert found["facets"] == {"extras_siren": {"217300656": 1}}
    assert found["results"] == []


def test_no_page_lies_beyond_the_results(filled: Site) -> None:
    found = filled.as_anonymous().call_action("package_search", {"start": 1000})
    assert (found["count"], found["results"]) == (3, [])

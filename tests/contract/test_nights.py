"""A week of nights: files added, corrected, removed, renamed and spoilt; at its end, exactly the expected catalogue."""

from __future__ import annotations

from .portal import GEOJSON, PDF, Portal, prenoms


def shown(portal: Portal) -> dict[str, tuple[str, str]]:
    """What the public finds: the dataset and the rows of each file, by the path that it was deposited under."""
    return {
        resource["source_name"]: (dataset["title"], str(resource.get("rows") or ""))
        for dataset in portal.datasets()
        for resource in dataset["resources"]
        if "source_name" in resource
    }


def test_a_week_of_nights_ends_with_exactly_the_expected_catalogue(portal: Portal) -> None:
    names = f"Prénoms donnés aux nouveau-nés – Organisme {portal.tenant.name} "
    titles = {member: names + member for member in (portal.a, portal.b)}
    urls: dict[str, str] = {}

    def night(**expected: int) -> None:
        """Publish as cron does; nothing of what was published before has another address."""
        report = portal.publish(prune=True)
        assert {kind: count for kind, count in report.counts.items() if count} == expected
        for outcome in report.as_json()["items"]:
            if outcome["url"]:
                key = outcome["resource_id"]
                assert urls.setdefault(key, outcome["url"]) == outcome["url"]

    # Monday: two members begin.
    portal.lay({"a/prenoms-2022.csv": prenoms(2022), "a/prenoms-2023.csv": prenoms(2023), "b/p.csv": prenoms(2023)})
    night(published=3)
    # Tuesday: one adds a year, the other sends a file with an error and a plan in PDF that nothing describes.
    portal.lay(
        {"a/prenoms-2024.csv": prenoms(2024), "b/q.csv": prenoms(2024).replace(",3,", ",trois,"), "b/plan.pdf": PDF}
    )
    night(published=1, unchanged=3, rejected=1, blocked=1)
    # Wednesday: the error is corrected, the plan described.
    portal.lay({"b/q.csv": prenoms(2024, "Lou"), "b/plan.pdf.toml": 'title = "Le plan"\n'})
    night(published=2, unchanged=4)
    # Thursday: nobody does anything.
    night(unchanged=6)
    # Friday: a file is corrected, one renamed, one renamed and corrected, one spoilt; the sidecar says more.
    portal.lay(
        {
            "a/prenoms-2022.csv": prenoms(2022, "Zoé", "Ana", "Max"),
            "a/prenoms-2023.csv": None,
            "a/naissances.csv": prenoms(2023),
            "a/prenoms-2024.csv": None,
            "a/naissances-2024.csv": prenoms(2024, "Léo"),
            "b/q.csv": "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\n",
            "b/plan.pdf.toml": 'title = "Le plan local"\n',
        }
    )
    night(published=2, updated=1, unchanged=2, blocked=1)
    # Saturday: one file goes, a map comes, the spoilt file is as it was.
    portal.lay(
        {
            "b/p.csv": None,
            "b/q.csv": prenoms(2024, "Lou"),
            "b/carte/dataset.yaml": "title: Carte\nlicence: odc-odbl\n",
            "b/carte/zones.geojson": GEOJSON,
        }
    )
    night(published=1, unchanged=5, removed=1)
    # Sunday: the plan goes with its sidecar, and with it its dataset; the file that went comes back.
    portal.lay({"b/plan.pdf": None, "b/plan.pdf.toml": None, "b/p.csv": prenoms(2023)})
    night(published=1, unchanged=5, removed=1)
    assert shown(portal) == {
        "prenoms-2022.csv": (titles[portal.a], "3"),
        "naissances.csv": (titles[portal.a], "2"),
        "naissances-2024.csv": (titles[portal.a], "1"),
        "p.csv": (titles[portal.b], "2"),
        "q.csv": (titles[portal.b], "1"),
        "carte/zones.geojson": ("Carte", ""),
    }
    assert sorted(dataset["license_id"] for dataset in portal.datasets()) == ["lov2", "lov2", "odc-odbl"]
    night(unchanged=6)

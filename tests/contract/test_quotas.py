"""Quotas are held before anything is sent, whatever the catalogue."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from odl_host.catalogue import upsert
from odl_host.catalogue.members import HeldMember
from odl_host.config import Home
from odl_host.pipeline.plans.quotas import count_usage, datasets_of
from odl_host.tenants import CatalogueAddress, Manifest, MemberQuota, Quotas, Tenant

from .portal import Portal, prenoms


def set_quotas(portal: Portal, quotas: Quotas) -> None:
    manifest = dataclasses.replace(portal.tenant.manifest, quotas=quotas)
    portal.tenant = dataclasses.replace(portal.tenant, manifest=manifest)


def test_a_file_too_many_is_blocked_with_what_to_do_and_the_others_are_published(portal: Portal) -> None:
    set_quotas(portal, Quotas(member_files=2, members=(MemberQuota(member=portal.b, files=3),)))
    portal.lay({f"a/prenoms-{year}.csv": prenoms(year) for year in (2021, 2022, 2023)})
    portal.lay({f"b/prenoms-{year}.csv": prenoms(year) for year in (2021, 2022, 2023)})
    assert portal.actions()["a/prenoms-2023.csv"] == "block"
    report = portal.publish()
    ended = {portal.short(one.step.source.relative): one.outcome for one in report.outcomes}
    assert ended == {
        "a/prenoms-2021.csv": "published",
        "a/prenoms-2022.csv": "published",
        "a/prenoms-2023.csv": "blocked",
        "b/prenoms-2021.csv": "published",
        "b/prenoms-2022.csv": "published",
        "b/prenoms-2023.csv": "published",
    }
    reason = portal.reasons(report)["a/prenoms-2023.csv"]
    assert "2 fichiers publiés" in reason
    assert "retirez des fichiers" in reason
    # A correction of a published file takes no new place, and a removal makes room.
    portal.lay({"a/prenoms-2021.csv": prenoms(2021, "Zoé"), "a/prenoms-2022.csv": None})
    assert portal.outcomes(prune=True) == {
        "a/prenoms-2021.csv": "published",
        "a/prenoms-2022.csv": "removed",
        "a/prenoms-2023.csv": "published",
        "b/prenoms-2021.csv": "unchanged",
        "b/prenoms-2022.csv": "unchanged",
        "b/prenoms-2023.csv": "unchanged",
    }


def test_a_heavy_file_is_blocked_and_a_lighter_one_always_passes(portal: Portal) -> None:
    names = ["".join(letters) for letters in _letters(40_000)]
    portal.lay({"a/gros.csv": prenoms(2024, *names)})
    assert portal.outcomes() == {"a/gros.csv": "published"}
    set_quotas(portal, Quotas(file_mb=1, member_mb=1))
    portal.lay({"b/gros.csv": prenoms(2024, *names), "b/petit.csv": prenoms(2023)})
    report = portal.publish()
    reasons = portal.reasons(report)
    assert "le plus gros qui puisse être publié 1 Mo" in reasons["b/gros.csv"]
    assert {one.outcome for one in report.outcomes if "petit" in one.step.source.relative} == {"published"}
    # The member is over its quota already: what is online stays, and what becomes lighter passes.
    portal.lay({"a/gros.csv": prenoms(2024, *names[:-5]), "a/petit.csv": prenoms(2023)})
    again = portal.publish()
    ended = {portal.short(one.step.source.relative): one.outcome for one in again.outcomes}
    assert (ended["a/gros.csv"], ended["a/petit.csv"]) == ("published", "blocked")
    assert "1 Mo publiés" in portal.reasons(again)["a/petit.csv"]


def test_a_tenant_has_a_quota_of_its_own(portal: Portal) -> None:
    others = sum(one.files for one in count_usage(upsert.iter_datasets(portal.catalogue)).values())
    set_quotas(portal, Quotas(tenant_files=others + 1))
    portal.lay({"a/prenoms.csv": prenoms(), "b/prenoms.csv": prenoms()})
    report = portal.publish()
    assert sorted(one.outcome for one in report.outcomes) == ["blocked", "published"]
    assert any("le portail dépasserait" in reason for reason in portal.reasons(report).values())


def _letters(count: int) -> list[tuple[str, ...]]:
    import itertools

    words = itertools.product("BCDFGLMNRST", "aeiou", "bcdfglmnrst", "aeiou", "bcdfglmnrst", "aeiou")
    return list(itertools.islice(words, count))


def test_on_a_ckan_that_others_share_only_the_tenants_own_datasets_count(tmp_path: Path) -> None:
    member = HeldMember("a", "chambery", "Chambéry", "commune:73065", "commune", "73065", None, "73")
    datasets: list[Any] = [{"id": "1", "owner_org": "a"}, {"id": "2", "owner_org": "another’s"}]

    def counted(kind: str) -> list[str]:
        manifest = Manifest(title="Savoie", catalogue=CatalogueAddress(kind=kind))
        tenant = Tenant("savoie", manifest, Home(tmp_path), tmp_path / "savoie.toml")
        return [dataset["id"] for dataset in datasets_of(tenant, [member], datasets)]

    assert counted("ckan") == ["1"]
    assert counted("embedded") == ["1", "2"]

"""A tenant with two members, a deposit, and a catalogue behind one of the three doors: what publishing tests play with.

The members are bodies with SIREN of their own, so that tests on one shared CKAN do not meet.
"""

from __future__ import annotations

import dataclasses
import json
import random
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from odl_host.catalogue import upsert
from odl_host.catalogue.client import Catalogue, Upload
from odl_host.catalogue.shelf import Shelf
from odl_host.config import Home, Settings
from odl_host.errors import CatalogueError, CatalogueInvalid
from odl_host.pipeline.context import RunContext
from odl_host.pipeline.planning import plan_deposit
from odl_host.pipeline.plans.plan import Plan
from odl_host.pipeline.plans.planfile import PlanFile, plan_document, write_plan
from odl_host.pipeline.run import publish_deposit
from odl_host.pipeline.runs.outcomes import RunReport
from odl_host.provision.members import apply_members, parse_member, plan_members
from odl_host.tenants import Manifest, Publishing, Tenant
from odl_host.territory.codes import is_siren

NOW = datetime.fromisoformat("2026-11-23T02:00:00+00:00")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
GEOJSON = json.dumps({"type": "FeatureCollection", "features": []})


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Say nothing of the progress."""


def prenoms(year: int = 2024, *names: str) -> str:
    """A valid file of first names."""
    rows = "".join(f"Barby,73030,F,{name},{3 + n},{year}\n" for n, name in enumerate(names or ("Zoé", "Ana")))
    return "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\n" + rows


def some_siren() -> str:
    """A number that has a SIREN's form, and that no commune has."""
    while True:
        siren = f"9{random.randrange(10**8):08}"
        if is_siren(siren):
            return siren


class PlainCkan:
    """A catalogue that announces nothing of ours, as CKAN does; counts calls, and fails where it is told to."""

    def __init__(self, behind: Catalogue, extensions: frozenset[str] = frozenset()) -> None:
        self.behind, self.url, self.writers = behind, behind.url, behind.writers
        self.extensions = extensions
        self.shelf: Shelf | None = None
        self.failing = ""
        self.refuses_files = False
        self.calls: list[str] = []

    def supports(self, extension: str) -> bool:
        return extension in self.extensions

    def stored_files(self) -> frozenset[str] | None:
        return None

    def call_action(
        self, name: str, data_dict: dict[str, Any] | None = None, files: Mapping[str, Upload] | None = None
    ) -> Any:
        self.calls.append(name)
        if name == self.failing:
            raise CatalogueError(f"{name}: the disk of the database is full.")
        if files and self.refuses_files:
            raise CatalogueInvalid(f"{name}: the file is too large.")
        return self.behind.call_action(name, data_dict, files)


class Portal:
    """A tenant at work; `a` and `b` are the folders of its two members."""

    def __init__(self, folder: Path, catalogue: Catalogue, name: str, url: str) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self.tenant = Tenant(name, Manifest(title="Essai", url=url), Home(folder), folder / "tenants" / f"{name}.toml")
        self.deposit = folder / "deposit"
        self.a, self.b = some_siren(), some_siren()
        self.settings = Settings(jobs=1)
        members = [parse_member(siren, name=f"Organisme {name} {siren}") for siren in (self.a, self.b)]
        apply_members(self.tenant, catalogue, plan_members(self.tenant, members, []), schemas=[])
        self.deposit.mkdir()

    @property
    def context(self) -> RunContext:
        return RunContext(self.tenant, self.catalogue, self.settings, NOW)

    def set_manifest(self, **publishing: Any) -> None:
        manifest = dataclasses.replace(self.tenant.manifest, publish=Publishing(**publishing))
        self.tenant = dataclasses.replace(self.tenant, manifest=manifest)

    def lay(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files of the deposit; None removes one. Paths begin with `a/` or `b/`."""
        for name, content in files.items():
            path = self.path(name)
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def path(self, name: str) -> Path:
        member, _, rest = name.partition("/")
        return self.deposit / {"a": self.a, "b": self.b}.get(member, member) / rest

    def plan(self, *, prune: bool = False) -> Plan:
        return plan_deposit(self.context, self.deposit, progress=quiet, prune=prune)

    def actions(self, plan: Plan | None = None, *, prune: bool = False) -> dict[str, str]:
        """What the plan does to each file, by its short path."""
        plan = plan or self.plan(prune=prune)
        return {self.short(step.source.relative): step.action for step in plan.steps()}

    def publish(self, *, prune: bool = False, kept: PlanFile | None = None) -> RunReport:
        return publish_deposit(self.context, self.deposit, command="test", progress=quiet, prune=prune, kept=kept)

    def outcomes(self, *, prune: bool = False) -> dict[str, str]:
        """Publish, and return how each file ended, by its short path."""
        report = self.publish(prune=prune)
        return {self.short(one.step.source.relative): one.outcome for one in report.outcomes}

    def reasons(self, report: RunReport) -> dict[str, str]:
        return {self.short(one.step.source.relative): one.detail for one in report.outcomes}

    def short(self, relative: str) -> str:
        folder, _, rest = unicodedata.normalize("NFC", relative).partition("/")
        return f"{ {self.a: 'a', self.b: 'b'}.get(folder, folder) }/{rest}"

    def datasets(self) -> list[dict[str, Any]]:
        """The tenant's datasets as the catalogue shows them, drafts too, by name."""
        ids = {
            organization["id"]
            for organization in upsert.list_organizations(self.catalogue)
            if {self.a, self.b} & {extra["value"] for extra in organization.get("extras", [])}
        }
        found: list[Any] = [one for one in upsert.iter_datasets(self.catalogue) if one.get("owner_org") in ids]
        return found

    def resources(self) -> dict[str, dict[str, Any]]:
        """The published files, by the path that they were deposited under; two of one path are an error."""
        found: dict[str, dict[str, Any]] = {}
        for dataset in self.datasets():
            assert dataset["state"] == "active", dataset["name"]
            for resource in dataset["resources"]:
                if "original_of" in resource:
                    continue
                key = f"{dataset['id']}/{resource['source_name']}"
                assert key not in found
                found[key] = resource
        return {key.partition("/")[2]: resource for key, resource in found.items()}


def keep(portal: Portal, *, prune: bool = False) -> Path:
    """Keep the plan of a portal in a file, as `plan -o` does, and return where it is."""
    file = portal.folder / "plan.json"
    plan = portal.plan(prune=prune)
    write_plan(plan_document(plan, tenant=portal.tenant.name, deposit=portal.deposit, prune=prune), file)
    return file

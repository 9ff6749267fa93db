"""Repairs on files as local authorities published them: nothing that could be published is lost, and what is mended
stands on its own.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from odl_host.pipeline.examining.examine import ExamineSettings, examine_file
from odl_host.pipeline.reading.read import ReadLimits
from odl_host.schemas.registry import Registry, load_registry
from odl_host.schemas.sync import sync_catalogue

TODAY = date(2026, 11, 23)
SMALL_BYTES = 150_000
# By eye: a SIRET with spaces, two lost zeros, spaces around words of a list, decimal commas, periods with another mark;
# then blank rows at the end and columns without title nor data, which reading leaves out.
MENDED = {
    "DEP_Lot_Subventions_2017_DONNEES.csv",
    "DEP_Vendee_Publication_donnees_Open_data_Subventions_Conventions.xlsx",
    "diagnostics__diagnostics_simple_good_duplicate_siret.csv",
    "diagnostics__diagnostics_simple_good_locations.csv",
    "diagnostics__diagnostics_simple_good_new_canteen.csv",
    "diagnostics__diagnostics_simple_good_separator_semicolon_decimal_number.csv",
    "achats__purchases_bad_empty_rows.csv",
    "canteen_managers__canteen_managers_bad_empty_rows.csv",
    "diagnostics_complete__diagnostics_complete_bad_empty_rows.csv",
    "diagnostics_complete__diagnostics_complete_bad_wrong_header.csv",
    "diagnostics_simple__diagnostics_simple_bad_empty_rows.csv",
    "diagnostics_simple__diagnostics_simple_bad_wrong_header.csv",
}


@pytest.fixture(scope="module")
def registry(reference_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    cache = tmp_path_factory.mktemp("schemas")
    sync_catalogue(str(reference_dir / "schemas"), cache)
    return load_registry(cache)


def test_published_files_keep_their_verdict_or_become_valid_on_their_own(
    reference_dir: Path, registry: Registry, tmp_path: Path
) -> None:
    as_it_is = ExamineSettings(limits=ReadLimits(), max_findings=50, today=TODAY, repair=False)
    mending = ExamineSettings(limits=ReadLimits(), max_findings=50, today=TODAY, spool=tmp_path)
    mended, worse, unsteady = set(), [], []
    for folder in ("real", "examples"):
        for path in sorted((reference_dir / folder).rglob("*")):
            if path.suffix.lower() not in (".csv", ".xlsx", ".xls", ".ods") or path.stat().st_size > SMALL_BYTES:
                continue
            before, after = examine_file(path, registry, as_it_is), examine_file(path, registry, mending)
            if before.outcome == after.outcome:
                continue
            if (before.outcome, after.outcome) != ("invalid", "valid"):
                worse.append(path.name)
                continue
            mended.add(path.name)
            assert after.normalised is not None and after.normalised.path is not None
            again = examine_file(after.normalised.path, registry, as_it_is, schema=after.schema)
            if again.outcome != "valid":
                unsteady.append(path.name)
    assert (worse, unsteady) == ([], [])
    assert mended == MENDED

"""The sample deposit that travels with odl-host: what 25 town halls of Grand Chambéry and the agglomeration might send.

`deposit/` is laid out as `odl-host publish` expects it: one folder per member, named by its INSEE code, its SIREN or
its slug. Its rows are invented (`deposit/LISEZMOI.txt` says so to those who open it); codes, names and SIREN are real.
Most files are good, and written as real ones are: old encodings, semicolons, workbooks, columns in another order. Some
hold the mistakes that people make, some are no tables at all. `contents.CONTENTS` says what becomes of each, and why.

The files are written by `scripts/build_sample_deposit.py`: change that, never the files.
"""

from __future__ import annotations

from pathlib import Path


def sample_deposit() -> Path:
    """Return the folder of the sample deposit, inside the package; nothing may be written into it."""
    return Path(__file__).parent / "deposit"

"""Record what a real CKAN answers to the corpus of `tests/contract/ckan`, which `test_ckan_differential.py` replays.

The CKAN must be set up as `SETTINGS` says, with the plugins `activity datastore image_view text_view datatables_view`:

    python scripts/record_ckan.py http://127.0.0.1:5000 TOKEN_OF_A_SYSADMIN [NOUN ...]

It makes users, organizations and datasets with random names and leaves them there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "contract"))

import replay  # the tests are no package of this script


def main(url: str, token: str, *nouns: str) -> None:
    """Record these nouns, or all."""
    for noun in nouns or replay.nouns():
        answers = replay.record(noun, url, token)
        replay.write_golden(noun, answers)
        sys.stdout.write(f"{noun}: {sum(map(len, answers.values()))} calls\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

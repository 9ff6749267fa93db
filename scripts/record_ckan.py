"""Record what a real CKAN answers to the corpus of `tests/contract/ckan`, which `test_ckan_differential.py` replays.

The CKAN must be told what the corpus was recorded under (the storages' folders stand beside its file), and restarted:

    python scripts/record_ckan.py --settings > corpus.ini
    ckan config-tool ckan.ini -f corpus.ini

    python scripts/record_ckan.py http://127.0.0.1:5000 TOKEN_OF_A_SYSADMIN [NOUN ...]

It makes users, organizations and datasets with random names and leaves them there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "contract"))

import replay  # the tests are no package of this script


def main(url: str, token: str, *nouns: str) -> None:
    """Record these nouns, or all but the one that tells whether the CKAN may be asked."""
    if nouns != (replay.PROBES,) and (unset := replay.find_unset(url, token)):
        sys.exit(f"{url} is not set up for the corpus ({', '.join(unset)}): see --settings")
    for noun in nouns or [noun for noun in replay.nouns() if noun != replay.PROBES]:
        answers = replay.record(noun, url, token)
        replay.write_golden(noun, answers)
        sys.stdout.write(f"{noun}: {sum(map(len, answers.values()))} calls\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--settings"]:
        sys.stdout.write("\n".join(replay.ini_lines()) + "\n")
    else:
        main(*sys.argv[1:])

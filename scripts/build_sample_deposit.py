"""Write the sample deposit of `odl-host demo`: the same bytes each time, but for another version of openpyxl or xlwt.

Run it from the checkout with the development environment: `python scripts/build_sample_deposit.py`. What it writes is
committed; `odl_host/demo/contents.py` must list each file that it makes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from sample_deposit.blocked import blocked_files
from sample_deposit.rejected import rejected_files
from sample_deposit.valid import valid_files

TARGET = Path(__file__).resolve().parents[1] / "odl_host" / "demo" / "deposit"
NOTICE = """DONNÉES FICTIVES

Ce dépôt d'exemple imite les fichiers que les mairies de Grand Chambéry pourraient envoyer.
Les noms des communes, leurs codes INSEE et leurs numéros SIREN sont réels.
Tout le reste est inventé : délibérations, montants, associations, adresses, téléphones, équipements.
Aucune personne n'y est nommée. Ne réutilisez pas ces chiffres.

Certains fichiers contiennent volontairement des erreurs, pour montrer les rapports que reçoivent les mairies.
"""


def build(target: Path) -> dict[str, int]:
    """Write the deposit into `target`, whose former content is removed; return the size of each file."""
    files = {**valid_files(), **rejected_files(), **blocked_files(), "LISEZMOI.txt": NOTICE.encode("utf-8-sig")}
    if target.exists():
        shutil.rmtree(target)
    for relative, content in sorted(files.items()):
        path = target / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {relative: len(content) for relative, content in files.items()}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write the sample deposit of odl-host demo.")
    parser.add_argument("--output", type=Path, default=TARGET, help="folder to write (default: the package's)")
    options = parser.parse_args()
    sizes = build(options.output)
    sys.stderr.write(f"{options.output}: {len(sizes)} files, {sum(sizes.values())} bytes\n")


if __name__ == "__main__":
    main()

"""Builds `odl_host/schemas/facts/recognition.json`: which column names which built-in schema has.

    python scripts/build_recognition.py

Run it after any change to the built-in schemas: an index that is not theirs is not used, and recognising one file then
opens them all.
"""

from __future__ import annotations

import json
import sys

from odl_host.pipeline.recognising.shapes import INDEX_FILE, make_index
from odl_host.schemas.registry import FACTS, load_registry


def main() -> int:
    """Write the index."""
    registry = load_registry(None)
    document = json.dumps({"sizes": registry.sizes, **make_index(registry)}, ensure_ascii=False, sort_keys=True)
    (FACTS / INDEX_FILE).write_text(document + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""From what was found in a deposit to the plan of a run. Nothing here writes to the catalogue."""

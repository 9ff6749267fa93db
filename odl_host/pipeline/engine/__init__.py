"""The fast validation engine: frictionless's verdicts (Table Schema, `schema_sync`, no error limit), batch by batch.

Rows are read by the thousand and judged column by column; a column remembers the values it found good, so that only
new ones are looked at; the exact routine runs for cells that a batch could not clear. It imports nothing heavy unless
a rare value needs it.
"""

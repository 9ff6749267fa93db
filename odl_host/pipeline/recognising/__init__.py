"""Which schema a file follows, and what recognition knows of the schemas of a machine."""

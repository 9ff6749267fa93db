"""Reports on files: one model (`model.py`) and one module per face; each is imported by its own name, when needed."""

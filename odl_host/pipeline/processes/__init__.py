"""Work in several processes, and what Ctrl-C does to it."""

"""How a run ended: the outcomes of its files, their reports, what still waits, and who watches."""

"""What lies in a deposit: its files, whose they are, and the sidecars that describe them."""

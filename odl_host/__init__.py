"""odl-host: the hosting module of an *animateur territorial des données*.

It provisions shared open-data catalogues, creates one organization per member commune from the official codes, and
publishes validated datasets in bulk. Start at `odl_host.cli.commands` for the commands, `odl_host.wiring` for how the
parts meet.
"""

__version__ = "0.1.0"

"""The embedded catalogue: a CKAN-compatible Action API, its portal and its feeds over SQLite.

Nothing above this package reaches into it: the toolkit calls actions (`embedded.EmbeddedCKAN`), `wiring` opens sites.
"""

"""Every error and hint that a command may print, as it is raised and in French; `{}` is what stands in it.

In the French, `{0}` is the first of them. English is where an error is raised: a sentence that changes there is found
missing here by `tests/unit/test_french.py`.
"""

from __future__ import annotations

from odl_host.cli.french.errors import general, holdings, portals, publishing, reference

TEMPLATES = {
    **general.TEMPLATES,
    **reference.TEMPLATES,
    **portals.TEMPLATES,
    **publishing.TEMPLATES,
    **holdings.TEMPLATES,
}

CAUSES = {
    "Connection refused": "connexion refusée",
    "Connection reset by peer": "connexion coupée",
    "Name or service not known": "nom de site inconnu",
    "Temporary failure in name resolution": "nom de site introuvable pour l’instant",
    "No route to host": "site injoignable",
    "Network is unreachable": "réseau injoignable",
    "timed out": "pas de réponse à temps",
    "no host given": "il manque le nom du site",
    "No such file or directory": "il n’existe pas",
    "Permission denied": "accès refusé",
    "Is a directory": "c’est un dossier",
    "Not a directory": "ce n’est pas un dossier",
    "No space left on device": "plus de place sur le disque",
    "File too large": "trop gros pour le disque",
    "Read-only file system": "disque en lecture seule",
    "Input/output error": "le disque ne répond pas",
}
"""What the system says of a site or a file, between the brackets of a sentence."""

"""The no-break spaces and the apostrophes of French."""

from __future__ import annotations

import re

NARROW = "\u202f"
"""The narrow no-break space that French puts between thousands."""
SPACE = "\u00a0"
"""The no-break space that keeps a number with what it counts."""


def apostrophes(text: str) -> str:
    """Return a French sentence with the apostrophes of print: for prose alone, never for what is to be typed.

    >>> apostrophes("l'adresse d'aujourd'hui"), apostrophes("'oui'")
    ('l’adresse d’aujourd’hui', "'oui'")
    """
    return re.sub(r"(?<=[^\W\d_])'(?=[^\W\d_])", "’", text)


def typeset(text: str) -> str:
    """Return a French sentence with the no-break spaces that its punctuation asks for.

    Addresses are left alone: a colon is touched only where a plain space stands before it.

    >>> typeset("Où trouver ceci ? « Ici » : voilà https://a.fr").replace(SPACE, "~").replace(NARROW, "_")
    'Où trouver ceci_? «~Ici~»~: voilà https://a.fr'
    """
    text = re.sub(r" ([;?!])", NARROW + r"\1", text)
    text = re.sub(r" ([:»%€])", SPACE + r"\1", text)
    return text.replace("« ", "«" + SPACE)

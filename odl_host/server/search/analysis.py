"""How French text becomes what is searched: stems that accents and plurals do not change, and whole words beside.

A stem finds “délibération” for “deliberations”; the whole word puts the commune of Cannes before the canes. After a
change here, give `index.LAYOUT` another name.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|quoiqu)['’ʼ](?=\w)", re.IGNORECASE)
_SAINT = re.compile(r"\b([sS])[tT]([eE]?)\b")


def prepared(text: str) -> str:
    """Return `text` without elided articles and with saints in full: “l'école” is found as “école”.

    >>> prepared("l'école d’Aix, aujourd'hui, St-Alban et Ste Foy")
    "école Aix, aujourd'hui, Saint-Alban et Sainte Foy"
    """
    # Most texts have neither: looking for a sign costs a tenth of what a pattern does.
    if "'" in text or "’" in text or "ʼ" in text:
        text = _ELISION.sub("", text)
    return _SAINT.sub(_in_full, text) if "st" in text.lower() else text


def _in_full(found: re.Match[str]) -> str:
    return f"{found[1]}aint{found[2]}"


def folded(text: str) -> str:
    """Return `text` in lower case and without accents, for alphabetical order.

    >>> folded("Écoles élémentaires")
    'ecoles elementaires'
    """
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return text.casefold()


def french_analyzer() -> Any:
    """Return how French text becomes stems.

    Accents are folded before the stemmer, so that they never decide whether a word is found.
    """
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold(), tantivy.Filter.stemmer("french")):
        builder = builder.filter(step)
    return builder.build()


def word_analyzer() -> Any:
    """Return how text becomes whole words, for wildcards and exact forms."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()

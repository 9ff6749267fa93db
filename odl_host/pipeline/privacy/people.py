"""Words that name a natural person: "Mme Roux", "Jean DUPONT", jeanne.martin@example.fr.

Streets, schools and clubs bear names of people too ("rue Jean Jaurès", "Collège Paul Éluard"): a word of institution
anywhere in the text clears it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path


def _read_words(name: str) -> frozenset[str]:
    return frozenset(Path(__file__).with_name(name).read_text(encoding="utf-8").split())


# Frequent given names of people alive today, without accents, in our own selection: a name that is also a usual word or
# place (Lorraine, Rose, Florence) is left out.
GIVEN_NAMES = _read_words("given-names.txt")

INSTITUTIONS = _read_words("institutions.txt")

_CIVILITY = re.compile(
    r"(?:(?:M|Mr|MM)\.? (?:et|ou|&) (?:Mme|Madame)|M\.|Mr\.?|Mme|Mlle|Monsieur|Madame|Mademoiselle|MONSIEUR|MADAME|"
    r"MADEMOISELLE|MME|MLLE|MR)\.? +(?=[A-ZÀ-Ý])"
)
_TOKENS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+'-]{1,64})@([\w-]+(?:\.[\w-]+)+)")
_FREE_MAIL = _read_words("free-mail.txt")
_INITIAL_AND_NAME = re.compile(r"[a-z]\.[a-z-]{4,}\d{0,4}")
_SPLIT_LOCAL = re.compile(r"[._+'\d-]+")


@lru_cache(maxsize=65_536)
def _fold(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).lower()


def _words(text: str) -> list[str]:
    return [part for token in _TOKENS.findall(text) for part in _fold(token).replace("’", "'").split("-") if part]


def find_personal_email(text: str) -> str | None:
    """Return the first e-mail address of a text that is one person's, or None.

    >>> find_personal_email("écrire à jeanne.martin@mairie-aime.fr"), find_personal_email("jmartin73@gmail.com")
    ('jeanne.martin@mairie-aime.fr', None)
    >>> find_personal_email("mairie.saint-martin@wanadoo.fr"), find_personal_email("p.durand@agate-territoires.fr")
    (None, 'p.durand@agate-territoires.fr')
    >>> find_personal_email("paulmartin@free.fr"), find_personal_email("contact@paul-martin.fr")
    ('paulmartin@free.fr', None)
    """
    for match in _EMAIL.finditer(text):
        if _is_personal(match[1], match[2].lower()):
            return match[0]
    return None


def _is_personal(local: str, domain: str) -> bool:
    parts = [part for part in _SPLIT_LOCAL.split(_fold(local)) if part]
    if not parts or any(part in INSTITUTIONS or part.rstrip("s") in INSTITUTIONS for part in parts):
        return False
    named = any(part in GIVEN_NAMES for part in parts)
    if len(parts) >= 2:
        return named or _INITIAL_AND_NAME.fullmatch(_fold(local)) is not None
    if domain not in _FREE_MAIL:
        return False
    only = parts[0]
    return named or any(
        only.startswith(name) and len(only) - len(name) >= 4 for name in GIVEN_NAMES if 4 <= len(name) < len(only)
    )


def has_civility(text: str) -> bool:
    """Tell whether a text begins with a title and a name: "Mme Roux", not "Madame Bovary, théâtre".

    >>> [has_civility(text) for text in ("Mme ROUX", "M. et Mme Dupont", "Monsieur Bricolage SARL", "M. le maire")]
    [True, True, False, False]
    """
    match = _CIVILITY.match(text.strip())
    if match is None:
        return False
    rest = text.strip()[match.end() :]
    words = _words(rest)
    return 1 <= len(words) <= 5 and not any(word in INSTITUTIONS for word in words) and "," not in rest


def is_person(text: str) -> bool:
    """Tell whether a text is the given name and the surname of a person, and nothing else.

    The surname must be in capitals and the given name not ("Jean DUPONT"), or both in capitals with the surname first
    ("DUPONT JEAN"): schools and streets named after someone are written otherwise.

    >>> [is_person(text) for text in ("Jean DUPONT", "DUPONT Jean-Pierre", "DUPONT JEAN", "Jean Moulin", "JEAN MOULIN")]
    [True, True, True, False, False]
    >>> [is_person(text) for text in ("SAINT MARTIN", "FOYER Jean BART", "ROLAND Garros", "CLUB ALPIN", "JUDO ROMAIN")]
    [False, False, False, False, False]
    """
    tokens = _TOKENS.findall(text)
    if not 2 <= len(tokens) <= 3 or _TOKENS.sub("", text).strip(" .") or any(_fold(t) in INSTITUTIONS for t in tokens):
        return False
    capitals = [token for token in tokens if token.isupper() and len(token) > 1]
    others = [token for token in tokens if token not in capitals]
    if others and capitals:
        return all(_is_given(token) and token[0].isupper() for token in others) and not any(
            token.islower() for token in others
        )
    return len(capitals) == 2 and _is_given(tokens[-1]) and not _is_given(tokens[0]) and len(tokens[0]) >= 4


def _is_given(token: str) -> bool:
    return all(part in GIVEN_NAMES for part in _fold(token).split("-"))

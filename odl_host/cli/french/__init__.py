"""What the command line says, in French: for people who asked for it, and for reports that quote it.

English is where a sentence is written, and stays what scripts see; nothing here is imported for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from odl_host.cli.french.catalogue import SENTENCES as ANSWERS
from odl_host.cli.french.click_words import MISSING, SENTENCES, TOKENS, WORDS
from odl_host.cli.french.errors import CAUSES, TEMPLATES


def in_french(sentence: str) -> str:
    """Return an error or a hint in French, or as it is when there is no French for it.

    >>> in_french("No file answers to *.csv."), in_french("See: odl-host validate --help")
    ('Aucun fichier ne correspond à *.csv.', 'Voyez : odl-host validate --help')
    """
    if missing := re.fullmatch(MISSING, sentence):
        return f"Il manque : {values_in_french(missing[1])}."
    for pattern, french in SENTENCES:
        found = re.fullmatch(pattern, sentence, re.DOTALL)
        if found:
            return french.format(*found.groups())
    if refused := re.fullmatch(_REFUSED, sentence):
        return f"{refused[1]} : {' ; '.join(map(_refusal, refused[2].split('; ')))}."
    return _filled(sentence, TEMPLATES) or sentence


_REFUSED = r"([a-z]+(?:_[a-z]+)+): ([a-z_]+: .+)"
"""An action of a catalogue, the fields that it refuses and why: `user_create: name: Missing value; email: …`."""


def _refusal(text: str) -> str:
    field, _, reason = text.partition(": ")
    return f"{field} : {_filled(reason, ANSWERS) or in_french(reason)}".rstrip(".")


def _filled(sentence: str, templates: Mapping[str, str]) -> str | None:
    for template in _most_telling_first(templates is ANSWERS):
        pieces = template.split("{}")
        if len(pieces) == 1:
            if template == sentence:
                return templates[template]
        elif sentence.startswith(pieces[0]) and sentence.endswith(pieces[-1]):
            found = re.fullmatch("(.*?)".join(map(re.escape, pieces)), sentence, re.DOTALL)
            if found:
                return templates[template].format(*map(_part, found.groups()))
    return None


def remarks_in_french(text: str) -> str:
    """Return what happened and the next thing to do, both in one line, in French.

    >>> remarks_in_french("a.csv does not exist. Check the path.")
    'a.csv n’existe pas. Vérifiez le chemin.'
    """
    for end in re.finditer(r"(?<=[.?)]) (?=[A-Z])", text):
        said, hint = text[: end.start()], text[end.end() :]
        if in_french(said) != said and in_french(hint) != hint:
            return f"{in_french(said)} {in_french(hint)}"
    return in_french(text)


def help_in_french(text: str) -> str:
    """Return a help text in French, paragraph by paragraph; one that has no French stays as it is."""
    from odl_host.cli.french.helps import HELPS

    paragraphs = [" ".join(one.split()) for one in text.split("\n\n")]
    return "\n\n".join(HELPS.get(one) or WORDS.get(one) or one for one in paragraphs)


def values_in_french(text: str) -> str:
    """Return a line of a help page with the kinds of values that click names in French."""
    for english, french in TOKENS:
        # Only whole words: NAME is no part of TENANTNAME.
        after = "(?![A-Za-z])" if english[-1].isalpha() else ""
        text = re.sub(rf"(?<![A-Za-z]){re.escape(english)}{after}", french, text)
    return text


def meaning_in_french(text: str) -> str:
    """Return what a setting means, in French."""
    from odl_host.cli.french.settings import MEANINGS

    return MEANINGS.get(text, text)


@cache
def _most_telling_first(answers: bool) -> tuple[str, ...]:
    templates = ANSWERS if answers else TEMPLATES
    return tuple(sorted(templates, key=lambda template: -len(template.replace("{}", ""))))


def _part(text: str) -> str:
    """Return what stands inside a sentence: a cause of the system's, another sentence, or a name as it is."""
    if len(text) > 2 and text[0] == text[-1] == "'":  # a value as Python writes it
        return f"« {text[1:-1]} »"
    whole = CAUSES.get(text) or ANSWERS.get(text) or (in_french(text) if " " in text else text)
    return " ; ".join(map(_part, text.split("; "))) if whole == text and "; " in text else whole

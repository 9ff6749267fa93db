"""How French joins a place's name to a sentence: « de Chambéry », « du Châtelard », « des Déserts ».

`liaison` is INSEE's code of the article that a name takes (Source: INSEE, Code officiel géographique, variable TNCC):
0 none, 1 none before a vowel, 2 le, 3 la, 4 les, 5 l', 6 aux, 7 las, 8 los. The article is part of a commune's name
("Le Châtelard") and not of a département's ("Savoie").
"""

from __future__ import annotations

_OF = {0: "de ", 1: "d'", 2: "du ", 3: "de la ", 4: "des ", 5: "de l'", 6: "des ", 7: "de las ", 8: "de los "}
_ARTICLES = {2: "Le ", 3: "La ", 4: "Les ", 5: "L'", 6: "Aux ", 7: "Las ", 8: "Los "}
# "de" swallows these articles; before the others the name keeps its own, with its capital: « de La Ravoire ».
_CONTRACTED = frozenset({2, 4, 6})
_VOWELS = "AÀÂÄEÉÈÊËIÎÏOÔÖUÙÛÜŒ"
# INSEE elides before every Y; French does not where a vowel follows: « d'Yvetot », but « de Yenne ».
_SOUNDED_Y = tuple(f"Y{vowel.lower()}" for vowel in _VOWELS)


def of_place(name: str, liaison: int) -> str:
    """Return the name after « de ».

    >>> of_place("Chambéry", 0), of_place("École", 1), of_place("Le Châtelard", 2), of_place("La Ravoire", 3)
    ('de Chambéry', "d'École", 'du Châtelard', 'de La Ravoire')
    >>> of_place("Les Déserts", 4), of_place("L'Hosmes", 5), of_place("Los Masos", 8)
    ('des Déserts', "de L'Hosmes", 'de Los Masos')
    >>> of_place("Savoie", 3), of_place("Ain", 5), of_place("Hautes-Alpes", 4)
    ('de la Savoie', "de l'Ain", 'des Hautes-Alpes')
    """
    article = _ARTICLES.get(liaison)
    if article is None or not name.startswith(article):
        return _OF[liaison] + name
    if liaison in _CONTRACTED:
        return _OF[liaison] + name.removeprefix(article)
    return f"de {name}"


def of_body(name: str) -> str:
    """Return the name of an intercommunalité, written in full, after « de ».

    >>> of_body("Communauté d'agglomération du Grand Chambéry"), of_body("Metz Métropole")
    ("de la Communauté d'agglomération du Grand Chambéry", 'de Metz Métropole')
    >>> of_body("Eurométropole de Strasbourg"), of_body("Orléans Métropole")
    ("de l'Eurométropole de Strasbourg", "d'Orléans Métropole")
    """
    if name.startswith(("Communauté ", "Métropole ")):
        return f"de la {name}"
    if name.startswith("Eurométropole "):
        return f"de l'{name}"
    return f"d'{name}" if name[:1] in _VOWELS else f"de {name}"


def infer_liaison(name: str, given: int | None) -> int:
    """Return the liaison of a commune: its own article says it, then what INSEE gives, then its first letter.

    >>> infer_liaison("Le Vernet-Chaméane", 0), infer_liaison("Ouvéa", None), infer_liaison("Yaté", None)
    (2, 1, 0)
    >>> infer_liaison("Yvetot", 1), infer_liaison("Yenne", 1)
    (1, 0)
    >>> infer_liaison("Île de Clipperton", None), infer_liaison("Îles Éparses de l'océan Indien", None)
    (5, 4)
    """
    for liaison, article in _ARTICLES.items():
        if name.startswith(article):
            return liaison
    if given is not None:
        return 0 if given == 1 and name.startswith(_SOUNDED_Y) else given
    if name.startswith("Îles "):
        return 4
    if name.startswith(("Île ", "Archipel ")):
        return 5
    return 1 if name[0] in _VOWELS else 0

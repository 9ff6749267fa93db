"""What click says of a command line, in French: its sentences as patterns, its headings and its kinds of values."""

from __future__ import annotations

_NEAR_OPTIONS = "L’option {0} n’existe pas. Options proches : {1}."
MISSING = r"Missing argument '(.+?)(?:\.\.\.)?'\."
SENTENCES: tuple[tuple[str, str], ...] = (
    (r"Missing option '(.+)'\.", "Il manque l’option {0}."),
    (r"Missing command\.", "Il manque la commande."),
    (r"No such option: (\S+?)\.? Did you mean (.+)\?", "L’option {0} n’existe pas. Vouliez-vous {1} ?"),
    (r"No such option:? '?([^'\s]+?)'?\.? \((?:Did you mean|Possible options)[^:-]*:? ?(.+?)\??\)", _NEAR_OPTIONS),
    (r"No such option:? '?([^'\s]+?)'?\.?", "L’option {0} n’existe pas."),
    (r"No such command '(.+)'\. Did you mean (.+)\?", "La commande {0} n’existe pas. Vouliez-vous {1} ?"),
    (r"No such command '(.+)'\.", "La commande {0} n’existe pas."),
    (r"Got unexpected extra arguments? \((.+)\)", "Il y a un argument de trop : {0}."),
    (r"Option '(.+)' requires an argument\.", "L’option {0} demande une valeur."),
    (r"Invalid value for '(.+)': '(.*)' is not one of (.+)\.", "« {1} » ne convient pas à {0} : choisissez parmi {2}."),
    (r"Invalid value for '(.+)': '(.*)' is not a valid integer.*", "« {1} » ne convient pas à {0} : donnez un nombre."),
    (r"Invalid value for '(.+)': (\S+) is not in the range (.+)\.", "{1} ne convient pas à {0} : donnez {2}."),
    (r"Invalid value for '(.+)': .* '(.*)' is a directory\.", "{1} ne convient pas à {0} : c’est un dossier."),
    (r"Invalid value for '(.+)': .* '(.*)' is a file\.", "{1} ne convient pas à {0} : c’est un fichier."),
)

WORDS = {
    "Usage:": "Utilisation\u00a0:",
    "Options": "Options\u00a0",
    "Global options": "Options générales\u00a0",
    "Examples": "Exemples\u00a0",
    "Commands": "Commandes\u00a0",
    "Show this message and exit.": "Affiche cette aide.",
    "Show the version and exit.": "Affiche la version.",
}
"""The headings of a help page, and the help of click's own options."""

TOKENS = (
    ("[required]", "[obligatoire]"),
    ("[default: ", "[par défaut : "),
    ("; required]", " ; obligatoire]"),
    ("INTEGER RANGE", "NOMBRE"),
    ("INTEGER", "NOMBRE"),
    ("DIRECTORY", "DOSSIER"),
    ("FILENAME", "FICHIER"),
    ("COMMAND [ARGS]...", "COMMANDE [ARGUMENTS]..."),
    ("TEXT", "TEXTE"),
    ("ADDRESS", "ADRESSE"),
    ("FILE", "FICHIER"),
    ("PATH", "CHEMIN"),
    ("NAME", "NOM"),
    ("DIR", "DOSSIER"),
)
"""What stands for a value on a help page."""

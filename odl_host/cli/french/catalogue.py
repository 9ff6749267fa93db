"""What a catalogue answers, in French: CKAN's own sentences, `{}` where a value stands. Source: CKAN 2.12."""

from __future__ import annotations

SENTENCES = {
    "The username is already associated with another account. Please use a different username.": (
        "ce nom d’utilisateur est déjà pris."
    ),
    "That login name is not available": "ce nom d’utilisateur est déjà pris.",
    "The email address {} belongs to a registered user.": "l’adresse {0} est celle d’un autre utilisateur.",
    "Email {} is not a valid format": "{0} n’est pas une adresse électronique.",
    "Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_": (
        "seulement des minuscules sans accent, des chiffres, « - » et « _ »."
    ),
    "Must be at least {} characters long": "au moins {0} caractères.",
    "Your password must be {} characters or longer": "le mot de passe doit avoir au moins {0} caractères.",
    "That group name or ID does not exist.": "cette organisation n’existe pas.",
    "Missing value": "il manque une valeur.",
    "User not found": "Cet utilisateur n’existe pas.",
    "Organization was not found.": "Cette organisation n’existe pas.",
}
"""Those that the commands on accounts meet; another one is quoted as it is."""

"""What each setting means, by its English sentence in `odl_host.config`."""

from __future__ import annotations

MEANINGS = {
    "Address that `serve` listens on.": "Adresse où `serve` écoute.",
    "Port that `serve` listens on.": "Port où `serve` écoute.",
    "Server processes started by `serve`.": "Processus que `serve` démarre.",
    "Processes that read and validate files; 0 takes one per processor.": (
        "Processus qui lisent et vérifient les fichiers ; 0 en prend un par processeur."
    ),
    "Datasets written at once; 0 takes what the catalogue bears.": (
        "Jeux de données écrits à la fois ; 0 prend ce que le catalogue supporte."
    ),
    "Largest file read from a deposit, in megabytes.": "Taille du plus gros fichier lu d’un dépôt, en mégaoctets.",
    "Largest workbook, which is held in memory, in megabytes.": (
        "Taille du plus gros classeur, qui est gardé en mémoire, en mégaoctets."
    ),
    "Most cells read from one sheet of a workbook.": "Nombre de cellules lues d’une feuille, au plus.",
    "Most columns in one file.": "Nombre de colonnes d’un fichier, au plus.",
    "Most times a workbook may grow when it is unpacked.": (
        "Combien de fois un classeur peut grossir quand il est décompressé, au plus."
    ),
    "Findings kept per kind and column; the rest are counted.": (
        "Erreurs gardées par sorte et par colonne ; les autres sont comptées."
    ),
    "Seconds that a remote catalogue may take to answer.": ("Secondes qu’un catalogue éloigné peut mettre à répondre."),
    "SMTP server that letters are sent through; without it none is sent.": (
        "Serveur SMTP d’où partent les courriels ; sans lui, il n’en part pas."
    ),
    "Port of the SMTP server.": "Port du serveur SMTP.",
    "How it is encrypted: starttls, tls (often port 465) or none.": (
        "Son chiffrement : starttls, tls (souvent le port 465) ou none."
    ),
    "User of the SMTP server.": "Utilisateur du serveur SMTP.",
    "Variable that holds the user's password.": "Variable qui contient le mot de passe de l’utilisateur.",
    "File that holds the user's password.": "Fichier qui contient le mot de passe de l’utilisateur.",
    "Address that letters come from.": "Adresse de l’expéditeur des courriels.",
    "Journals of runs that are kept; 0 keeps all.": "Journaux de passages conservés ; 0 les garde tous.",
    "File for Prometheus's textfile collector, written after each run.": (
        "Fichier pour Prometheus (textfile collector), écrit après chaque passage."
    ),
    "Address told of each run (URL/start, URL, URL/fail); {tenant} is replaced.": (
        "Adresse prévenue de chaque passage (URL/start, URL, URL/fail) ; {tenant} est remplacé."
    ),
}

"""What goes wrong with publishing, runs, versions, and what people decide."""

from __future__ import annotations

TEMPLATES = {
    # publishing
    "The deposit {} is an empty folder, and {} files are online: is its disk mounted?": (
        "Le dépôt {0} est un dossier vide, alors que {1} fichiers sont en ligne : son disque est-il monté ?"
    ),
    "Mount it. If it was emptied on purpose, make any folder in it.": (
        "Montez-le. S’il a été vidé exprès, créez-y un dossier, quel qu’il soit."
    ),
    "The deposit {} is a file, not a folder.": "Le dépôt {0} est un fichier, pas un dossier.",
    "The deposit {} is not there.": "Le dépôt {0} n’existe pas.",
    "Correct its path, make the folder, or mount its disk; then run the same command again.": (
        "Corrigez son chemin, créez le dossier ou montez son disque, puis relancez la même commande."
    ),
    "Give this user the right to list it, or mount its disk again; then run the same command again.": (
        "Donnez à cet utilisateur le droit de le parcourir, ou remontez son disque, puis relancez la même commande."
    ),
    "The deposit {} cannot be read: {} ({}).": "Le dépôt {0} ne peut pas être lu : {1} ({2}).",
    "Give the folder that holds one sub-folder per member, named by its INSEE code.": (
        "Donnez le dossier qui contient un sous-dossier par membre, nommé par son code INSEE."
    ),
    "--prune needs every source of this tenant: one of them cannot tell what left the others.": (
        "--prune demande toutes les sources de ce portail : une seule ne dit pas ce qui a quitté les autres."
    ),
    "Leave the deposit out: odl-host publish --prune": "Ne nommez pas de dépôt : odl-host publish --prune",
    "--prune would remove {} of {} published files: is the deposit whole?": (
        "--prune retirerait {0} des {1} fichiers publiés : le dépôt est-il entier ?"
    ),
    "Read the plan first: odl-host plan --prune -o plan.json, then: odl-host publish --plan plan.json": (
        "Lisez d’abord le plan : odl-host plan --prune -o plan.json, puis : odl-host publish --plan plan.json"
    ),
    "Another run is under way: {}.": "Un autre passage est en cours : {0}.",
    "Wait until it ends, then run the same command again.": (
        "Attendez qu’il se termine, puis relancez la même commande."
    ),
    "{} has another content": "{0} a un autre contenu",
    "{} is new": "{0} est nouveau",
    "{} is gone": "{0} n’est plus là",
    "and {} more": "et {0} de plus",
    "the dataset {} changed in the catalogue": "le jeu de données {0} a changé dans le catalogue",
    "It is online with its errors, and the policy is strict now: odl-host takedown {} takes it off.": (
        "Il est en ligne avec ses erreurs, et la règle est « strict » à présent : odl-host takedown {0} l’enlève."
    ),
    "The plan is no longer what would be done: {}.": "Le plan n’est plus ce qui serait fait : {0}.",
    "The plan {} cannot be read: {}.": "Le plan {0} ne peut pas être lu ({1}).",
    "{} is not a plan.": "{0} n’est pas un plan.",
    "{} is a plan of the tenant {}.": "{0} est un plan du portail {1}.",
    "{} was altered, or made by another version: {}.": "{0} a été modifié, ou fait par une autre version : {1}.",
    "Make it again: odl-host plan -o plan.json": "Refaites-le : odl-host plan -o plan.json",
    "{} changed while it was being published.": "{0} a changé pendant sa publication.",
    "Wait until its copy has ended, then run the same command again.": (
        "Attendez la fin de sa copie, puis relancez la même commande."
    ),
    "Left for the next run, since the catalogue stopped answering. {}": (
        "Laissé au prochain passage, car le catalogue ne répond plus. {0}"
    ),
    "the source stopped answering; left for the next run.": "la source ne répond plus ; laissé au prochain passage.",
    "mail_from, the address that letters come from, is not set.": (
        "mail_from, l’adresse d’où partent les courriels, n’est pas définie."
    ),
    "smtp_security is “starttls”, “tls” or “none”, not “{}”.": (
        "smtp_security vaut « starttls », « tls » ou « none », pas « {0} »."
    ),
    "The SMTP server {} refused or does not answer ({}: {}).": (
        "Le serveur de courriel {0} refuse ou ne répond pas ({1} : {2})."
    ),
    "Check smtp_host, smtp_port, smtp_security and smtp_user; the letters are due again after the next run.": (
        "Vérifiez smtp_host, smtp_port, smtp_security et smtp_user ; les courriels repartiront au prochain passage."
    ),
    "Dask is not installed.": "Dask n’est pas installé.",
    "Install it with: pip install 'odl-host[dask]'": "Installez-le : pip install 'odl-host[dask]'",
    "“{}” is no executor.": "« {0} » n’est pas un exécuteur.",
    "For a Dask cluster: --executor dask://HOST:8786": "Pour une grappe Dask : --executor dask://MACHINE:8786",
    "No Dask scheduler answers at {}.": "Aucun ordonnanceur Dask ne répond à {0}.",
    "Start one with: dask scheduler, then dask worker HOST:8786": (
        "Lancez-en un : dask scheduler, puis dask worker MACHINE:8786"
    ),
    "The Dask cluster at {} has no worker.": "La grappe Dask de {0} n’a aucun exécutant.",
    "Start one: dask worker {}": "Lancez-en un : dask worker {0}",
    "Cannot write the journal under {}: {}.": "Le journal ne peut pas être écrit sous {0} ({1}).",
    "Cannot write the journal {}: {}.": "Le journal {0} ne peut pas être écrit ({1}).",
    "Cannot write the lock {}: {}.": "Le verrou {0} ne peut pas être écrit ({1}).",
    "Cannot write {}: {}.": "{0} ne peut pas être écrit ({1}).",
    # runs, versions and what people decide
    "There is no user “{}”.": "Il n’y a pas d’utilisateur « {0} ».",
    "List them with: odl-host user list": "La liste : odl-host user list",
    "There is no organization “{}”.": "Il n’y a pas d’organisation « {0} ».",
    "Its name is the end of its page's address: /organization/NAME": (
        "Son nom est la fin de l’adresse de sa page : /organization/NOM"
    ),
    "There is no token “{}”.": "Il n’y a pas de jeton « {0} ».",
    "List them with: odl-host token list": "La liste : odl-host token list",
    "There is no run “{}”.": "Il n’y a pas de passage « {0} ».",
    "“{}” begins the names of {} runs.": "« {0} » commence le nom de {1} passages.",
    "List them with: odl-host runs": "La liste : odl-host runs",
    "See them with: odl-host runs": "Voyez-les : odl-host runs",
    "There is no run, dataset or file “{}”.": "Il n’y a ni passage, ni jeu de données, ni fichier « {0} ».",
    "Give a run (odl-host runs), a dataset's name, or a file's id.": (
        "Donnez un passage (odl-host runs), le nom d’un jeu de données ou l’identifiant d’un fichier."
    ),
    "--to goes with a dataset or a file, not with a run.": (
        "--to va avec un jeu de données ou un fichier, pas un passage."
    ),
    "{} has no version {}.": "{0} n’a pas de version {1}.",
    "odl-host history {} shows them.": "odl-host history {0} les montre.",
    "{} has {} files: which one goes back to version {}?": "{0} a {1} fichiers : lequel revient à la version {2} ?",
    "Give the file's id; odl-host history {} shows them.": (
        "Donnez l’identifiant du fichier ; odl-host history {0} les montre."
    ),
    "No version {} of {} is kept.": "Aucune version {0} de {1} n’est gardée.",
    "{} cannot be kept: {}.": "{0} ne peut pas être gardé ({1}).",
    "This catalogue keeps no earlier versions of files.": (
        "Ce catalogue ne garde pas les anciennes versions des fichiers."
    ),
    "Deposit the earlier file again under the same name: its id and its address stay.": (
        "Redéposez l’ancien fichier sous le même nom : son identifiant et son adresse restent."
    ),
    "What would be taken back has changed meanwhile; nothing was done.": (
        "Ce qui serait repris a changé entre-temps ; rien n’a été fait."
    ),
    "Look again: the same command with --dry-run": "Regardez de nouveau : la même commande avec --dry-run",
    "The files of {} lie in a CKAN elsewhere.": "Les fichiers de {0} sont dans un CKAN ailleurs.",
    "Ask the one who administers that CKAN.": "Demandez à la personne qui administre ce CKAN.",
    "No file “{}” is held back.": "Aucun fichier « {0} » n’est retenu.",
    "See which are: odl-host quarantine list": "Voyez lesquels le sont : odl-host quarantine list",
    "{} is held back for personal data: say on which ground they may be published.": (
        "{0} est retenu pour des données personnelles : dites sur quel fondement elles peuvent être publiées."
    ),
    "Add --ground, one of: {}.": "Ajoutez --ground, parmi : {0}.",
    "{} cannot be released: {}": "{0} ne peut pas être libéré : {1}",
    "Correct the file, or describe it with a sidecar (dataset.toml) to publish it without a schema.": (
        "Corrigez le fichier, ou décrivez-le dans un dataset.toml pour le publier sans modèle."
    ),
    "{} is in no member's folder: there is nothing to decide on it.": (
        "{0} n’est dans le dossier d’aucun membre : il n’y a rien à décider."
    ),
    "Move it to the folder named after the member's code.": "Déplacez-le dans le dossier qui porte le code du membre.",
    "Nothing was decided on {}.": "Rien n’a été décidé sur {0}.",
    "odl-host quarantine list --all": "odl-host quarantine list --all",
    "The catalogue has neither a dataset nor a file “{}”.": ("Le catalogue n’a ni jeu de données ni fichier « {0} »."),
    "Give a dataset's name or id, or a file's id: they stand in the page's address.": (
        "Donnez le nom ou l’identifiant d’un jeu de données, ou d’un fichier : ils sont dans l’adresse de sa page."
    ),
    "The decision cannot be written to {}: {}.": "La décision ne peut pas être écrite dans {0} ({1}).",
    "The decisions in {} cannot be read: {}.": "Les décisions de {0} ne peuvent pas être lues ({1}).",
    "Line {} of {} is not a decision.": "La ligne {0} de {1} n’est pas une décision.",
}

"""The help pages of the command line in French: paragraph by paragraph, by the English that stands at the command."""

from __future__ import annotations

HELPS = {
    # odl-host
    "Host the open data of communes: provision, add members, publish.": (
        "Héberge les données ouvertes des communes : installer un portail, ajouter des membres, publier."
    ),
    "Start with: odl-host demo": "Pour commencer : odl-host demo",
    "Show the whole job on Grand Chambéry, then serve it.": "Montre tout le travail sur Grand Chambéry, puis le sert.",
    "Write the manifest of a new portal.": "Écrit le manifeste d’un nouveau portail.",
    "Make the catalogue true to its manifest.": "Met le catalogue en accord avec son manifeste.",
    "Create the organizations of communes.": "Crée les organisations des communes.",
    "Create the organization of any public body.": "Crée l’organisation d’un autre organisme public.",
    "Say who is written to at each member.": "Dit à qui l’on écrit chez chaque membre.",
    "Check files and say what to correct.": "Vérifie des fichiers et dit quoi corriger.",
    "Show what publish would do, and why.": "Montre ce que ferait publish, et pourquoi.",
    "Publish what is valid in a deposit.": "Publie ce qui est valide dans un dépôt.",
    "Show members, datasets, and what is rejected.": "Montre les membres, les données et ce qui est rejeté.",
    "List the versions of a dataset's files.": "Liste les versions des fichiers d’un jeu de données.",
    "Take back a run, or a file's last version.": "Reprend un passage, ou la dernière version d’un fichier.",
    "Forget old versions, remove unused files.": "Oublie les vieilles versions et les fichiers inutiles.",
    "See what was held back, and decide on it.": "Montre ce qui a été retenu, pour en décider.",
    "Take something off the portal at once.": "Retire quelque chose du portail, tout de suite.",
    "List past runs, and show what one did.": "Liste les passages, et montre ce qu’a fait l’un d’eux.",
    "Serve the portals and the API.": "Sert les portails et l’API.",
    "Find communes by name, code or post code.": "Trouve des communes par nom, code ou code postal.",
    "Look at deposits that lie elsewhere.": "Regarde les dépôts qui sont ailleurs.",
    "List, show and load schemas.": "Liste, montre et charge les modèles.",
    "Bring in a CKAN's objects and files, or a dump's.": "Reprend les objets et fichiers d’un CKAN ou d’un export.",
    "Write the catalogue as JSON lines that any CKAN loads.": "Écrit le catalogue en lignes JSON que tout CKAN charge.",
    "Check, shrink, reindex and migrate the database.": "Vérifie, réduit, réindexe et migre la base.",
    "Create and list users, set passwords.": "Crée et liste des utilisateurs, change des mots de passe.",
    "Create, list and revoke API tokens.": "Crée, liste et révoque des jetons d’API.",
    "Show each setting and where it comes from.": "Montre chaque réglage et d’où il vient.",
    # options of every command
    "Folder of odl.toml, tenants/ and data/. [default: ODL_HOME, else .]": (
        "Dossier d’odl.toml, tenants/ et data/.  [par défaut : ODL_HOME, sinon .]"
    ),
    "Which portal.": "Quel portail.",
    "Print one JSON document.": "Donne un seul document JSON.",
    "Language of what is printed.": "Langue de ce qui est affiché.",
    "Say more.": "En dire plus.",
    "Say less.": "En dire moins.",
    "Show the traceback of an error.": "Montre le détail technique d’une erreur.",
    "Do not ask.": "Ne pose pas de question.",
    # demo, init, provision
    "Provision Grand Chambéry, add 38 communes, publish a sample deposit, serve.": (
        "Installe Grand Chambéry, ajoute 38 communes, publie un dépôt d’exemple, le sert."
    ),
    "Everything is written under --home, by default a new folder “odl-demo” here; a second run finds its work done.": (
        "Tout est écrit sous --home, par défaut un nouveau dossier « odl-demo » ici ; un second passage "
        "trouve son travail "
        "fait."
    ),
    "End after the summary.": "S’arrête après le résumé.",
    "Port of the portal. [default: setting port, 8000]": "Port du portail.  [par défaut : réglage port, 8000]",
    "Département, such as 73 or 2A.": "Département, comme 73 ou 2A.",
    "EPCI, by SIREN.": "EPCI, par son SIREN.",
    "Région, such as 84.": "Région, comme 84.",
    "Commune, by INSEE code or exact name.": "Commune, par son code INSEE ou son nom exact.",
    "Every commune of France.": "Toutes les communes de France.",
    "Title of the portal. [default: from the territory]": "Titre du portail.  [par défaut : d’après le territoire]",
    "Public address. [default: http://127.0.0.1:8000]": "Adresse publique.  [par défaut : http://127.0.0.1:8000]",
    "Print the manifest, write nothing.": "Affiche le manifeste, n’écrit rien.",
    "Show what would change, write nothing.": "Montre ce qui changerait, n’écrit rien.",
    # members
    "Create one organization per commune, from the official codes.": (
        "Crée une organisation par commune, d’après les codes officiels."
    ),
    "Every commune of this EPCI.": "Toutes les communes de cet EPCI.",
    "Every commune of this département.": "Toutes les communes de ce département.",
    "A CSV list: one code or name per line, in the first column or in one named after the INSEE code.": (
        "Une liste CSV : un code ou un nom par ligne, dans la première colonne ou dans celle du code INSEE."
    ),
    "Create the organization of an EPCI, a département or any public body.": (
        "Crée l’organisation d’un EPCI, d’un département ou d’un autre organisme public."
    ),
    "Name of a body that is neither a commune nor an EPCI.": "Nom d’un organisme qui n’est ni commune ni EPCI.",
    "Set, show or remove the e-mail addresses of a member.": (
        "Donne, montre ou retire les adresses électroniques d’un membre."
    ),
    "CODE is its INSEE code, its SIREN or its organization's name; without it, all are listed. The addresses stay in "
    "data/TENANT/contacts.csv: the catalogue never shows them.": (
        "CODE est son code INSEE, son SIREN ou le nom de son organisation ; sans lui, tous sont listés. Les adresses "
        "restent dans data/PORTAIL/contacts.csv : le catalogue ne les montre jamais."
    ),
    "Write to nobody there any more.": "N’y écrit plus à personne.",
    # validate
    "Check files against their schema and say, in French, what to correct.": (
        "Vérifie des fichiers d’après leur modèle et dit quoi corriger."
    ),
    "Exit code: 0 when every file is valid, 3 otherwise.": "Code de fin : 0 quand tout est valide, 3 sinon.",
    "What to check against. [default: recognised]": "Le modèle à suivre.  [par défaut : reconnu]",
    "Give exactly Validata's verdict: no repair, no check of ours.": (
        "Donne exactement le verdict de Validata : rien d’arrangé, aucun contrôle de plus."
    ),
    "Judge the files as they are.": "Juge les fichiers tels qu’ils sont.",
    "Processes at most. [default: setting jobs]": "Processus au plus.  [par défaut : réglage jobs]",
    "What is printed.": "Ce qui est affiché.",
    "Write the reports of files to correct there.": "Y écrit les rapports des fichiers à corriger.",
    "What makes the exit code 3.": "Ce qui donne le code de fin 3.",
    # plan, publish, status
    "Show what `publish` would do: created, updated, removed, kept out, why.": (
        "Montre ce que ferait `publish` : créé, mis à jour, retiré, écarté, et pourquoi."
    ),
    "Nothing is published. With -o the plan is kept in a file: `publish --plan FILE` does what it says, "
    "or nothing when "
    "the deposit or the catalogue changed meanwhile.": (
        "Rien n’est publié. Avec -o le plan est gardé dans un fichier : `publish --plan FICHIER` fait ce "
        "qu’il dit, ou rien "
        "si le dépôt ou le catalogue a changé entre-temps."
    ),
    "Propose to remove what left the deposit.": "Propose de retirer ce qui a quitté le dépôt.",
    "Keep the plan in a file.": "Garde le plan dans un fichier.",
    "Processes that validate. [default: one per processor]": (
        "Processus qui vérifient.  [par défaut : un par processeur]"
    ),
    "Validate on a Dask cluster: dask://HOST:8786.": "Vérifie sur une grappe Dask : dask://MACHINE:8786.",
    "Publish what is valid in DEPOSIT, and say what to correct in the rest.": (
        "Publie ce qui est valide dans DEPOSIT, et dit quoi corriger dans le reste."
    ),
    "DEPOSIT holds one folder per member, named by its INSEE code, its SIREN or its slug. It is a folder, "
    "or an address "
    "that starts with s3://, sftp:// or https://; by default the tenant's own, and its other sources. Files already "
    "published are left as they are. Exit code: 0 when every file is published, 6 when some are rejected, blocked or "
    "failed, 5 when another run is under way, 7 when a plan is no longer what would be done.": (
        "DEPOSIT contient un dossier par membre, nommé par son code INSEE, son SIREN ou son nom court. "
        "C’est un dossier, ou "
        "une adresse qui commence par s3://, sftp:// ou https:// ; par défaut celui du portail, et ses "
        "autres sources. Les "
        "fichiers déjà publiés restent tels quels. Code de fin : 0 quand tout est publié, 6 quand des fichiers sont "
        "rejetés, bloqués ou en échec, 5 quand un autre passage est en cours, 7 quand un plan n’est plus "
        "ce qui serait fait."
    ),
    "Show the plan, write nothing.": "Montre le plan, n’écrit rien.",
    "Do what this plan says.": "Fait ce que dit ce plan.",
    "Remove what left the deposit.": "Retire ce qui a quitté le dépôt.",
    "json: each step as a JSON line on stderr.": "json : chaque étape en une ligne JSON sur la sortie d’erreur.",
    "Write to nobody.": "N’écrit à personne.",
    "Show members, datasets, the last run, and what is rejected and why.": (
        "Montre les membres, les jeux de données, le dernier passage, et ce qui est rejeté et pourquoi."
    ),
    # versions
    "List the versions of a dataset's files, with the address of each.": (
        "Liste les versions des fichiers d’un jeu de données, avec l’adresse de chacune."
    ),
    "Take back a whole run, or the last version of a dataset's files.": (
        "Reprend un passage entier, ou la dernière version des fichiers d’un jeu de données."
    ),
    "What is taken back is not published again: the file in the deposit waits until a corrected one is there, or until "
    "`quarantine withdraw`. Ids and addresses stay.": (
        "Ce qui est repris n’est pas republié : le fichier du dépôt attend qu’un fichier corrigé soit là, ou "
        "`quarantine withdraw`. Les identifiants et les adresses restent."
    ),
    "The version to go back to. [default: the one before]": "La version à reprendre.  [par défaut : la précédente]",
    "Why; kept with who and when.": "Pourquoi ; gardé avec qui et quand.",
    "Who decides. [default: the user of this machine]": "Qui décide.  [par défaut : l’utilisateur de cette machine]",
    "Show what would go back, change nothing.": "Montre ce qui serait repris, ne change rien.",
    "Forget old versions, and remove files that nothing stands on any more.": (
        "Oublie les vieilles versions, et supprime les fichiers dont plus rien ne dépend."
    ),
    "How many versions of a file stay is `keep_versions` under [publish] in the manifest; 0 keeps all. A "
    "file goes only "
    "once it has been without use for a day.": (
        "Le nombre de versions gardées est `keep_versions` sous [publish] dans le manifeste ; 0 les garde "
        "toutes. Un fichier "
        "ne part qu’après un jour sans usage."
    ),
    "Show what would go, remove nothing.": "Montre ce qui partirait, ne supprime rien.",
    # quarantine
    "See what is held back, and decide on it.": "Montre ce qui est retenu, pour en décider.",
    "List the files that are held back, and why.": "Liste les fichiers retenus, et pourquoi.",
    "Those that were dismissed too.": "Aussi ceux qui ont été écartés.",
    "Show why a file is held back, where its report is, and what was decided.": (
        "Montre pourquoi un fichier est retenu, où est son rapport, et ce qui a été décidé."
    ),
    "Let a file be published by the next run, as it is.": "Laisse le prochain passage publier un fichier tel quel.",
    "Without --lasting the release is for this very content: a changed file is looked at again.": (
        "Sans --lasting, la décision vaut pour ce contenu même : un fichier modifié est regardé de nouveau."
    ),
    "Why personal data may be published; needed when there are any.": (
        "Pourquoi des données personnelles peuvent être publiées ; nécessaire quand il y en a."
    ),
    "For later versions of the file too, as long as nothing new is found.": (
        "Aussi pour les versions suivantes du fichier, tant que rien de nouveau n’y est trouvé."
    ),
    "Leave a file where it is, and say no more of it until it changes.": (
        "Laisse un fichier où il est, et n’en parle plus tant qu’il ne change pas."
    ),
    "Take back the decision on a file: a release, a dismissal or a takedown.": (
        "Reprend la décision sur un fichier : libéré, écarté ou retiré du portail."
    ),
    "What a release let through stays online until `takedown`; the next run says that it is held back again.": (
        "Ce qu’une décision a laissé passer reste en ligne jusqu’à `takedown` ; le prochain passage dit "
        "qu’il est de nouveau "
        "retenu."
    ),
    "Take a dataset or one of its files off the portal, at once and for good.": (
        "Retire du portail un jeu de données ou l’un de ses fichiers, tout de suite et pour de bon."
    ),
    "Its source files are not published again, whatever their content, until `quarantine withdraw`.": (
        "Ses fichiers d’origine ne sont pas republiés, quel que soit leur contenu, avant `quarantine withdraw`."
    ),
    "Show what would go, change nothing.": "Montre ce qui partirait, ne change rien.",
    # runs, serve, places, sources
    "List past runs, newest first, or show what one did.": (
        "Liste les passages, le dernier d’abord, ou montre ce qu’a fait l’un d’eux."
    ),
    'Show what a run did, file by file; RUN is its name, its beginning, or "last".': (
        "Montre ce qu’a fait un passage, fichier par fichier ; RUN est son nom, le début de son nom, ou « last »."
    ),
    "How many, newest first.": "Combien, le dernier d’abord.",
    "Serve the portals and the API of every tenant here.": "Sert les portails d’ici et leur API.",
    "Address to listen on. [default: setting host, 127.0.0.1]": (
        "Adresse d’écoute.  [par défaut : réglage host, 127.0.0.1]"
    ),
    "Port to listen on. [default: setting port, 8000]": "Port d’écoute.  [par défaut : réglage port, 8000]",
    "Processes. [default: setting workers, 1]": "Processus.  [par défaut : réglage workers, 1]",
    "List the communes that answer to a name, a part of one, a code or a post code.": (
        "Liste les communes d’après un nom, un morceau de nom, un code ou un code postal."
    ),
    "Show what is known of one commune.": "Montre ce qui est connu d’une commune.",
    "Most communes to show.": "Nombre de communes au plus.",
    "Look at deposits that lie elsewhere (S3, SFTP, lists).": (
        "Regarde les dépôts qui sont ailleurs (S3, SFTP, listes)."
    ),
    "Say of each source whether it can be listed, and how many files it holds.": (
        "Dit de chaque source si elle peut être lue, et combien de fichiers elle contient."
    ),
    "Fetches nothing and writes nothing. Ends with the exit code of the first source that cannot be listed.": (
        "Ne reçoit rien et n’écrit rien. Finit avec le code de la première source qui ne peut pas être lue."
    ),
    # schemas
    "List, show and load the schemas that files are checked against.": (
        "Liste, montre et charge les modèles d’après lesquels les fichiers sont vérifiés."
    ),
    "List the schemas, built in and loaded.": "Liste les modèles, fournis et chargés.",
    "Show a schema's columns and what to type in each.": "Montre les colonnes d’un modèle et ce qu’il faut y écrire.",
    "Load the official catalogue of schemas into this machine's cache.": (
        "Charge le catalogue officiel des modèles sur cette machine."
    ),
    "Write an empty workbook for a schema: explanations, drop-down lists, formats.": (
        "Écrit le classeur vide d’un modèle : explications, listes déroulantes, formats."
    ),
    "[default: NAME.xlsx]": "[par défaut : NOM.xlsx]",
    "Fill in the name and the SIRET of this commune.": "Remplit le nom et le SIRET de cette commune.",
    "The SIRET to fill in. [default: the commune's first, to be verified]": (
        "Le SIRET à remplir.  [par défaut : le premier de la commune, à vérifier]"
    ),
    # import, export, db
    "Bring users, organizations, groups, datasets and files in.": (
        "Reprend des utilisateurs, des organisations, des groupes, des jeux de données et des fichiers."
    ),
    "Ids are kept; organizations, groups and users that are here under the same name are taken for the same. Run it "
    "again to go on where it was stopped, or to bring what has changed since. With a sysadmin's token "
    "private datasets, drafts, deleted ones, e-mails and passwords come too. Ends with 6 when something was refused.": (
        "Les identifiants sont gardés ; les organisations, groupes et utilisateurs qui ont ici le même "
        "nom sont pris pour "
        "les mêmes. Relancez la commande pour continuer où elle s’est arrêtée, ou pour reprendre ce qui a "
        "changé depuis. "
        "Avec le jeton d’un administrateur (sysadmin), les jeux privés, les brouillons, les supprimés, les "
        "adresses et les mots de passe viennent aussi. "
        "Finit avec 6 quand quelque chose a été refusé."
    ),
    "A CKAN, a file of JSON lines, or a folder.": "Un CKAN, un fichier de lignes JSON, ou un dossier.",
    "Variable with the API token of a sysadmin over there.": "Variable qui contient le jeton d’un sysadmin de là-bas.",
    "Only this kind; may be repeated.": "Seulement ce genre ; peut être répété.",
    "Leave uploaded files, logos and rows where they are.": "Laisse les fichiers, les logos et les lignes où ils sont.",
    "A CKAN to bring it to, instead of the catalogue here.": "Un CKAN où porter le tout, au lieu du catalogue d’ici.",
    "Variable with the API token of a sysadmin of that CKAN.": (
        "Variable avec le jeton d’un administrateur de ce CKAN-là."
    ),
    "Organization for the datasets that have none.": "Organisation des jeux de données qui n’en ont pas.",
    "Sysadmins over there are sysadmins here, too.": "Les administrateurs de là-bas le sont aussi ici.",
    "Leave out datasets that were deleted and could be brought back.": (
        "Laisse de côté les jeux de données supprimés qui pourraient être rétablis."
    ),
    "Forget what earlier runs have brought.": "Oublie ce que les passages précédents ont repris.",
    "Count what would be brought; write nothing.": "Compte ce qui serait repris ; n’écrit rien.",
    "Write the whole catalogue as JSON lines that ckanapi loads.": (
        "Écrit tout le catalogue en lignes JSON que ckanapi charge."
    ),
    "FOLDER gets users.jsonl (with the hashes of passwords), organizations.jsonl, groups.jsonl, datasets.jsonl "
    "(private ones, drafts and deleted ones too), and what stands beside: vocabularies, views, relationships, "
    "collaborators, who follows what, and the manifest. With --files also files/, images/ (logos), and under rows/ "
    "what was written row by row.": (
        "DOSSIER reçoit users.jsonl (avec les empreintes des mots de passe), organizations.jsonl, groups.jsonl, "
        "datasets.jsonl (aussi les jeux privés, les brouillons et les supprimés), et ce qui les entoure : "
        "vocabulaires, vues, relations, collaborateurs, qui suit quoi, et le manifeste. Avec --files aussi files/, "
        "images/ (logos), et sous rows/ ce qui a été écrit ligne par ligne."
    ),
    "Uploaded files and written rows too.": "Aussi les fichiers déposés et les lignes écrites.",
    "Say whether the catalogue is sound; changes nothing.": "Dit si le catalogue est sain ; ne change rien.",
    "Looks at the database itself, at what its rows say of each other, at every file and at the search "
    "index. Ends with 4 "
    "when something is wrong.": (
        "Regarde la base elle-même, ce que ses lignes disent les unes des autres, chaque fichier et "
        "l’index de recherche. "
        "Finit avec 4 quand quelque chose ne va pas."
    ),
    "Bring the database to what this version reads.": "Met la base au niveau de cette version.",
    "Every command and the server do so when they open it; this one lets you choose the moment.": (
        "Chaque commande et le serveur le font en l’ouvrant ; celle-ci vous laisse choisir le moment."
    ),
    "Show the steps; take none.": "Montre les étapes ; n’en fait aucune.",
    "Build the search index anew from the database; the server goes on meanwhile.": (
        "Refait l’index de recherche d’après la base ; le serveur continue pendant ce temps."
    ),
    "Give back the space of what was deleted; may run while the server does.": (
        "Rend la place de ce qui a été supprimé ; le serveur peut continuer."
    ),
    # users and tokens
    "Create a user; the password is asked for, or read from stdin.": (
        "Crée un utilisateur ; le mot de passe est demandé, ou lu sur l’entrée standard."
    ),
    "List the users.": "Liste les utilisateurs.",
    "Set a user's password and end the user's sessions.": (
        "Change le mot de passe d’un utilisateur et ferme ses sessions."
    ),
    "Address of the person.": "Adresse de la personne.",
    "Name that is shown.": "Nom affiché.",
    "With every right.": "Avec tous les droits.",
    "Member of this organization.": "Membre de cette organisation.",
    "Print a new API token; it is shown this once only.": (
        "Affiche un nouveau jeton d’API ; il n’est montré qu’une fois."
    ),
    "List tokens: whose, what for, last used when; never the tokens.": (
        "Liste les jetons : à qui, pour quoi, dernier usage ; jamais les jetons eux-mêmes."
    ),
    "Make a token stop working, by the id that token list shows.": (
        "Désactive un jeton, par l’identifiant que montre token list."
    ),
    "A token with every right, for scripts.": "Un jeton avec tous les droits, pour des scripts.",
    "The user it stands for.": "L’utilisateur à qui il appartient.",
    "The only organization in which it has rights: the user's there.": (
        "La seule organisation où il a des droits : ceux de l’utilisateur."
    ),
    "It stops working after so many days. [default: never]": "Il expire après tant de jours.  [par défaut : jamais]",
    "What it is for.": "À quoi il sert.",
    "Only this user's.": "Seulement ceux de cet utilisateur.",
}

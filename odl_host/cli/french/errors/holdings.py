"""What goes wrong with catalogues, databases, stored files, and deposits that lie elsewhere."""

from __future__ import annotations

TEMPLATES = {
    # catalogues, dumps and databases
    "The catalogue {} does not answer ({}).": "Le catalogue {0} ne répond pas ({1}).",
    "The catalogue {} failed on {} (HTTP {}).": "Le catalogue {0} a échoué à {1} (réponse {2}).",
    "{} does not answer {} as a CKAN does: {}": "{0} ne répond pas à {1} comme un CKAN : {2}",
    "{} is CKAN {}; odl-host needs 2.10 or newer.": "{0} est un CKAN {1} ; il faut à odl-host la version 2.10 ou plus.",
    'Upgrade that CKAN, or use the embedded catalogue: [catalogue] kind = "embedded".': (
        'Mettez ce CKAN à jour, ou prenez le catalogue intégré : [catalogue] kind = "embedded".'
    ),
    "Check that address and the network, then run the same command again.": (
        "Vérifiez cette adresse et le réseau, puis relancez la même commande."
    ),
    "{}: the catalogue does not hold this object. {}": "{0} : le catalogue ne contient pas cet objet. {1}",
    "{}: the catalogue refused: {}.": "{0} : le catalogue refuse : {1}.",
    "{}: {} does not know the token (any more): it was revoked, or it has expired.": (
        "{0} : {1} ne connaît pas (ou plus) le jeton : il a été révoqué, ou il a expiré."
    ),
    "Make a new one on that CKAN, put it where the old one was, then run the same command again.": (
        "Créez-en un nouveau sur ce CKAN, mettez-le à la place de l’ancien, puis relancez la même commande."
    ),
    "{}: the embedded catalogue failed ({}: {}).": "{0} : le catalogue intégré a échoué ({1} : {2}).",
    "{}: a file cannot be read or written: {}.": "{0} : un fichier ne peut pas être lu ou écrit ({1}).",
    "The catalogue of {} is a CKAN elsewhere: its database is not here.": (
        "Le catalogue de {0} est un CKAN ailleurs : sa base n’est pas ici."
    ),
    "The catalogue's database {} is {}, and what it described is still here: {}.": (
        "La base du catalogue {0} est perdue ou vide ({1}), et ce qu’elle décrivait est encore là : {2}."
    ),
    "Put back a backup of {}. To begin an empty catalogue, move these folders away first.": (
        "Remettez une sauvegarde de {0}. Pour commencer un catalogue vide, déplacez d’abord ces dossiers."
    ),
    "Check the free space and the rights there, then run the same command again: it goes on.": (
        "Vérifiez la place libre et les droits à cet endroit, puis relancez la même commande : elle continue."
    ),
    "The dump in {} cannot be written: {}.": "L’export ne peut pas être écrit dans {0} ({1}).",
    "There is no file or folder {}.": "Il n’y a ni fichier ni dossier {0}.",
    "Give a dump, or an address with http(s)://.": "Donnez un export, ou une adresse en http(s)://.",
    "{}, line {}: this is no JSON object ({}).": "{0}, ligne {1} : ce n’est pas un objet JSON ({2}).",
    "{}, line {}: this is no JSON object.": "{0}, ligne {1} : ce n’est pas un objet JSON.",
    "The folder {} holds no dump: no file there is named *.jsonl.": (
        "Le dossier {0} ne contient pas d’export : aucun fichier n’y est nommé *.jsonl."
    ),
    "{} holds nothing that can be brought: no dataset, organization, …": (
        "{0} ne contient rien à importer : ni jeu de données, ni organisation, ni autre objet connu."
    ),
    "Give what odl-host export or ckanapi dump has written.": (
        "Donnez ce que odl-host export ou ckanapi dump a écrit."
    ),
    "What was written is no call.": "Ce qui est écrit là n’est pas un appel.",
    "{}: a dump makes no {} by itself.": "{0} : un export ne fait pas cela tout seul ({1}).",
    "The calls for the views of {} are of another kind, or of another resource.": (
        "Les appels lus pour les vues de {0} sont d’une autre sorte, ou d’une autre ressource."
    ),
    "--to and --to-token-env go together.": "--to et --to-token-env vont ensemble.",
    "Name the variable that holds the token.": "Nommez la variable qui contient le jeton.",
    "The resource {} has no file here.": "La ressource {0} n’a pas de fichier ici.",
    "The logo {} is not stored here.": "Le logo {0} n’est pas rangé ici.",
    "The catalogue does not know the token: it has expired, or was revoked.": (
        "Le catalogue ne connaît pas le jeton : il a expiré, ou a été révoqué."
    ),
    "The database of the embedded catalogue cannot be written.": (
        "La base du catalogue intégré ne peut pas être écrite."
    ),
    # stored files and buckets
    "Cannot keep a file on its way: {}.": "Un fichier en route ne peut pas être gardé ({0}).",
    "Cannot clean {}: {}.": "{0} ne peut pas être nettoyé ({1}).",
    "Cannot store a file under {}: {}.": "Un fichier ne peut pas être rangé sous {0} ({1}).",
    "Cannot keep a file on its way to the storage: {}.": (
        "Un fichier en route vers le stockage ne peut être gardé ({0})."
    ),
    "The stored file {} is not in the bucket.": "Le fichier {0} n’est pas dans le bucket.",
    "The stored file {} is not in {}.": "Le fichier {0} n’est pas dans {1}.",
    "The stored file {} cannot be read: {}.": "Le fichier rangé {0} ne peut pas être lu ({1}).",
    "The stored file {} cannot be removed: {}.": "Le fichier rangé {0} ne peut pas être supprimé ({1}).",
    "“{}” is not the name of a stored file.": "« {0} » n’est pas le nom d’un fichier rangé.",
    "Restore the file from a backup.": "Reprenez le fichier d’une sauvegarde.",
    "Delete that object, then publish the file again.": "Supprimez cet objet, puis publiez de nouveau le fichier.",
    "Cannot remove {}: {}.": "{0} ne peut pas être supprimé ({1}).",
    "{} cannot be removed: {}.": "{0} ne peut pas être supprimé ({1}).",
    "{} was altered before it was sent.": "{0} a été modifié avant son envoi.",
    "{}: {} is damaged: its content has another SHA-256.": (
        "{0} : {1} est abîmé, son contenu n’a plus la même empreinte."
    ),
    "{}: {} was replaced while it was read.": "{0} : {1} a été remplacé pendant sa lecture.",
    "{} announces {} bytes of {}, not the rest of it.": "{0} annonce {1} octets de {2}, et non le reste.",
    "{} holds {} bytes of {} after {} were sent.": "{0} contient {1} octets de {2} après l’envoi de {3}.",
    "{} sent fewer bytes of {} than it announced.": "{0} a envoyé moins d’octets de {1} qu’annoncé.",
    "{}: cannot {}: it is not there.": "{0} : impossible ({1}), il n’est pas là.",
    "{}: cannot {}: the server does not answer ({}).": "{0} : impossible ({1}), le serveur ne répond pas ({2}).",
    "{}: cannot {}: the server refused.": "{0} : impossible ({1}), le serveur refuse l’accès.",
    "{}: cannot {}: there is no such bucket.": "{0} : impossible ({1}), ce bucket n’existe pas.",
    "{}: cannot {}: {}: {}": "{0} : impossible ({1}) : {2} : {3}",
    "{}: no keys were found.": "{0} : aucune clé n’a été trouvée.",
    "{}: there is no such bucket.": "{0} : ce bucket n’existe pas.",
    "Create it, or correct its name.": "Créez-le, ou corrigez son nom.",
    "Check the keys that the manifest names; they must allow ListBucket and GetObject and, where files are published "
    "to, PutObject and DeleteObject.": (
        "Vérifiez les clés que le manifeste nomme ; elles doivent permettre ListBucket et GetObject et, là où l’on "
        "publie, PutObject et DeleteObject."
    ),
    "{}: the server's certificate is not trusted: {}.": "{0} : le certificat du serveur n’est pas reconnu : {1}.",
    "The certificate of the catalogue {} is not trusted: {}.": (
        "Le certificat du catalogue {0} n’est pas reconnu : {1}."
    ),
    "Name the file of its authority, if you trust it: export REQUESTS_CA_BUNDLE=/path/to/authority.pem. Else have the "
    "server's administrator put a valid certificate there.": (
        "Si vous faites confiance à son autorité, nommez le fichier de celle-ci : export "
        "REQUESTS_CA_BUNDLE=/chemin/de/autorite.pem. Sinon, demandez à l’administrateur du serveur un certificat "
        "valide."
    ),
    "{}: the server does not speak TLS there.": "{0} : le serveur n’y parle pas TLS.",
    "Correct its port, or write http:// at its head.": "Corrigez son port, ou écrivez http:// au début.",
    "Check the address and its rights.": "Vérifiez l’adresse et ses droits.",
    # deposits that lie elsewhere
    "{} lists no file any more, where it had {}: nothing is taken as removed.": (
        "{0} ne contient plus aucun fichier, alors qu’il en avait {1} : rien n’est retiré."
    ),
    "If it was emptied on purpose, delete {} and run the same command again.": (
        "S’il a été vidé exprès, supprimez {0} puis relancez la même commande."
    ),
    "{} holds more than {} files.": "{0} contient plus de {1} fichiers.",
    "Name a folder below.": "Nommez un dossier plus bas.",
    "Reading a deposit over SFTP needs the library paramiko.": (
        "Lire un dépôt par SFTP demande la bibliothèque paramiko."
    ),
    "Install it: pip install 'odl-host[sftp]'": "Installez-la : pip install 'odl-host[sftp]'",
    "The key {} cannot be used ({}).": "La clé {0} ne peut pas être utilisée ({1}).",
    "It must be a private key without a passphrase: ssh-keygen -t ed25519 -N '' -f FILE": (
        "Il faut une clé privée sans phrase secrète : ssh-keygen -t ed25519 -N '' -f FICHIER"
    ),
    "The known hosts {} cannot be read: {}.": "La liste des serveurs connus {0} ne peut pas être lue ({1}).",
    "{}: the server's key is not known.": "{0} : la clé du serveur n’est pas connue.",
    "Add it, once checked: ssh-keyscan -p {} {} >> {}": (
        "Ajoutez-la, après l’avoir vérifiée : ssh-keyscan -p {0} {1} >> {2}"
    ),
    "{}: the server's key is not the one that is known for {}.": (
        "{0} : la clé du serveur n’est pas celle qui est connue pour {1}."
    ),
    "Somebody may be in between. Ask the server's administrator, then correct the known hosts.": (
        "Quelqu’un s’est peut-être interposé. Demandez à l’administrateur du serveur, puis corrigez les "
        "serveurs connus."
    ),
    "{}: the server refused the user {}.": "{0} : le serveur refuse l’utilisateur {1}.",
    "Check key_file, and that its public half is among the user's authorized_keys.": (
        "Vérifiez key_file, et que sa moitié publique est dans les authorized_keys de l’utilisateur."
    ),
    "Check the user's rights.": "Vérifiez les droits de l’utilisateur.",
    "{}: the server refused (HTTP {}).": "{0} : le serveur refuse (réponse {1}).",
    "{}: the server refused ({}).": "{0} : le serveur refuse ({1}).",
    "{}: the server does not answer ({}).": "{0} : le serveur ne répond pas ({1}).",
    "{}: the server answered {} ({}).": "{0} : le serveur a répondu {1} ({2}).",
    "{}: the server answered {}.": "{0} : le serveur a répondu {1}.",
    "{}: the answer broke off ({}).": "{0} : la réponse s’est interrompue ({1}).",
    "{}: it is not there (HTTP {}).": "{0} : il n’est pas là (réponse {1}).",
    "{}: it is not there.": "{0} : il n’est pas là.",
    "{}: it is longer than {} bytes.": "{0} : il dépasse {1} octets.",
    "{}: it leads elsewhere without end, or nowhere.": "{0} : il renvoie ailleurs sans fin, ou nulle part.",
    "{}: it was replaced while it was read.": "{0} : il a été remplacé pendant sa lecture.",
    "{}: line {} of the list cannot be used.": "{0} : la ligne {1} de la liste ne peut pas être utilisée.",
    "{}: {} is for {}, and the manifest says that all of it is {}'s.": (
        "{0} : {1} est pour {2}, alors que le manifeste donne toute la liste à {3}."
    ),
    "Correct the list, or take `member` off this source in the manifest.": (
        "Corrigez la liste, ou retirez `member` de cette source dans le manifeste."
    ),
    "{}: the list is no JSON list of member and url ({}).": (
        "{0} : la liste n’est pas une liste JSON de membres et d’adresses ({1})."
    ),
    "{}: the list is no UTF-8 text.": "{0} : la liste n’est pas un texte en UTF-8.",
    "Correct the list.": "Corrigez la liste.",
    'It reads [{"member": "73065", "url": "https://…"}, …].': (
        'Elle s’écrit [{"member": "73065", "url": "https://…"}, …].'
    ),
    "Each line is MEMBER;ADDRESS, for example: 73065;https://example.fr/subventions.csv": (
        "Chaque ligne s’écrit MEMBRE;ADRESSE, par exemple : 73065;https://example.fr/subventions.csv"
    ),
    "{}: {} MB are to be fetched, and {} MB are free.": "{0} : {1} Mo sont à recevoir, et {2} Mo sont libres.",
    "Make room on the disk of {}, then run the same command again.": (
        "Faites de la place sur le disque de {0}, puis relancez la même commande."
    ),
    "Check the free space of the data folder, then run the same command again.": (
        "Vérifiez la place libre du dossier de données, puis relancez la même commande."
    ),
    "{}: {} bytes came, {} were announced.": "{0} : {1} octets reçus, {2} annoncés.",
    "{} bytes came, {} were listed.": "{0} octets reçus, {1} annoncés.",
    "Cannot write the mirror {}: {}.": "La copie du dépôt {0} ne peut pas être écrite ({1}).",
}

"""Money: subventions granted, a budget that balances, the highest salaries of large employers."""

# ruff: noqa: E501, SIM905 - tables and lists of columns are read across.

from __future__ import annotations

from datetime import date, timedelta

from sample_deposit.places import AGGLOMERATION, AGGLOMERATION_SIREN, AGGLOMERATION_SIRET, TOWNS, Draw, Town
from sample_deposit.writing import Cell

SUBVENTIONS_HEADER = (
    "nomAttribuant idAttribuant dateConvention referenceDecision nomBeneficiaire idBeneficiaire rnaBeneficiaire objet "
    "montant nature conditionsVersement datesPeriodeVersement idRAE notificationUE pourcentageSubvention dispositifAide"
).split()
_ASSOCIATIONS = (
    ("Association Les Amis du four à pain", "Remise en état du four banal et animations du patrimoine"),
    ("Comité des fêtes", "Organisation de la fête du village et du feu d’artifice"),
    ("Amicale des sapeurs-pompiers", "Acquisition d’équipements pour la section des jeunes sapeurs-pompiers"),
    ("Union sportive des Bauges", "Fonctionnement de l’école de football et déplacements des équipes"),
    ("Ski-club du Margériaz", "Apprentissage du ski de fond pour les enfants des écoles"),
    ("Harmonie municipale", "Achat d’instruments et rémunération des intervenants de l’école de musique"),
    ("Sou des écoles", "Classe de découverte « eau et montagne » : transport et hébergement"),
    ("Chorale À travers chants", "Concert d’hiver au profit de l’épicerie solidaire"),
    ("Association de parents d’élèves", "Fête de fin d’année et ateliers de lecture à voix haute"),
    ("Les Jardins partagés de la Leysse", "Création de douze parcelles et récupération des eaux de pluie"),
    ("Club des aînés ruraux", "Sorties culturelles et ateliers de prévention des chutes"),
    ("Accorderie du bassin chambérien", "Atelier de réparation de vélos et de petit électroménager"),
    ("Groupe d’archers de la Combe", "Rénovation du pas de tir et achat de cibles"),
    ("Cinéma itinérant Lumières des cimes", "Huit projections en plein air dans les hameaux"),
    ("Association foncière pastorale", "Débroussaillage et clôture de l’alpage"),
    ("Théâtre de la Grange", "Résidence d’artistes et actions culturelles au collège"),
    ("Groupement de protection des oiseaux", "Pose de nichoirs et suivi des martinets dans le centre ancien"),
    ("Tennis club", "Réfection de l’éclairage des courts couverts"),
)


def subventions(town: Town, year: int, count: int) -> list[list[Cell]]:
    """Return the subventions of a town to associations, which have invented register numbers and no SIRET."""
    draw = Draw(f"subventions/{town.code}/{year}")
    start = draw.number(0, len(_ASSOCIATIONS) - 1)
    day = date(year, 3, 2) + timedelta(days=draw.number(0, 40))
    days = sorted(day + timedelta(days=21 * draw.number(0, 5)) for _ in range(count))
    rows = []
    for number in range(count):
        name, purpose = _ASSOCIATIONS[(start + number) % len(_ASSOCIATIONS)]
        scale = 200 if town.seats > 30 else 50
        rows.append(
            _grant(town.title, town.siret, days[number], number + 1, draw)
            | {
                "nomBeneficiaire": f"{name} – {town.name}",
                "rnaBeneficiaire": f"W739{int(town.code) % 1000:03d}{(start + number) % 1000:03d}",
                "objet": purpose,
                "montant": _amount(draw.number(4, 60) * scale, draw),
            }
        )
    return [[row[name] for name in SUBVENTIONS_HEADER] for row in rows]


def support_funds(year: int, count: int) -> list[list[Cell]]:
    """Return the support that the agglomeration gives to its member communes ("fonds de concours")."""
    draw = Draw(f"fonds-de-concours/{year}")
    towns = sorted(TOWNS.values(), key=lambda town: town.code)
    works = (
        "rénovation thermique de l’école",
        "réhabilitation de la salle des fêtes",
        "création d’un cheminement piéton entre le bourg et le hameau",
        "mise en accessibilité de la mairie",
        "désimperméabilisation de la cour d’école",
        "restauration de la charpente de l’ancienne fruitière",
    )
    rows = []
    for number in range(count):
        town = towns[(number * 7 + 3) % len(towns)]
        rows.append(
            _grant(AGGLOMERATION, AGGLOMERATION_SIRET, date(year, 2 + number % 10, 12), number + 1, draw)
            | {
                "nomBeneficiaire": town.title,
                "idBeneficiaire": town.siret,
                "objet": f"Fonds de concours : {works[number % len(works)]}",
                "montant": draw.number(8, 90) * 1000,
                "pourcentageSubvention": draw.pick((0.15, 0.2, 0.25, 0.3, 0.5)),
                "conditionsVersement": "acompte de 50 % au démarrage des travaux, solde sur présentation des factures",
            }
        )
    return [[row[name] for name in SUBVENTIONS_HEADER] for row in rows]


def _grant(name: str, siret: str, day: date, number: int, draw: Draw) -> dict[str, Cell]:
    in_kind = draw.chance(15)
    once = draw.chance(65)
    return dict.fromkeys(SUBVENTIONS_HEADER, "") | {
        "nomAttribuant": name,
        "idAttribuant": siret,
        "dateConvention": day,
        "referenceDecision": f"{day.year}-{number + 10:03d}",
        "nature": draw.pick(("aide en nature", "aide en numéraire;aide en nature")) if in_kind else "aide en numéraire",
        "conditionsVersement": "en une fois" if once else "échelonné : 70 % à la signature, 30 % sur bilan",
        "datesPeriodeVersement": f"{day + timedelta(days=30)}"
        if once
        else f"{day + timedelta(days=30)}/{day + timedelta(days=240)}",
        "notificationUE": "non",
        "pourcentageSubvention": draw.pick((1, 0.5, 0.4, 0.25, 0.8, 0.65)),
    }


def _amount(whole: int, draw: Draw) -> float | int:
    return whole + 0.5 if draw.chance(8) else whole


BUDGET_HEADER = (
    "BGT_NATDEC BGT_ANNEE BGT_SIRET BGT_NOM BGT_CONTNAT BGT_CONTNAT_LABEL BGT_NATURE BGT_NATURE_LABEL BGT_FONCTION "
    "BGT_FONCTION_LABEL BGT_OPERATION BGT_SECTION BGT_OPBUDG BGT_CODRD BGT_MTREAL BGT_MTBUDGPREC BGT_MTRARPREC "
    "BGT_MTPROPNOUV BGT_MTPREV BGT_CREDOUV BGT_MTRAR3112 BGT_ARTSPE"
).split()
# Section, direction, chapter, account, function (M57 accounts), share of the section in thousandths; 0: what balances.
_LINES = """
F|D|011|Charges à caractère général|60612|Énergie – Électricité|020|Administration générale de la collectivité|62
F|D|011|Charges à caractère général|60623|Alimentation|281|Hébergement et restauration scolaires|31
F|D|011|Charges à caractère général|60632|Fournitures de petit équipement|020|Administration générale de la collectivité|18
F|D|011|Charges à caractère général|61521|Entretien de terrains|511|Espaces verts urbains|24
F|D|011|Charges à caractère général|615231|Entretien de voiries|845|Voirie communale|47
F|D|011|Charges à caractère général|6156|Maintenance|020|Administration générale de la collectivité|29
F|D|011|Charges à caractère général|6232|Fêtes et cérémonies|024|Fêtes et cérémonies|9
F|D|012|Charges de personnel et frais assimilés|64111|Rémunération principale|020|Administration générale de la collectivité|318
F|D|012|Charges de personnel et frais assimilés|64131|Rémunérations|020|Administration générale de la collectivité|84
F|D|012|Charges de personnel et frais assimilés|6451|Cotisations à l’U.R.S.S.A.F.|020|Administration générale de la collectivité|96
F|D|014|Atténuations de produits|7391171|Dégrèvement de taxe foncière|01|Opérations non ventilables|4
F|D|65|Autres charges de gestion courante|65748|Subventions de fonctionnement aux autres personnes de droit privé|33|Jeunesse et loisirs|38
F|D|65|Autres charges de gestion courante|657362|Subventions de fonctionnement au C.C.A.S.|420|Services communs|36
F|D|66|Charges financières|66111|Intérêts réglés à l’échéance|01|Opérations non ventilables|15
F|D|042|Opérations d’ordre de transfert entre sections|6811|Dotations aux amortissements|01|Opérations non ventilables|72
F|D|023|Virement à la section d’investissement|023|Virement à la section d’investissement|01|Opérations non ventilables|0
F|R|70|Produits des services, du domaine et ventes diverses|7067|Redevances des services périscolaires|281|Hébergement et restauration scolaires|61
F|R|70|Produits des services, du domaine et ventes diverses|7022|Coupes de bois|76|Préservation du patrimoine naturel|8
F|R|73|Impôts et taxes|73211|Attribution de compensation|01|Opérations non ventilables|184
F|R|731|Fiscalité locale|73111|Impôts directs locaux|01|Opérations non ventilables|512
F|R|74|Dotations et participations|74111|Dotation forfaitaire des communes|01|Opérations non ventilables|118
F|R|74|Dotations et participations|74718|Autres participations de l’État|01|Opérations non ventilables|12
F|R|75|Autres produits de gestion courante|752|Revenus des immeubles|020|Administration générale de la collectivité|0
I|D|16|Emprunts et dettes assimilées|1641|Emprunts en euros|01|Opérations non ventilables|184
I|D|20|Immobilisations incorporelles|2031|Frais d’études|020|Administration générale de la collectivité|46
I|D|21|Immobilisations corporelles|2128|Autres agencements et aménagements de terrains|511|Espaces verts urbains|95
I|D|21|Immobilisations corporelles|2151|Réseaux de voirie|845|Voirie communale|221
I|D|23|Immobilisations en cours|2313|Constructions|212|Écoles primaires|0
I|R|10|Dotations, fonds divers et réserves|10222|F.C.T.V.A.|01|Opérations non ventilables|140
I|R|13|Subventions d’investissement|13251|Subventions du groupement de rattachement|212|Écoles primaires|118
I|R|16|Emprunts et dettes assimilées|1641|Emprunts en euros|01|Opérations non ventilables|260
I|R|040|Opérations d’ordre de transfert entre sections|28188|Autres immobilisations corporelles|01|Opérations non ventilables|90
I|R|021|Virement de la section de fonctionnement|021|Virement de la section de fonctionnement|01|Opérations non ventilables|0
"""


def budget(town: Town, year: int, running: int, works: int) -> list[list[Cell]]:
    """Return the budget voted for a year: `running` and `works` are the totals, in euros, of the two sections."""
    draw = Draw(f"budget/{town.code}/{year}")
    rows: list[list[Cell]] = []
    left = {(section, way): running if section == "F" else works for section in "FI" for way in "DR"}
    for line in _LINES.strip().splitlines():
        section, way, chapter, chapter_name, account, account_name, function, function_name, share = line.split("|")
        total = running if section == "F" else works
        amount = total * int(share) * draw.number(90, 108) // 100_000 if int(share) else left[section, way]
        left[section, way] -= amount
        before = amount * draw.number(92, 104) // 100
        rows.append(
            [
                "budget primitif",
                str(year),
                town.siret,
                f"{town.title} – budget principal",
                chapter,
                chapter_name,
                account,
                account_name,
                function,
                function_name,
                "Extension du groupe scolaire" if account == "2313" else "",
                "fonctionnement" if section == "F" else "investissement",
                "ordre" if chapter in ("023", "021", "040", "042") else "réel",
                "dépense" if way == "D" else "recette",
                f"{amount}.00",
                f"{before}.00",
                "",
                f"{amount}.00",
                f"{amount}.00",
                "",
                "",
                "non spécialisé",
            ]
        )
    return rows


SALARIES_HEADER = (
    "siren denomination_employeur type_administration annee somme_10_plus_hautes_remunerations_brutes "
    "nb_femmes_beneficiaires nb_hommes_beneficiaires duree_cumulee_mois commentaires"
).split()


def town_salaries(town: Town, years: range) -> list[list[Cell]]:
    """Return the yearly sums of the ten highest salaries of a town of more than 40,000 inhabitants."""
    return _salaries(town.siren, town.title, "Autre collectivité territoriale", 702_340, years)


def agglomeration_salaries(years: range) -> list[list[Cell]]:
    """Return the same for the agglomeration."""
    return _salaries(AGGLOMERATION_SIREN, AGGLOMERATION, "EPCI à fiscalité propre", 748_915, years)


def _salaries(siren: str, name: str, kind: str, base: int, years: range) -> list[list[Cell]]:
    draw = Draw(f"salaires/{siren}")
    rows: list[list[Cell]] = []
    for year in years:
        women = draw.number(3, 6)
        months = draw.pick((120, 118, 116.5))
        note = "" if months == 120 else "Un poste vacant en cours d’année."
        rows.append([siren, name, kind, str(year), base, women, 10 - women, months, note])
        base += draw.number(6_000, 21_000)
    return rows

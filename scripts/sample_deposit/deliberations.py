"""Deliberations of councils: a bank of plausible objects, sessions month after month, votes that add up."""

# ruff: noqa: SIM905 - tables and lists of columns are read across.

from __future__ import annotations

from datetime import date, timedelta

from sample_deposit.places import (
    AGGLOMERATION,
    AGGLOMERATION_SEATS,
    AGGLOMERATION_SIREN,
    AGGLOMERATION_SIRET,
    Draw,
    Town,
)
from sample_deposit.writing import Cell

HEADER = (
    "COLL_NOM COLL_SIRET DELIB_ID DELIB_DATE DELIB_MATIERE_CODE DELIB_MATIERE_NOM DELIB_OBJET BUDGET_ANNEE BUDGET_NOM "
    "PREF_ID PREF_DATE VOTE_EFFECTIF VOTE_REEL VOTE_POUR VOTE_CONTRE VOTE_ABSTENTION DELIB_URL"
).split()

# Code and name of the matter (national nomenclature of acts), then objects; "*" in front: the act is about a budget.
_ACTS = {
    "1.1|Commande publique/Marchés publics": (
        "Attribution du marché de travaux de rénovation énergétique du groupe scolaire",
        "Groupement de commandes pour l’achat d’électricité et de gaz naturel : adhésion et signature de la convention",
        "Marché de fourniture de repas en liaison froide : autorisation de signer",
        "Avenant n° 2 au marché de réfection des toitures des bâtiments communaux",
        "Accord-cadre à bons de commande pour l’entretien de la voirie",
    ),
    "1.4|Commande publique/Autres types de contrats": (
        "Convention de mise à disposition de la salle polyvalente aux associations",
        "Convention avec le syndicat d’énergie pour l’enfouissement des réseaux secs",
    ),
    "2.1|Urbanisme/Documents d’urbanisme": (
        "Avis sur le projet de modification n° 3 du plan local d’urbanisme intercommunal",
        "Définition des zones d’accélération des énergies renouvelables",
    ),
    "2.2|Urbanisme/Actes relatifs au droit d’occupation ou d’utilisation des sols": (
        "Autorisation de déposer une demande de permis de construire pour l’extension de la crèche",
        "Dénomination et numérotation des voies du lotissement des Vignes",
    ),
    "3.1|Domaine et patrimoine/Acquisitions": (
        "Acquisition à l’euro symbolique d’une bande de terrain pour l’élargissement du trottoir",
        "Acquisition d’une parcelle boisée en vue de la préservation de la zone humide",
    ),
    "3.3|Domaine et patrimoine/Locations": (
        "Renouvellement du bail de l’alpage communal et fixation du fermage",
        "Location d’un local communal à une maison d’assistantes maternelles : fixation du loyer",
    ),
    "3.5|Domaine et patrimoine/Autres actes de gestion du domaine public": (
        "État d’assiette des coupes de bois de l’exercice à venir",
        "Tarifs d’occupation du domaine public par les terrasses et les étals du marché",
    ),
    "4.1|Fonction publique/Personnels titulaires et stagiaires de la F.P.T.": (
        "Modification du tableau des emplois permanents",
        "Création d’un emploi permanent d’agent technique polyvalent à temps complet",
        "Mise à jour du régime indemnitaire tenant compte des fonctions et de l’engagement professionnel",
    ),
    "4.2|Fonction publique/Personnels contractuels": (
        "Création d’emplois saisonniers pour l’entretien des espaces verts",
        "Recrutement d’agents recenseurs et fixation de leur rémunération",
    ),
    "5.2|Institutions et vie politique/Fonctionnement des assemblées": (
        "Approbation du procès-verbal de la séance précédente",
        "Compte rendu des décisions prises par délégation du conseil",
        "Adoption du règlement intérieur du conseil",
    ),
    "5.3|Institutions et vie politique/Désignation de représentants": (
        "Désignation des représentants au sein des organismes extérieurs",
        "Composition de la commission d’appel d’offres",
    ),
    "5.7|Institutions et vie politique/Intercommunalité": (
        "Rapport annuel sur le prix et la qualité du service public de l’eau potable",
        "Convention de service commun avec l’agglomération pour l’instruction des autorisations d’urbanisme",
    ),
    "6.1|Libertés publiques et pouvoirs de police/Police municipale": (
        "Convention de coordination entre la police municipale et les forces de sécurité de l’État",
    ),
    "7.1|Finances locales/Décisions budgétaires": (
        "*Adoption du budget primitif",
        "*Approbation du compte financier unique et affectation du résultat",
        "*Décision modificative n° 1",
        "*Débat d’orientations budgétaires",
        "*Admission en non-valeur de créances irrécouvrables",
    ),
    "7.2|Finances locales/Fiscalité": (
        "Vote des taux de la fiscalité directe locale",
        "Taxe de séjour : tarifs applicables au 1er janvier",
    ),
    "7.5|Finances locales/Subventions": (
        "Attribution des subventions aux associations culturelles et sportives",
        "Demande de subvention au titre de la dotation d’équipement des territoires ruraux",
        "Demande de fonds de concours auprès de Grand Chambéry pour la réhabilitation du four à pain",
        "Subvention exceptionnelle au comité des fêtes pour la fête de la Saint-Jean",
    ),
    "7.10|Finances locales/Divers": (
        "Tarifs des services périscolaires et de la restauration scolaire pour l’année scolaire",
        "Fixation des tarifs des concessions du cimetière",
    ),
    "8.1|Domaines de compétences par thèmes/Enseignement": (
        "Participation aux frais de fonctionnement des écoles des communes voisines",
        "Organisation du temps scolaire : maintien de la semaine de quatre jours et demi",
    ),
    "8.2|Domaines de compétences par thèmes/Aide sociale": (
        "Convention d’objectifs avec le centre communal d’action sociale",
    ),
    "8.8|Domaines de compétences par thèmes/Environnement": (
        "Extinction partielle de l’éclairage public de 23 h à 5 h",
        "Plan de gestion différenciée des espaces verts et plantation de haies bocagères",
        "Charte du parc naturel régional du Massif des Bauges : renouvellement de l’adhésion",
    ),
    "8.9|Domaines de compétences par thèmes/Culture": (
        "Règlement intérieur et horaires de la bibliothèque municipale",
        "Programmation de la saison culturelle et tarifs des spectacles",
    ),
    "9.1|Autres domaines de compétences/Autres domaines de compétences des communes": (
        "Vœu relatif au maintien du bureau de poste",
        "Motion de soutien à la filière laitière de montagne",
    ),
}
_AGGLOMERATION_ACTS = {
    "1.2|Commande publique/Délégation de service public": (
        "Rapport annuel du délégataire du réseau de transport urbain",
        "Choix du mode de gestion de l’aire d’accueil des gens du voyage",
    ),
    "5.7|Institutions et vie politique/Intercommunalité": (
        "Rapport annuel sur le prix et la qualité du service public de l’eau potable",
        "Rapport annuel sur la prévention et la gestion des déchets",
        "Modification des statuts du syndicat mixte de traitement des déchets",
    ),
    "7.5|Finances locales/Subventions": (
        "Attribution de fonds de concours aux communes membres",
        "Aide à l’acquisition de vélos à assistance électrique : bilan et reconduction",
        "Subvention à l’agence locale pour l’énergie et le climat",
    ),
    "7.10|Finances locales/Divers": ("Tarifs des consignes à vélos et des abonnements combinés",),
    "8.4|Domaines de compétences par thèmes/Aménagement du territoire": (
        "Programme local de l’habitat : bilan à mi-parcours",
        "Schéma directeur cyclable : programme de travaux",
        "Création d’un réseau de chaleur alimenté au bois",
    ),
    "8.7|Domaines de compétences par thèmes/Transports": (
        "Gamme tarifaire du réseau de bus à la rentrée",
        "Navette estivale vers les Bauges : convention avec les communes desservies",
    ),
}
_TOWN_WORDS = ("commun", "école", "scolaire", "Chambéry", "agglomération", "cimetière", "Saint-Jean", "bibliothèque")


def _bank(acts: dict[str, tuple[str, ...]]) -> list[tuple[list[str], str]]:
    return [(code.split("|"), wording) for code, wordings in acts.items() for wording in wordings]


_TOWN_BANK = _bank(_ACTS)
_AGGLOMERATION_BANK = _bank(_AGGLOMERATION_ACTS) + [
    act for act in _TOWN_BANK if not any(word in act[1] for word in _TOWN_WORDS)
]


def deliberations(town: Town, year: int, count: int, *, last_month: int = 12) -> list[list[Cell]]:
    """Return `count` acts of a town's council in one year, in the order of their numbers."""
    return _acts(town.title, town.siret, town.siren, town.domain, town.seats, year, count, last_month, _TOWN_BANK)


def agglomeration_deliberations(year: int, count: int, *, last_month: int = 12) -> list[list[Cell]]:
    """Return acts of the community council."""
    name, siret, siren = AGGLOMERATION, AGGLOMERATION_SIRET, AGGLOMERATION_SIREN
    return _acts(
        name, siret, siren, "grandchambery.example", AGGLOMERATION_SEATS, year, count, last_month, _AGGLOMERATION_BANK
    )


def _acts(
    name: str,
    siret: str,
    siren: str,
    domain: str,
    seats: int,
    year: int,
    count: int,
    last_month: int,
    bank: list[tuple[list[str], str]],
) -> list[list[Cell]]:
    draw = Draw(f"deliberations/{siren}/{year}")
    sessions = sorted(_session(year, month, draw) for month in range(1, last_month + 1) if month not in (1, 8))
    rows: list[list[Cell]] = []
    offset = draw.number(0, len(bank) - 1)
    # A step prime to the length of the bank walks through all of it before an object comes back.
    step = next(s for s in (17, 19, 23, 29) if len(bank) % s)
    for number in range(1, count + 1):
        session = sessions[(number - 1) * len(sessions) // count]
        (code, matter), wording = bank[(offset + number * step) % len(bank)]
        budget = wording.startswith("*")
        present = seats - draw.number(0, max(1, seats // 6))
        against = draw.number(1, present // 5) if draw.chance(12) else 0
        abstained = draw.number(1, present // 6) if draw.chance(20) else 0
        identifier = f"{year}-{number:03d}"
        budget_year = _budget_year(wording, session)
        annex = "Budget annexe de la forêt" if draw.chance(30) else "Budget principal"
        rows.append(
            [
                name,
                siret,
                identifier,
                session,
                code,
                matter,
                wording.removeprefix("*") + (f" {budget_year} – {annex.lower()}" if budget else ""),
                str(budget_year) if budget else "",
                annex if budget else "",
                f"073-{siren}-{session:%Y%m%d}-{identifier.replace('-', '_')}-DE",
                session + timedelta(days=draw.number(1, 7)),
                seats,
                present,
                present - against - abstained,
                against,
                abstained,
                f"https://www.{domain}/deliberations/{identifier}.pdf" if draw.chance(85) else "",
            ]
        )
    return rows


def _budget_year(wording: str, session: date) -> int:
    """Return the year of the budget that an act is about: accounts close the year before, plans open the next one."""
    if "compte financier" in wording:
        return session.year - 1
    plan = "primitif" in wording or "orientations" in wording
    return session.year + (plan and session.month >= 10)


def _session(year: int, month: int, draw: Draw) -> date:
    """Return a Monday of the month: councils meet on a fixed evening."""
    day = date(year, month, draw.number(2, 22))
    return day + timedelta(days=-day.weekday() % 7)

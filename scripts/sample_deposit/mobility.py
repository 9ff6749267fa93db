"""Getting about: charging points, car parks, cycle parking, car-sharing places; and the agglomeration's catalogue."""

# ruff: noqa: E501, PERF401, SIM905 - tables and lists of columns are read across.

from __future__ import annotations

from datetime import date, timedelta

from sample_deposit.places import (
    AGGLOMERATION,
    AGGLOMERATION_SIREN,
    AGGLOMERATION_SIRET,
    STREETS,
    TOWNS,
    Draw,
    Town,
)
from sample_deposit.writing import Cell

CHARGING_HEADER = (
    "nom_amenageur siren_amenageur contact_amenageur nom_operateur contact_operateur telephone_operateur nom_enseigne "
    "id_station_itinerance id_station_local nom_station implantation_station adresse_station code_insee_commune "
    "coordonneesXY nbre_pdc id_pdc_itinerance id_pdc_local puissance_nominale prise_type_ef prise_type_2 "
    "prise_type_combo_ccs prise_type_chademo prise_type_autre gratuit paiement_acte paiement_cb paiement_autre "
    "tarification condition_acces reservation horaires accessibilite_pmr restriction_gabarit station_deux_roues "
    "raccordement num_pdl date_mise_en_service observations date_maj cable_t2_attache"
).split()


def charging_points(towns: list[Town], owner: str, siren: str, domain: str) -> list[list[Cell]]:
    """Return one charging station per town, of two to four points; the roaming codes are invented."""
    draw = Draw(f"irve/{siren}")
    rows: list[list[Cell]] = []
    for number, town in enumerate(towns, start=1):
        long, lat = draw.near(town, 400)
        points = draw.pick((2, 2, 4))
        fast = draw.chance(30)
        opened = date(2021, 5, 3) + timedelta(days=draw.number(0, 1700))
        street = draw.pick(STREETS)
        reduced_mobility = draw.pick(("Réservé PMR", "Accessible mais non réservé PMR", "Accessibilité inconnue"))
        for point in range(1, points + 1):
            rows.append([
                owner, siren, f"mobilites@{domain}", "Recharge des Alpes (fictif)", "supervision@recharge-alpes.example",
                "0465710100", "Réseau Bornes des Cimes", f"FRXDCP{siren[-4:]}{number:03d}", "", f"{town.name} – {street}",
                "Parking public" if number % 3 else "Voirie", f"{street}, {town.postcode} {town.name}", town.code,
                f"[{long:.6f},{lat:.6f}]", points, f"FRXDCE{siren[-4:]}{number:03d}{point}", "", 50 if fast else 22,
                "false" if fast else "true", "true", "true" if fast else "false", "true" if fast and point == 1 else "false",
                "false", "false", "true", "true", "true", "0,35 € le kWh, puis 2 € par heure au-delà de 3 h", "Accès libre",
                "false", "24/7", reduced_mobility,
                "Aucune restriction" if number % 4 else "Hauteur maximale 2,10 m", "false", "Direct", "", opened, "",
                date(2026, 9, 30), "true" if fast else "false",
            ])  # fmt: skip
    return rows


PARKING_HEADER = (
    "id nom insee adresse url type_usagers gratuit nb_places nb_pr nb_pmr nb_voitures_electriques nb_velo nb_2r_el "
    "nb_autopartage nb_2_rm nb_covoit hauteur_max num_siret Xlong Ylat tarif_pmr tarif_1h tarif_2h tarif_3h tarif_4h "
    "tarif_24h abo_resident abo_non_resident type_ouvrage info"
).split()
_PARKINGS = (
    "Hôtel-de-Ville|Les Halles|Gare|Stade|Cimetière|Salle polyvalente|Clos Savoiroux|Les Éléphants|Départ du sentier"
)


def car_parks(town: Town, count: int, *, paying: bool = False) -> list[list[Cell]]:
    """Return off-street car parks; in a paying town one in three is free."""
    draw = Draw(f"stationnement/{town.code}")
    rows: list[list[Cell]] = []
    for number, name in enumerate(_PARKINGS.split("|")[:count], start=1):
        free = not paying or number % 3 == 0
        places = draw.number(3, 60) * 5
        long, lat = draw.near(town)
        covered = not free and draw.chance(60)
        prices: list[Cell] = [""] * 7 if free else ["1.5", "3", "4.5", "6", "12.5", "49.9", "68"]
        rows.append([
            f"{town.code}-P-{number:03d}", f"Parking {name}", town.code, f"{draw.pick(STREETS)}, {town.postcode} {town.name}",
            "", "tous", "true" if free else "false", places, "", max(1, places // 50), draw.number(0, 4),
            draw.number(0, 20), 0, draw.number(0, 2), draw.number(0, 6), "", "190" if covered else "N/A", town.siret,
            f"{long:.6f}", f"{lat:.6f}", "gratuit", *prices, "ouvrage" if covered else "enclos_en_surface",
            "Fermé le samedi matin, jour de marché" if number == 2 else "",
        ])  # fmt: skip
    return rows


CYCLES_HEADER = (
    "id_local id_osm code_com coordonneesxy capacite capacite_cargo type_accroche mobilier acces gratuit protection "
    "couverture surveillance lumiere url_info d_service source proprietaire gestionnaire date_maj commentaires"
).split()


def cycle_parking(towns: list[Town], per_town: int, source: str, owner: str) -> list[list[Cell]]:
    """Return cycle parking places, most of them open hoops."""
    draw = Draw(f"velos/{owner}")
    rows: list[list[Cell]] = []
    for town in towns:
        for number in range(1, per_town + 1):
            long, lat = draw.near(town)
            closed = draw.chance(12)
            rows.append([
                f"{town.code}-V-{number:03d}", "", town.code, f"[{long:.6f}, {lat:.6f}]", draw.number(2, 20) * 2,
                draw.number(0, 2), "CADRE ET ROUE", "RACK DOUBLE ETAGE" if closed else "ARCEAU",
                "ABONNEMENT OU INSCRIPTION PREALABLE" if closed else "LIBRE ACCES", "false" if closed else "true",
                "CONSIGNE COLLECTIVE FERMEE" if closed else "STATIONNEMENT NON FERME", "true" if closed else "false",
                "false", "true" if draw.chance(60) else "false", "", draw.number(2014, 2025), source, owner, owner,
                date(2026, 6, 15), "Badge à retirer à l’agence de mobilité" if closed else "",
            ])  # fmt: skip
    return rows


POOLING_HEADER = (
    "id_local nom_lieu ad_lieu com_lieu insee type date_maj ouvert source Xlong Ylat nbre_pl nbre_pmr duree horaires "
    "proprio lumiere comm"
).split()


def car_pooling(towns: list[Town], siren: str, owner: str) -> list[list[Cell]]:
    """Return places where drivers meet their passengers."""
    draw = Draw(f"covoiturage/{siren}")
    rows: list[list[Cell]] = []
    for number, town in enumerate(towns, start=1):
        long, lat = draw.near(town, 900)
        rows.append([
            f"{town.code}-C-{number:03d}", f"{draw.pick(('Échangeur', 'Le Pont', 'La Plaine', 'Le Col'))} – {town.name}",
            draw.pick(STREETS), town.name, town.code,
            draw.pick(("Aire de covoiturage", "Parking", "Parking relais", "Auto-stop")), date(2026, 10, 5), "true", siren,
            f"{long:.6f}", f"{lat:.6f}", draw.number(2, 16) * 5, draw.number(0, 2), "",
            draw.pick(("24/7", "Mo-Su 06:00-22:00")), owner, draw.pick(("true", "false")),
            draw.pick(("", "Abri pour vélos à proximité", "Arrêt de bus à 50 m")),
        ])  # fmt: skip
    return rows


CATALOGUE_HEADER = (
    "COLL_NOM COLL_SIRET ID TITRE DESCRIPTION THEME PRODUCTEUR_NOM PRODUCTEUR_SIRET COUV_SPAT_MAILLE COUV_SPAT_NOM "
    "COUV_TEMP_DEBUT COUV_TEMP_FIN DATE_PUBL FREQ_MAJ DATE_MAJ MOTS_CLES LICENCE NOMBRE_RESSOURCES FORMAT_RESSOURCES URL"
).split()
_CATALOGUE = (
    ("deliberations", "Délibérations", "Administration locale", "Mensuelle ou plusieurs fois par mois", "vote;conseil"),
    ("subventions", "Subventions versées", "Finances locales", "Annuelle", "associations;aides"),
    (
        "bornes-de-recharge",
        "Bornes de recharge pour véhicules électriques",
        "Transport",
        "Trimestrielle",
        "irve;voiture",
    ),
    ("stationnement-velo", "Stationnement des vélos", "Transport", "Semestrielle", "vélo;arceaux"),
    ("covoiturage", "Lieux de covoiturage", "Transport", "Annuelle", "covoiturage;mobilité"),
    ("remunerations", "Dix plus hautes rémunérations", "Administration locale", "Annuelle", "salaires;transparence"),
)


def catalogue() -> list[list[Cell]]:
    """Return the list of what the agglomeration publishes."""
    rows: list[list[Cell]] = []
    for number, (name, title, theme, frequency, words) in enumerate(_CATALOGUE):
        rows.append([
            AGGLOMERATION, AGGLOMERATION_SIRET, f"{name}-grand-chambery", f"{title} de Grand Chambéry",
            f"{title} : l’ensemble des données de l’agglomération,\nmises à jour par les services.", theme, AGGLOMERATION,
            AGGLOMERATION_SIRET, "Intercommunale", AGGLOMERATION, date(2023, 1, 1), date(2026, 10, 31),
            date(2023, 3 + number, 14), frequency, date(2026, 11, 2), f"scdl;{words}", "Licence Ouverte-LO", 1 + number % 3,
            "csv", f"https://www.grandchambery.example/donnees/{name}",
        ])  # fmt: skip
    return rows


def members(*codes: str) -> list[Town]:
    """Return towns by their codes."""
    return [TOWNS[code] for code in codes]


AGGLOMERATION_PLACES = (AGGLOMERATION, AGGLOMERATION_SIREN, "grandchambery.example")

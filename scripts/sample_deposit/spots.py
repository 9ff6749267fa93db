"""Things that stand somewhere: public buildings, defibrillators, trees, addresses."""

# ruff: noqa: E501, SIM905 - tables and lists of columns are read across.

from __future__ import annotations

from datetime import date, timedelta

from sample_deposit.places import STREETS, Draw, Town, lambert93, stable_uuid
from sample_deposit.writing import Cell

EQUIPMENT_HEADER = (
    "COLL_NOM COLL_SIRET EQUIP_UID EQUIP_THEME EQUIP_CODE EQUIP_TYPE EQUIP_NOM ADR_NUMERO ADR_NOMVOIE ADR_CODEPOSTAL "
    "ADR_COMMUNE ADR_CLE_INTEROP ERP_ID ERP_TYPE ERP_CATEGORIE EQUIP_LAT EQUIP_LONG EQUIP_OUVERTURE EQUIP_TEL "
    "EQUIP_EMAIL EQUIP_WEB"
).split()
_EQUIPMENT = (
    ("Equipement administratif", "01010401", "Mairie", "Mairie", "W", 5, "Mo-Fr 08:30-12:00,13:30-17:00"),
    ("Equipement administratif", "01010501", "Agence postale", "Agence postale communale", "W", 5, "Tu-Sa 09:00-12:00"),
    ("Equipement d'enseignement", "06010101", "École", "École maternelle des Marronniers", "R", 5, ""),
    ("Equipement d'enseignement", "06010201", "École", "École élémentaire du Granier", "R", 4, ""),
    ("Equipement culturel", "08010101", "Bibliothèque", "Bibliothèque municipale", "S", 5, "We 14:00-18:00; Sa 09:30-12:00"),
    ("Equipement sportif et de loisirs", "05010101", "Gymnase", "Gymnase de la Combe", "X", 3, ""),
    ("Equipement sportif et de loisirs", "05010301", "Stade", "Stade municipal", "PA", 4, ""),
    ("Equipement social et d'animation", "04010101", "Salle polyvalente", "Salle polyvalente", "L", 3, ""),
    ("Equipement social et d'animation", "04010201", "Crèche", "Multi-accueil Les Petits Oursons", "R", 5, "Mo-Fr 07:30-18:30"),
    ("Equipement sanitaire", "03010101", "Maison de santé", "Maison de santé pluriprofessionnelle", "U", 5, "Mo-Fr 08:00-19:00"),
    ("Equipement cultuel", "07010101", "Église", "Église paroissiale", "V", 4, ""),
    ("Equipement de mobilité", "09010101", "Gare routière", "Arrêt de bus du centre", "GA", 5, "24/7"),
    ("Autre équipement", "10010101", "Déchèterie", "Point de réemploi", "PA", 5, "Sa 09:00-12:00,14:00-17:00"),
    ("Equipement culturel", "08010201", "Cinéma", "Cinéma associatif", "L", 4, ""),
    ("Equipement administratif", "01010601", "Services techniques", "Centre technique municipal", "W", 5, "Mo-Fr 07:30-16:30"),
)  # fmt: skip


def equipment(town: Town, count: int) -> list[list[Cell]]:
    """Return public buildings of a town; some types come back with another number."""
    draw = Draw(f"equipements/{town.code}")
    rows: list[list[Cell]] = []
    for number in range(count):
        theme, code, kind, name, use, category, hours = _EQUIPMENT[number % len(_EQUIPMENT)]
        turn = number // len(_EQUIPMENT) + 1
        long, lat = draw.near(town)
        street, house = draw.pick(STREETS), draw.number(1, 180)
        tail = "" if turn == 1 else f" – site n° {turn}"
        rows.append([
            town.title, town.siret, f"{town.code}-{code}-{turn:03d}", theme, f"{code}-{turn:03d}", kind, name + tail,
            str(house), street, town.postcode, town.name.replace("'", " "),
            f"{town.code}_{draw.number(10, 990):04d}_{house:05d}", "", use, category, f"{lat:.6f}", f"{long:.6f}", hours,
            f"+33 46571{draw.number(0, 9999):04d}" if draw.chance(75) else "",
            f"accueil@{town.domain}" if draw.chance(50) else "", f"https://www.{town.domain}/equipements" if number < 3 else "",
        ])  # fmt: skip
    return rows


DAE_HEADER = (
    "nom lat_coor1 long_coor1 adr_num adr_voie com_cp com_insee com_nom acc acc_lib acc_pcsec acc_acc dae_mobile acc_etg "
    "acc_complt photo1 photo2 disp_j disp_h disp_complt tel1 tel2 site_email date_instal etat etat_fonct fab_siren "
    "fab_rais mnt_siren mnt_rais modele num_serie id_euro lc_ped dtpr_lcped dtpr_lcad dtpr_bat freq_mnt dispsurv dermnt "
    "expt_siren expt_siret expt_rais expt_tel1 expt_tel2 expt_email"
).split()
_DAE_PLACES = (
    ("Mairie", "À gauche de l’entrée principale", True),
    ("Gymnase", "Dans le hall, près des vestiaires", False),
    ("Salle polyvalente", "Sous l’auvent, face au parking", True),
    ("Stade", "Mur du club-house, côté terrain d’honneur", True),
    ("Groupe scolaire", "Local du gardien, derrière le portail", False),
    ("Médiathèque", "Accueil du rez-de-chaussée", False),
    ("Maison de santé", "Sas d’entrée", True),
    ("Piscine", "Poste de secours des maîtres-nageurs", False),
    ("Place du marché", "Armoire chauffée contre la halle", True),
)


def defibrillators(town: Town, count: int) -> list[list[Cell]]:
    """Return the automated external defibrillators of a town; the town itself runs them."""
    draw = Draw(f"dae/{town.code}")
    rows: list[list[Cell]] = []
    for number in range(count):
        place, where, outside = _DAE_PLACES[number % len(_DAE_PLACES)]
        long, lat = draw.near(town)
        installed = date(2019, 1, 15) + timedelta(days=draw.number(0, 2200))
        checked = date(2026, 1, 12) + timedelta(days=draw.number(0, 270))
        phone = f"+3346571{draw.number(0, 9999):04d}"
        rows.append([
            f"DAE {place}", f"{lat:.6f}", f"{long:.6f}", str(draw.number(1, 120)), draw.pick(STREETS), town.postcode,
            town.code, town.name, "Extérieur" if outside else "Intérieur", "oui" if outside else "non", "non", "oui", "non",
            "0", where, "", "", "7j/7" if outside else "lundi|mardi|mercredi|jeudi|vendredi",
            "24h/24" if outside else "heures ouvrables", "", phone, "", f"mairie@{town.domain}", installed, "Actif",
            "En fonctionnement" if draw.chance(92) else "Absent momentanément", "", "AlpiCœur (fabricant fictif)", "",
            "Maintenance des Alpes (fictif)", draw.pick(("AC-200", "AC-300 bilingue")),
            f"AC{town.code}{number + 1:03d}{draw.number(100, 999)}", "", "oui" if draw.chance(40) else "non", "",
            checked + timedelta(days=540), checked + timedelta(days=900), "Tous les 12 mois", "non", checked, town.siren,
            town.siret, town.title, phone, "", f"mairie@{town.domain}",
        ])  # fmt: skip
    return rows


TREES_HEADER = (
    "id longitude latitude famille_arbre genre_arbre espece_arbre cultivar_variete_arbre nom_vernaculaire code_insee "
    "code_postal adresse matricule_arbre date_plantation hauteur diametre type_sol type_enracinement port_arbre "
    "arbre_remarquable arbre_protege contraintes_sol contrainte_aeriennes eclairage arrosage allergie remarque"
).split()
_TREES = (
    ("Platanaceae", "Platanus", "x hispanica", "Platane commun", 24),
    ("Malvaceae", "Tilia", "cordata", "Tilleul à petites feuilles", 16),
    ("Sapindaceae", "Acer", "platanoides", "Érable plane", 14),
    ("Sapindaceae", "Aesculus", "hippocastanum", "Marronnier d’Inde", 18),
    ("Betulaceae", "Carpinus", "betulus", "Charme commun", 11),
    ("Fagaceae", "Quercus", "robur", "Chêne pédonculé", 20),
    ("Rosaceae", "Prunus", "avium", "Merisier", 9),
    ("Ginkgoaceae", "Ginkgo", "biloba", "Arbre aux quarante écus", 12),
    ("Oleaceae", "Fraxinus", "excelsior", "Frêne élevé", 17),
    ("Pinaceae", "Cedrus", "atlantica", "Cèdre de l’Atlas", 22),
)


def trees(town: Town, count: int) -> list[list[Cell]]:
    """Return trees of the streets and parks of a town; heights in metres, diameters in centimetres."""
    draw = Draw(f"arbres/{town.code}")
    rows: list[list[Cell]] = []
    for number in range(1, count + 1):
        family, genus, species, common, height = draw.pick(_TREES)
        long, lat = draw.near(town, 1500)
        planted = date(1962, 11, 25) + timedelta(days=draw.number(0, 22_500))
        tall = round(height * draw.number(35, 115) / 100, 1)
        rare = draw.chance(4)
        rows.append([
            number, f"{long:.6f}", f"{lat:.6f}", family, genus, species, "", common, town.code, town.postcode,
            f"{draw.pick(STREETS)}", f"{town.code}-{number:05d}", planted, tall, round(tall * draw.number(20, 42) / 10),
            draw.pick(("Limoneux", "Calcaire", "Terre-pierre")), draw.pick(("Pivotant", "Traçant")),
            draw.pick(("Libre", "Rideau", "Tête de chat")), "Oui" if rare else "Non", "Oui" if rare else "Non",
            draw.pick(("", "Sol perméable", "Fosse de plantation étroite")), "", "Non", "", draw.number(0, 3),
            "Sujet suivi par le service des espaces verts" if rare else "",
        ])  # fmt: skip
    return rows


ADDRESSES_HEADER = (
    "id_ban_commune id_ban_toponyme id_ban_adresse cle_interop commune_insee commune_nom commune_deleguee_insee "
    "commune_deleguee_nom toponyme lieudit_complement_nom numero suffixe position x y long lat cad_parcelles source "
    "date_der_maj certification_commune"
).split()


def addresses(town: Town, streets: int, houses: int) -> list[list[Cell]]:
    """Return a local address base: `houses` numbers on each of `streets` streets."""
    draw = Draw(f"bal/{town.code}")
    rows: list[list[Cell]] = []
    for place, street in enumerate(STREETS[:streets]):
        long, lat = draw.near(town, 900)
        for step in range(1, houses + 1):
            house, suffix = (2 * step - 1, "") if step % 5 else (2 * step - 3, "bis")
            long, lat = round(long + 0.00021, 7), round(lat + draw.number(-9, 14) / 100_000, 7)
            x, y = lambert93(long, lat)
            key = f"{town.code}_{place + 100:04d}_{house:05d}" + (f"_{suffix}" if suffix else "")
            rows.append([
                stable_uuid(town.code), stable_uuid(f"{town.code}/{street}"), stable_uuid(key), key, town.code, town.name,
                "", "", street, "", house, suffix, "entrée", f"{x:.2f}", f"{y:.2f}", f"{long:.6f}", f"{lat:.6f}", "",
                town.title, date(2025, 9, 1) + timedelta(days=draw.number(0, 300)), "1" if draw.chance(80) else "0",
            ])  # fmt: skip
    return rows

"""Daily life: first names given in the year, menus of school canteens."""

# ruff: noqa: E501, SIM905 - tables and lists of columns are read across.

from __future__ import annotations

import json
from datetime import date, timedelta

from sample_deposit.places import Draw, Town
from sample_deposit.writing import Cell

NAMES_HEADER = "COMMUNE_NOM COLL_INSEE ENFANT_SEXE ENFANT_PRENOM NOMBRE_OCCURRENCES ANNEE".split()
_GIRLS = (
    "Louise Jade Ambre Alba Emma Rose Alma Romy Alice Anna Lou Mia Inès Léa Juliette Agathe Iris Nina Chloé Zoé "
    "Jeanne Éléna Manon Camille Léonie Anaïs Maëlle Margaux Apolline Élise Anne-Lise Noémie Océane Héloïse"
).split()
_BOYS = (
    "Gabriel Raphaël Louis Noah Léo Jules Arthur Maël Adam Lucas Marceau Sacha Isaac Gaspard Éden Naël Tom Hugo Paul "
    "Nathan Eliott Ethan Victor Théo Malo Côme Augustin Robin Loïs Jean-Baptiste François Timothée Noé Clément"
).split()


def first_names(town: Town, years: range, count: int) -> list[list[Cell]]:
    """Return the first names given at least `3` times, most given first, `count` of each sex and year."""
    rows: list[list[Cell]] = []
    for year in years:
        for sex, names in (("F", _GIRLS), ("M", _BOYS)):
            draw = Draw(f"prenoms/{town.code}/{year}/{sex}")
            order = [draw.number(0, 10**9) for _ in names]
            chosen = [name for _, name in sorted(zip(order, names, strict=True))][:count]
            times = sorted((draw.number(3, 6 + 2 * (town.seats // 15) ** 2) for _ in chosen), reverse=True)
            rows += [
                [town.name, town.code, sex, name, many, str(year)] for name, many in zip(chosen, times, strict=True)
            ]
    return rows


MENUS_HEADER = (
    "menuCollNom menuCollSiret menuEtablissementNom menuEtablissementSiret menuRestaurantNom menuRestaurantInsee "
    "menuRestaurantId menuRestaurantIdType menuRestaurantType menuRestaurantConvive menuDate menuRepasType menuPlatType "
    "menuPlatNom menuPlatCode menuPlatSiqo menuPlatLabel menuPlatPrecision menuPlatRegime menuPlatAllergene "
    "menuPlatTexture menuPlatNutriscore menuPlatPrix menuPublicationDate menuModificationDate menuModificationInfo"
).split()
_BIO, _AOP, _RED = "agriculture biologique", "appellation d'origine protégée", "label rouge"
# Name, quality signs, diets, allergens.
_DISHES: dict[str, tuple[tuple[str, list[str], list[str], list[str]], ...]] = {
    "entrée": (
        ("Velouté de potimarron", [_BIO], ["végétarien"], ["lait"]),
        ("Carottes râpées au citron", [_BIO], ["végétarien"], []),
        ("Salade de lentilles aux noisettes", [], ["végétarien"], ["fruits à coques", "moutarde"]),
        ("Betteraves à la ciboulette", [], ["végétarien"], ["moutarde"]),
        ("Céleri rémoulade", [], ["végétarien"], ["céleri", "oeufs", "moutarde"]),
    ),
    "plat principal": (
        ("Diots aux crozets", [], [], ["céréales contenant du gluten", "lait"]),
        ("Gratin de polenta aux champignons", [_BIO], ["végétarien"], ["lait"]),
        ("Sauté de dinde à la moutarde", [_RED], [], ["moutarde", "lait"]),
        ("Filet de truite sauce citron", [], [], ["poissons", "lait"]),
        ("Lasagnes d’épinards", [], ["végétarien"], ["céréales contenant du gluten", "lait"]),
        ("Omelette aux fines herbes", [_BIO], ["végétarien"], ["oeufs"]),
    ),
    "garniture": (
        ("Haricots verts persillés", [], ["végétarien"], []),
        ("Purée de pommes de terre", [_BIO], ["végétarien"], ["lait"]),
        ("Fondue de poireaux", [], ["végétarien"], ["lait"]),
    ),
    "produit laitier": (
        ("Tome des Bauges", [_AOP], ["végétarien"], ["lait"]),
        ("Beaufort", [_AOP], ["végétarien"], ["lait"]),
        ("Yaourt nature de la ferme", [_BIO], ["végétarien"], ["lait"]),
        ("Reblochon", [_AOP], ["végétarien"], ["lait"]),
    ),
    "dessert": (
        ("Poire de Savoie", ["indication géographique protégée"], ["végétarien"], []),
        ("Compote de pommes", [_BIO], ["végétarien", "sans sucre ajouté"], []),
        ("Gâteau de Savoie", [], ["végétarien"], ["oeufs", "céréales contenant du gluten"]),
        ("Clémentines", [], ["végétarien"], []),
    ),
}


def menus(town: Town, first_day: date, days: int, *, canteen: str) -> list[list[Cell]]:
    """Return the dishes of a canteen on the school days (no Wednesday, no week-end) from `first_day` on."""
    draw = Draw(f"menus/{town.code}/{first_day}")
    published = f"{first_day - timedelta(days=10)}T09:30:00Z"
    rows: list[list[Cell]] = []
    day = first_day
    while days:
        if day.weekday() in (0, 1, 3, 4):
            days -= 1
            for kind, dishes in _DISHES.items():
                name, signs, diets, allergens = draw.pick(dishes)
                rows.append([
                    town.title, town.siret, f"Restauration scolaire {town.name}", town.siret, canteen, town.code, "",
                    "sans", "élémentaire", "élémentaire", day, "déjeuner", kind, name, "",
                    _list(signs), "", "Menu savoyard" if "Diots" in name else "", _list(diets), _list(allergens),
                    _list(["sans texture modifiée"]), draw.pick("ABC"), "", published, "", "",
                ])  # fmt: skip
        day += timedelta(days=1)
    return rows


def _list(values: list[str]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""

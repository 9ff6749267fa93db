"""The files that can be published as they are, in all the shapes that town halls send."""

from __future__ import annotations

from datetime import date

from sample_deposit import deliberations as acts
from sample_deposit import families, finances, mobility, spots
from sample_deposit.places import AGGLOMERATION, AGGLOMERATION_SIREN, TOWNS, Town
from sample_deposit.writing import Cell, csv_bytes, ods_bytes, reordered, without, xls_bytes, xlsx_bytes


def valid_files() -> dict[str, bytes]:
    """Return the content of each file by its path in the deposit."""
    return {**_agglomeration(), **_chambery(), **_large_towns(), **_small_towns()}


def _agglomeration() -> dict[str, bytes]:
    owner = mobility.AGGLOMERATION_PLACES
    valley = mobility.members("73065", "73179", "73213", "73087", "73222", "73064", "73029", "73031", "73225", "73288")
    bauges = mobility.members("73081", "73146", "73004", "73098", "73326", "73249", "73179", "73294")
    bikes = mobility.members("73065", "73179", "73213", "73087", "73031")
    return {
        "200069110/deliberations-2025.csv": csv_bytes(acts.HEADER, acts.agglomeration_deliberations(2025, 70)),
        "200069110/irve-grand-chambery.csv": csv_bytes(
            mobility.CHARGING_HEADER, mobility.charging_points(valley, *owner), encoding="utf-8-sig"
        ),
        "200069110/Aires de covoiturage.csv": csv_bytes(
            mobility.POOLING_HEADER,
            mobility.car_pooling(bauges, AGGLOMERATION_SIREN, AGGLOMERATION),
            delimiter=";",
            encoding="cp1252",
            newline="\r\n",
        ),
        "200069110/stationnement-velo.csv": csv_bytes(
            mobility.CYCLES_HEADER, mobility.cycle_parking(bikes, 7, "Relevé de terrain 2026", AGGLOMERATION)
        ),
        "200069110/fonds-de-concours-subventions-2025.csv": csv_bytes(
            finances.SUBVENTIONS_HEADER,
            finances.support_funds(2025, 18),
            delimiter=";",
            encoding="utf-8-sig",
            newline="\r\n",
        ),
        "200069110/hautes-remunerations.csv": csv_bytes(
            finances.SALARIES_HEADER, finances.agglomeration_salaries(range(2022, 2026)), delimiter=";"
        ),
        "200069110/catalogue.csv": csv_bytes(mobility.CATALOGUE_HEADER, mobility.catalogue(), quote_all=True),
    }


def _chambery() -> dict[str, bytes]:
    town = TOWNS["73065"]
    budget = finances.budget(town, 2026, 92_400_000, 38_600_000)
    return {
        "73065/deliberations-2023.csv": csv_bytes(
            acts.HEADER, acts.deliberations(town, 2023, 60), delimiter=";", encoding="cp1252", newline="\r\n"
        ),
        "73065/deliberations-2024.csv": csv_bytes(
            acts.HEADER, acts.deliberations(town, 2024, 64), delimiter=";", encoding="utf-8-sig", newline="\r\n"
        ),
        "73065/deliberations-2025.csv": csv_bytes(acts.HEADER, acts.deliberations(town, 2025, 66)),
        "73065/subventions-2024.csv": csv_bytes(
            finances.SUBVENTIONS_HEADER, finances.subventions(town, 2024, 18), delimiter=";", encoding="cp1252"
        ),
        "73065/Subventions versées 2025.xlsx": xlsx_bytes(
            finances.SUBVENTIONS_HEADER,
            finances.subventions(town, 2025, 18),
            numbers=["idAttribuant"],
            blank_rows=12,
        ),
        "73065/prenoms-2023-2025.csv": csv_bytes(
            families.NAMES_HEADER, families.first_names(town, range(2023, 2026), 24), delimiter=";"
        ),
        "73065/equipements.csv": csv_bytes(
            spots.EQUIPMENT_HEADER, spots.equipment(town, 34), delimiter=";", encoding="utf-8-sig", newline="\r\n"
        ),
        "73065/budget-primitif-2026.tsv": csv_bytes(finances.BUDGET_HEADER, budget, delimiter="\t"),
        "73065/stationnement.csv": csv_bytes(mobility.PARKING_HEADER, mobility.car_parks(town, 8, paying=True)),
        "73065/arbres-2026.csv": csv_bytes(spots.TREES_HEADER, spots.trees(town, 220)),
        "73065/dae.csv": csv_bytes(spots.DAE_HEADER, spots.defibrillators(town, 9), delimiter=";"),
        "73065/Dix plus hautes rémunérations.ods": ods_bytes(
            finances.SALARIES_HEADER, finances.town_salaries(town, range(2023, 2026))
        ),
        "73065/menus-novembre-2026.csv": csv_bytes(
            families.MENUS_HEADER,
            families.menus(town, date(2026, 11, 2), 16, canteen="École élémentaire du Granier"),
            delimiter=";",
            newline="\r\n",
        ),
    }


def _large_towns() -> dict[str, bytes]:
    motte, ravoire, cognin = TOWNS["73179"], TOWNS["73213"], TOWNS["73087"]
    leysse, challes, barberaz, bassens = TOWNS["73222"], TOWNS["73064"], TOWNS["73029"], TOWNS["73031"]
    shuffled = reordered(
        spots.TREES_HEADER, spots.trees(bassens, 60), ["nom_vernaculaire", "adresse", "id", "hauteur", "latitude"]
    )
    few_columns = without(
        finances.SUBVENTIONS_HEADER, finances.subventions(cognin, 2024, 11), ["idRAE", "dispositifAide"]
    )
    return {
        "73179-la-motte-servolex/Délibérations 2024.csv": csv_bytes(
            acts.HEADER, acts.deliberations(motte, 2024, 40), delimiter=";", encoding="cp1252", newline="\r\n"
        ),
        "73179-la-motte-servolex/Équipements communaux.xlsx": xlsx_bytes(
            spots.EQUIPMENT_HEADER, spots.equipment(motte, 18), numbers=["COLL_SIRET", "ADR_CODEPOSTAL"]
        ),
        "73179-la-motte-servolex/prenoms_2025.csv": csv_bytes(
            families.NAMES_HEADER, families.first_names(motte, range(2025, 2026), 12), encoding="utf-8-sig"
        ),
        "73179-la-motte-servolex/aire-covoiturage.csv": csv_bytes(
            mobility.POOLING_HEADER, mobility.car_pooling([motte] * 2, motte.siren, motte.title)
        ),
        "73213/Délibérations 2025.xlsx": xlsx_bytes(
            acts.HEADER,
            acts.deliberations(ravoire, 2025, 28),
            titles=["Commune de La Ravoire – registre des délibérations 2025", "Secrétariat général"],
        ),
        "73213/DAE.csv": csv_bytes(
            spots.DAE_HEADER, spots.defibrillators(ravoire, 6), delimiter=";", encoding="cp1252", newline="\r\n"
        ),
        "73213/stationnement vélos.ods": ods_bytes(
            mobility.CYCLES_HEADER,
            mobility.cycle_parking([ravoire], 9, "Services techniques", ravoire.title),
            blank_rows=40,
        ),
        "73087/subventions 2024.ods": ods_bytes(*few_columns),
        "73087/menus-cantine.csv": csv_bytes(
            families.MENUS_HEADER, families.menus(cognin, date(2026, 11, 16), 8, canteen="École de la Forgerie")
        ),
        # Their folder bears the SIREN, as a supplier of software would name it.
        "217302223/Prénoms 2025.xls": xls_bytes(
            families.NAMES_HEADER, families.first_names(leysse, range(2025, 2026), 10)
        ),
        # The software still exports the key of version 1.4.
        "217302223/bal_saint-alban-leysse.csv": csv_bytes(
            spots.ADDRESSES_HEADER, spots.addresses(leysse, 10, 9), delimiter=";"
        ),
        # Their folder bears the slug.
        "challes-les-eaux/equipements.csv": csv_bytes(
            spots.EQUIPMENT_HEADER, spots.equipment(challes, 14), blank_rows=6, delimiter=";", encoding="cp1252"
        ),
        "challes-les-eaux/stationnement.csv": csv_bytes(mobility.PARKING_HEADER, mobility.car_parks(challes, 5)),
        "73029/Budget primitif 2025.xlsx": xlsx_bytes(
            finances.BUDGET_HEADER, _amounts_as_numbers(finances.budget(barberaz, 2025, 5_180_000, 2_240_000))
        ),
        "73029/deliberations-2025.tsv": csv_bytes(
            acts.HEADER, acts.deliberations(barberaz, 2025, 24), delimiter="\t", encoding="utf-8-sig", newline="\r\n"
        ),
        "73031/arbres.csv": csv_bytes(*shuffled, delimiter=";"),
    }


def _small_towns() -> dict[str, bytes]:
    town = TOWNS
    multiline = [
        [
            *row[:6],
            f"{row[6]}.\nLe conseil, après en avoir délibéré, adopte ; le maire est chargé de l’exécution.",
            *row[7:],
        ]
        for row in acts.deliberations(town["73249"], 2025, 14)
    ]
    return {
        "73137/menus novembre.csv": csv_bytes(
            families.MENUS_HEADER,
            families.menus(town["73137"], date(2026, 11, 2), 8, canteen="École de la Chapelle"),
            delimiter=";",
            encoding="cp1252",
        ),
        "73030/subventions-2025.csv": csv_bytes(
            finances.SUBVENTIONS_HEADER, finances.subventions(town["73030"], 2025, 9), delimiter=";", quote_all=True
        ),
        "73225/BAL_73225.csv": csv_bytes(*_addresses(town["73225"], 8, 8), delimiter=";", encoding="utf-8-sig"),
        "73326/deliberations-2024.csv": csv_bytes(
            acts.HEADER, acts.deliberations(town["73326"], 2024, 18), delimiter=";", encoding="cp1252", blank_rows=15
        ),
        "73288/equipements.csv": csv_bytes(spots.EQUIPMENT_HEADER, spots.equipment(town["73288"], 8)),
        "73249/Délibérations 2025 – texte complet.csv": csv_bytes(
            acts.HEADER, multiline, delimiter=";", encoding="cp1252", newline="\r\n", quote_all=True
        ),
        "73243/bal-saint-jean-d'arvey.csv": csv_bytes(*_addresses(town["73243"], 7, 6), delimiter=";"),
        "73243/deliberations_2026.csv": csv_bytes(
            acts.HEADER, acts.deliberations(town["73243"], 2026, 12, last_month=10), delimiter=";"
        ),
        "73098/Équipements.ods": ods_bytes(spots.EQUIPMENT_HEADER, spots.equipment(town["73098"], 6)),
        "73098/parkings-stationnement.csv": csv_bytes(
            mobility.PARKING_HEADER, mobility.car_parks(town["73098"], 4), delimiter=";", encoding="utf-8-sig"
        ),
        "73146/deliberations-2025.csv": csv_bytes(
            acts.HEADER, acts.deliberations(town["73146"], 2025, 12), delimiter=";", newline="\r\n"
        ),
        "73081/délibérations 2025.csv": csv_bytes(
            acts.HEADER, acts.deliberations(town["73081"], 2025, 10), delimiter=";", encoding="cp1252"
        ),
        "73106/deliberations.xls": xls_bytes(acts.HEADER, acts.deliberations(town["73106"], 2025, 8)),
        "73139/bal.csv": csv_bytes(*_addresses(town["73139"], 5, 5), delimiter=";"),
        "73294/DAE La Thuile.csv": csv_bytes(
            spots.DAE_HEADER, spots.defibrillators(town["73294"], 2), delimiter=";", encoding="cp1252"
        ),
    }


def _addresses(town: Town, streets: int, houses: int) -> tuple[list[str], list[list[Cell]]]:
    """Return addresses in the columns of version 1.5, which has no `cle_interop` any more."""
    return without(spots.ADDRESSES_HEADER, spots.addresses(town, streets, houses), ["cle_interop"])


def _amounts_as_numbers(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Return the rows with numbers where a workbook has them."""
    return [[float(c) if isinstance(c, str) and c.endswith(".00") else c for c in row] for row in rows]

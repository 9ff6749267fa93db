"""The licences that a dataset may name, with the two that French law admits for public bodies first.

Identifiers are CKAN's, so that catalogues can be exchanged. Source: CKAN 2.12 `license_list`; Licence Ouverte 2.0
and ODbL: décret n° 2017-638, article D. 323-2-1 of the Code des relations entre le public et l'administration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class License:
    """A licence: `is_open` in the sense of the Open Definition."""

    id: str
    title: str
    url: str
    is_open: bool


_ALL = (
    License("lov2", "Licence Ouverte 2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/", True),
    License(
        "odc-odbl",
        "Open Data Commons Open Database License (ODbL)",
        "http://www.opendefinition.org/licenses/odc-odbl",
        True,
    ),
    License("notspecified", "License not specified", "", False),
    License(
        "odc-pddl",
        "Open Data Commons Public Domain Dedication and License (PDDL)",
        "http://www.opendefinition.org/licenses/odc-pddl",
        True,
    ),
    License("odc-by", "Open Data Commons Attribution License", "http://www.opendefinition.org/licenses/odc-by", True),
    License("cc-zero", "Creative Commons CCZero", "http://www.opendefinition.org/licenses/cc-zero", True),
    License("cc-by", "Creative Commons Attribution", "http://www.opendefinition.org/licenses/cc-by", True),
    License(
        "cc-by-sa", "Creative Commons Attribution Share-Alike", "http://www.opendefinition.org/licenses/cc-by-sa", True
    ),
    License("gfdl", "GNU Free Documentation License", "http://www.opendefinition.org/licenses/gfdl", True),
    License("other-open", "Other (Open)", "", True),
    License("other-pd", "Other (Public Domain)", "", True),
    License("other-at", "Other (Attribution)", "", True),
    License(
        "uk-ogl",
        "UK Open Government Licence (OGL)",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        True,
    ),
    License("cc-nc", "Creative Commons Non-Commercial (Any)", "http://creativecommons.org/licenses/by-nc/2.0/", False),
    License("other-nc", "Other (Non-Commercial)", "", False),
    License("other-closed", "Other (Not Open)", "", False),
    License("fr-lo", "Licence Ouverte 1.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/", True),
)

LICENSES: dict[str, License] = {entry.id: entry for entry in _ALL}

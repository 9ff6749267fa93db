"""Files that are published and rows that are written, as the tests of rows do it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.sites import Site

DELIBERATIONS = (
    "COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_OBJET,VOTE_EFFECTIF\n"
    "Aime,21730006500015,2024-01,2024-01-31,Budget primitif,15\n"
    "Aime,21730006500015,2024-02,2024-02-28,Tarifs de l’eau,14\n"
)


def publish(ckan: EmbeddedCKAN, dataset: str, content: str, **fields: Any) -> Any:
    file = ("fichier.csv", io.BytesIO(content.encode()))
    return ckan.call_action("resource_create", {"package_id": dataset, **fields}, {"upload": file})


def replace(ckan: EmbeddedCKAN, resource: str, content: str) -> Any:
    return ckan.call_action(
        "resource_patch", {"id": resource}, {"upload": ("fichier.csv", io.BytesIO(content.encode()))}
    )


def search(ckan: EmbeddedCKAN, resource: str, **parameters: Any) -> Any:
    return ckan.call_action("datastore_search", {"resource_id": resource, **parameters})


def types(answer: Any) -> dict[str, str]:
    return {field["id"]: field["type"] for field in answer["fields"]}


def written_files(site: Site) -> list[Path]:
    return [file for file in site.rows.folder.glob("written/*/*") if file.is_file()]


def new_rows(ckan: EmbeddedCKAN, dataset: str, **parameters: Any) -> str:
    made = ckan.call_action("datastore_create", {"resource": {"package_id": dataset}, **parameters})
    return str(made["resource_id"])

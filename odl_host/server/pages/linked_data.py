"""Datasets in schema.org's words, for search engines. Source: schema.org/Dataset, schema.org/DataDownload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from odl_host.server.pages.cards import DatasetCard
from odl_host.server.rendering.notes import excerpt

if TYPE_CHECKING:
    from odl_host.server.sites import Site


def linked_data(site: Site, card: DatasetCard) -> dict[str, Any]:
    """Return the dataset as JSON-LD; what is unknown is left out."""
    page = f"{site.url}/dataset/{card.name}"
    data: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": page,
        "name": card.title,
        "description": excerpt(card.notes, 4000) or card.title,
        "url": page,
        "identifier": card.id,
        "inLanguage": "fr",
        "isAccessibleForFree": True,
        "keywords": list(card.tags),
        "license": card.licence_url or card.licence,
        "dateCreated": card.created_iso,
        "dateModified": card.modified_iso,
        "includedInDataCatalog": {"@type": "DataCatalog", "name": site.title, "url": site.url},
        "distribution": [
            {
                "@type": "DataDownload",
                "name": file.name,
                "contentUrl": file.url,
                "encodingFormat": file.format,
                **({"contentSize": f"{file.size_bytes} B"} if file.size_bytes else {}),
            }
            for file in card.files
            if file.url
        ],
    }
    if card.member_name:
        address = f"{site.url}/organization/{card.member_name}"
        data["creator"] = data["publisher"] = {"@type": "Organization", "name": card.member_title, "url": address}
    return {key: value for key, value in data.items() if value not in ("", [])}

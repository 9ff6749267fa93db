"""A search of datasets answers as that of a real CKAN, in the process and over HTTP."""

from __future__ import annotations

import pytest

from odl_host.ckan import SearchError, SearchQueryError

from .conftest import ANONYMOUS, Catalogue, unique


class TestSearch:
    def test_a_write_is_seen_by_the_next_search(self, ckan: Catalogue) -> None:
        word = unique("mot").replace("-", "")
        dataset = ckan.new_dataset(title=f"Budget {word}")
        assert ckan.call("package_search", {"q": word})["count"] == 1
        ckan.call("package_patch", {"id": dataset["id"], "title": "Autre"})
        assert ckan.call("package_search", {"q": word})["count"] == 0

    def test_a_deleted_or_purged_dataset_is_not_found(self, ckan: Catalogue) -> None:
        word = unique("mot").replace("-", "")
        for removal in ("package_delete", "dataset_purge"):
            dataset = ckan.new_dataset(title=word)
            assert ckan.call("package_search", {"q": word})["count"] == 1
            ckan.call(removal, {"id": dataset["id"]})
            assert ckan.call("package_search", {"q": word})["count"] == 0

    def test_private_and_draft_ones_are_for_those_entitled_who_ask(self, ckan: Catalogue) -> None:
        member = ckan.new_user()
        organization = ckan.new_organization(users=[{"name": member.name, "capacity": "member"}])
        word = unique("mot").replace("-", "")
        ckan.new_dataset(organization["id"], title=word, private=True)
        ckan.new_dataset(organization["id"], title=word, state="draft")
        asked = {"q": word, "include_private": True}
        assert ckan.call("package_search", {"q": word})["count"] == 0
        assert ckan.call("package_search", asked, by=ANONYMOUS)["count"] == 0
        assert ckan.call("package_search", asked, by=member)["count"] == 1
        assert ckan.call("package_search", {**asked, "include_drafts": True})["count"] == 2

    def test_filters_facets_and_pages(self, ckan: Catalogue) -> None:
        organization = ckan.new_organization(title="Aime")
        for n in range(3):
            ckan.new_dataset(
                organization["id"],
                title=f"Titre {n}",
                tags=[{"name": "eau potable"}] if n else [],
                resources=[{"url": "http://example.org/a", "format": "csv"}],
            )
        asked = {
            "q": "*:*",
            "fq": f"organization:{organization['name']}",
            "facet.field": ["tags", "organization", "res_format"],
            "sort": "metadata_modified asc",
            "rows": 2,
        }
        page = ckan.call("package_search", asked)
        assert page["count"] == 3
        assert [entry["title"] for entry in page["results"]] == ["Titre 0", "Titre 1"]
        assert page["facets"]["tags"] == {"eau potable": 2}
        assert page["facets"]["res_format"] == {"CSV": 3}
        items = page["search_facets"]["organization"]["items"]
        assert items == [{"count": 3, "display_name": "Aime", "name": organization["name"]}]
        rest = ckan.call("package_search", {**asked, "start": 2})
        assert [entry["title"] for entry in rest["results"]] == ["Titre 2"]
        narrowed = ckan.call("package_search", {**asked, "fq_list": ['tags:"eau potable"']})
        assert narrowed["count"] == 2

    def test_unknown_parameters_and_sorts_without_direction_are_query_errors(self, ckan: Catalogue) -> None:
        for data in ({"couleur": "bleu"}, {"sort": "metadata_modified"}):
            with pytest.raises(SearchQueryError):
                ckan.call("package_search", data)

    def test_local_parameters_are_search_errors(self, ckan: Catalogue) -> None:
        for query in ("{!lucene}x", '_query_:"x"', '_val_:"x"'):
            with pytest.raises((SearchError, SearchQueryError)):
                ckan.call("package_search", {"q": query})

    def test_a_result_is_what_package_show_answers(self, ckan: Catalogue) -> None:
        word = unique("mot").replace("-", "")
        dataset = ckan.new_dataset(title=word, tag_string="routes", resources=[{"url": "http://example.org/a"}])
        found = ckan.call("package_search", {"q": word})["results"][0]
        assert found == ckan.call("package_show", {"id": dataset["id"]})

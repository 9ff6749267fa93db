"""What a catalogue says of itself: its version, its additions, its licences and the help of its actions."""

from __future__ import annotations

import pytest

from odl_host.ckan import BadRequest, NotFound

from .conftest import ANONYMOUS, Catalogue


class TestStatus:
    def test_status_names_the_version_and_the_site(self, ckan: Catalogue) -> None:
        status = ckan.call("status_show", by=ANONYMOUS)
        assert status["ckan_version"].startswith("2.")
        assert {"site_title", "site_url", "extensions", "locale_default"} <= set(status)

    def test_help_is_the_documentation_of_the_action(self, ckan: Catalogue) -> None:
        assert "dataset" in ckan.call("help_show", {"name": "package_show"}, by=ANONYMOUS)

    def test_help_of_an_unknown_action_is_not_found(self, ckan: Catalogue) -> None:
        with pytest.raises(NotFound):
            ckan.call("help_show", {"name": "no_such_action"})

    def test_an_unknown_action_is_a_bad_request(self, ckan: Catalogue) -> None:
        with pytest.raises(BadRequest, match="no_such_action"):
            ckan.call("no_such_action")

    def test_our_additions_are_announced(self, ours: Catalogue) -> None:
        assert "odl_original" in ours.call("status_show")["extensions"]

    def test_licences_include_the_two_of_french_law(self, ours: Catalogue) -> None:
        assert {"lov2", "odc-odbl"} <= {entry["id"] for entry in ours.call("license_list")}

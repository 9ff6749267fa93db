from __future__ import annotations

import requests

from .conftest import OverHttp, Server, unique


def test_search_boxes_are_answered_in_ckans_wrapping(server: Server, token: str) -> None:
    ckan = OverHttp(server.url, token)
    word = unique("mot")
    organization = ckan.new_organization(title=f"La {word}")
    dataset = ckan.new_dataset(
        organization["id"],
        title=f"Titre {word}",
        tag_string=word,
        resources=[{"url": "http://x.org/a", "format": word}],
    )
    user = ckan.new_user()

    def ask(path: str, **query: str) -> object:
        answer = requests.get(f"{server.url}/api/{path}", params=query, timeout=60)
        assert answer.status_code == 200
        return answer.json()

    shown_as = f"Titre {word} ({dataset['name']})"
    found = {"match_displayed": shown_as, "match_field": "title", "name": dataset["name"]}
    assert ask("2/util/dataset/autocomplete", incomplete=word) == {
        "ResultSet": {"Result": [found | {"title": f"Titre {word}"}]}
    }
    assert ask("util/tag/autocomplete", incomplete=word) == {"ResultSet": {"Result": [{"Name": word}]}}
    assert ask("util/resource/format_autocomplete", incomplete=word) == {"ResultSet": {"Result": [{"Format": word}]}}
    shown = {key: organization[key] for key in ("id", "name", "title")}
    assert ask("util/organization/autocomplete", q=word) == [shown]
    assert ask("1/util/group/autocomplete", q=word) == []
    assert [each["name"] for each in ask("util/user/autocomplete", q=user.name)] == [user.name]  # type: ignore[attr-defined]
    assert ask("util/user/autocomplete") == []
    assert ask("3/") == {"version": 3}
    assert ask("") == {"version": 1}

"""The portal's languages: every sentence has its English, and nothing of a template escapes translation."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import Environment, nodes

import odl_host.server.rendering
from odl_host.ckan_values import LANGUAGES
from odl_host.server.rendering.drawing import render
from odl_host.server.rendering.languages import SOURCE, get_language
from odl_host.server.rendering.sentences import SpeakingEnvironment
from tests.sites import site_in

TEMPLATES = sorted((Path(odl_host.server.rendering.__file__).parent / "templates").iterdir())
SCRIPT = Path(__file__).resolve().parents[4] / "scripts" / "update_portal_words.py"
OTHERS = [code for code in LANGUAGES if code != SOURCE]
KEPT_FRENCH = {
    "app.py",  # where no site is found, no language is known
    "datastore/lexemes.py",  # words of texts that are searched, as in:
    "search/analysis.py",
    "rendering/vocabulary.py",  # its tables are read as a whole
}
SAID_BY = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    if not SCRIPT.exists():
        pytest.skip("scripts/ is not part of an installed package")
    spec = importlib.util.spec_from_file_location("update_portal_words", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_has_its_translation(script: ModuleType, code: str) -> None:
    catalogue, _ = script.catalogue(code)
    forms = {message.id: message.string for message in catalogue if message.id}
    missing = [said for said, form in forms.items() if not form or (isinstance(form, tuple) and not all(form))]
    assert not missing, "run `python scripts/update_portal_words.py`, then write what stands empty"


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_kept_that_nobody_says_any_more(script: ModuleType, code: str) -> None:
    catalogue, path = script.catalogue(code)
    assert path.read_bytes() == script.written(catalogue), "run `python scripts/update_portal_words.py`"


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_asks_for_the_values_and_the_tags_that_its_sentence_has(script: ModuleType, code: str) -> None:
    catalogue, _ = script.catalogue(code)
    assert [(message.id, errors) for message, errors in catalogue.check()] == []
    for message in catalogue:
        for text in [message.string] if isinstance(message.string, str) else message.string:
            links = re.findall(r'href="([^"]*)"', text)
            assert links == re.findall(r'href="([^"]*)"', str(message.id)), message.id
            assert [text.count(f"<{tag}>") for tag in ("strong", "em", "code")] == [
                text.count(f"</{tag}>") for tag in ("strong", "em", "code")
            ], message.id


def environment() -> Environment:
    return Environment(extensions=["jinja2.ext.i18n"])


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_what_a_template_shows_as_a_sentence_is_written_in_it(template: Path) -> None:
    """A translation is shown as markup: what publishers write must not pass for one."""
    for call in environment().parse(template.read_text("utf-8")).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in SAID_BY:
            sentences = call.args[: 1 + call.node.name.startswith("n")]
            assert all(isinstance(argument, nodes.Const) for argument in sentences), call.lineno


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_link_of_the_portal_keeps_the_language(template: Path) -> None:
    assert not re.findall(r'(?:href|action)="/[^"]*"', template.read_text("utf-8")), "begin it with {{ root }}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_words_of_a_template_are_out_of_reach_of_translation(template: Path) -> None:
    shown = "".join(untranslated(template.read_text("utf-8")))
    for kept in ("script", "style", "code", "svg"):
        shown = re.sub(rf"<{kept}\b.*?</{kept}>", "", shown, flags=re.DOTALL)
    shown = re.sub(r"<!doctype[^>]*>|<\?.*?\?>", "", shown)
    told = re.findall(r'(?:alt|title|placeholder|aria-label)="([^"]*)"', shown)
    read = re.sub(r"<[^>]*>|&\w+;|1?/[\w/]*", " ", shown)
    assert not re.findall(r"[^\W\d_]{2,}", " ".join([read, *told]))


def untranslated(source: str) -> Iterator[str]:
    """Yield the text of a template outside its sentences; a place stands for each expression."""
    statement, is_sentence = list[str](), False
    for _, kind, value in environment().lex(source):
        if kind == "block_begin":
            statement = []
        elif kind == "block_end":
            is_sentence = statement[0] == "trans" or (is_sentence and statement[0] != "endtrans")
        elif kind == "variable_begin":
            yield "1"
        elif kind == "data" and not is_sentence:
            yield value
        elif kind == "name":
            statement.append(value)


def test_no_french_of_a_module_is_out_of_reach_of_translation(script: ModuleType) -> None:
    found = {}
    for path in script.SERVER.rglob("*.py"):
        if path.relative_to(script.SERVER).as_posix() in KEPT_FRENCH:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        marked = {
            id(part)
            for node in ast.walk(tree)
            if (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in script.KEYWORDS)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))  # a docstring
            for part in ast.walk(node)
        }
        for node in ast.walk(tree):
            is_unmarked = isinstance(node, ast.Constant) and id(node) not in marked
            if is_unmarked and re.search("[éèêàçùôîûÉÀÈ’]", str(node.value)):
                found[node.value] = f"{path.name}:{node.lineno}"
    assert not found, "say it by `language.say`, or mark it as `french(…)`"


def test_sentences_are_said_in_the_language_of_a_template_and_values_are_escaped() -> None:
    source = """{{ _("Accueil") }} {% trans %}Un em dash&nbsp;: 100 %{% endtrans %}
{% trans title=name %}Données ouvertes : {{ title }}{% endtrans %}"""
    for code, home, opened in (("fr", "Accueil", "Données ouvertes : "), ("en", "Home", "Open data: ")):
        template = SpeakingEnvironment(get_language(code), autoescape=True).from_string(source)
        assert template.render(name="<b>%s") == f"{home} Un em dash&nbsp;: 100 %\n{opened}&lt;b&gt;%s"


def test_a_sentence_without_words_stays_without() -> None:
    assert [get_language(code).say("") for code in LANGUAGES] == [""] * len(LANGUAGES)


def test_no_other_language_is_known() -> None:
    with pytest.raises(KeyError):
        get_language("../fr")


@pytest.mark.parametrize(
    ("code", "subject", "words"),
    [
        ("fr", "Votre compte sur Essai", "vous êtes éditeur de"),
        ("en", "Your account on Essai", "Your role in “Aime”: editor"),
    ],
)
def test_a_letter_speaks_the_language_of_the_portal(tmp_path: Path, code: str, subject: str, words: str) -> None:
    sent: list[tuple[str, str, str]] = []

    def post(to: str, title: str, text: str) -> None:
        sent.append((to, title, text))

    site = site_in(tmp_path, settings={"ckan.locale_default": code}, post=post)
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime", "title": "Aime"})
    ckan.call_action("user_invite", {"email": "a@example.org", "group_id": "aime", "role": "editor"})
    ((to, title, text),) = sent
    assert (to, title) == ("a@example.org", subject)
    assert words in text
    site.close()


@pytest.mark.parametrize(
    ("code", "count", "words"),
    [
        ("fr", 1, "une activité est nouvelle"),
        ("fr", 0, "une activité est nouvelle"),
        ("fr", 3, "3 activités sont nouvelles"),
        ("en", 1, "there is one new activity"),
        ("en", 3, "there are 3 new activities"),
    ],
)
def test_a_letter_counts_as_its_language_does(tmp_path: Path, code: str, count: int, words: str) -> None:
    site = site_in(tmp_path, settings={"ckan.locale_default": code})
    text = render("activities.txt", site, {"count": count, "datasets": [("a", "L’eau & l’air"), ("b", "B")], "most": 1})
    assert words in text
    assert "- L’eau & l’air\n  http://portail.example.org/dataset/a\n- " in text
    site.close()

"""`--lang fr`: every help page, every error and every hint has its French, and nothing of it is loaded for English."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import odl_host
import odl_host.errors as errors
from odl_host.cli.call import App
from odl_host.cli.commands import call as call_line
from odl_host.cli.commands import cli
from odl_host.cli.french import help_in_french, in_french, remarks_in_french
from odl_host.cli.french.errors import TEMPLATES
from odl_host.cli.french.helps import HELPS
from odl_host.cli.french.settings import MEANINGS
from odl_host.cli.labels import counts_of, held_for, titles, word
from odl_host.config import SETTINGS
from odl_host.pipeline.runs.outcomes import OUTCOMES

PACKAGE = Path(odl_host.__file__).parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.OdlError) and name != "OdlError"
} | {"OdlError"}
# What speaks to clients of the API rather than to who types a command: CKAN's English is part of the protocol.
OTHERS_WORDS = ("server", "demo")
# The same, raised from the command line's side: what a CKAN answers is quoted.
NOT_SENTENCES = {"-t {}", "odl-host quarantine list --all", "odl-host history {} shows them."}


def texts(node: ast.expr | None, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Give the sentences that an expression may be, `{}` where a value stands."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.BinOp(left=left, right=right):
            yield from (a + b for a in list(texts(left, names)) or ["{}"] for b in list(texts(right, names)) or ["{}"])
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one, names), *texts(other, names))
        case ast.BoolOp(values=values):
            for value in values:
                yield from texts(value, names)
        case ast.Name(id=name):
            for value in names.get(name, []):
                yield from texts(value, {})
        case _:
            pass


def sentences_of(path: Path) -> Iterator[str]:
    """Give every message and hint that a module raises."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = assigned(tree.body)
    for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        names = {**constants, **assigned(ast.walk(function))}
        for call in (one for one in ast.walk(function) if isinstance(one, ast.Call)):
            named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if named not in ERRORS and not (named == "error" and len(call.args) == 2):
                continue
            for message in call.args[:1] if named in ERRORS else call.args[1:]:
                yield from texts(message, names)
            for hint in (one.value for one in call.keywords if one.arg == "hint"):
                yield from texts(hint, names)


def assigned(nodes: object) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:  # type: ignore[attr-defined]  # a list or a walk
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def is_sentence(text: str) -> bool:
    """Tell whether there is anything to translate; what town halls read is French already."""
    letters = any(char in string.ascii_letters for char in text.replace("{}", ""))
    return letters and not re.search(r"\b(?:le|la|les|est|était|une)\b", text)


def raised() -> dict[str, str]:
    """Return every sentence that a command may end with, and where it is written."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in OTHERS_WORDS:
            found |= {text: str(path.relative_to(PACKAGE)) for text in sentences_of(path) if is_sentence(text)}
    for name in ERRORS:
        kind = getattr(errors, name)
        found[kind.__doc__.split("\n")[0]] = "errors.py"
        found[kind.default_hint] = "errors.py"
    return found


def test_every_error_and_every_hint_of_a_command_has_its_french() -> None:
    missing = {
        text: where
        for text, where in raised().items()
        if text not in NOT_SENTENCES and in_french(text.replace("{}", "Xyz")) == text.replace("{}", "Xyz")
    }
    assert not missing


def test_no_sentence_is_kept_that_is_not_raised_any_more() -> None:
    texts = set(raised())
    aside = {text for text in TEMPLATES if text not in texts}
    # Put together from parts, or quoted from another sentence: (found by hand, each is raised somewhere).
    put_together = {
        *("{} answers 404 {}.", "Standard input is larger than {} MB.", "{}: cannot {}: there is no such bucket."),
        *("The report {} cannot be written: {}.", "The workbook {} cannot be written: {}."),
        "No commune has the INSEE code {} in {}.",
        *("{}: there is no département {}", "The search index in {} cannot be written: {}."),
        "Check the free space and the rights of that folder, then run the same command again.",
        errors.CERTIFICATE_HINT,
        "The user “{}” is no administrator: the portal's own commands cannot act as that person.",
        "Let ckan.site_id in the manifest's [ckan] table name nobody.",
        *("{} has another content", "{} is new", "{} is gone", "and {} more"),
        "the dataset {} changed in the catalogue",
        "It is online with its errors, and the policy is strict now: odl-host takedown {} takes it off.",
    }
    assert not aside - put_together


@pytest.mark.parametrize(("template", "french"), TEMPLATES.items())
def test_the_french_has_every_value_that_the_english_has(template: str, french: str) -> None:
    if "{}" in template:
        places = {name for _, name, _, _ in string.Formatter().parse(french) if name is not None}
        assert places <= {str(place) for place in range(template.count("{}"))}
    assert "'" not in french.replace("''", "").replace("'odl-host[", "").replace("]'", "")


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{context.command_path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, click.Context(command, info_name=name, parent=context))


def pages(language: str) -> dict[str, str]:
    """Return every help page, by its command."""
    root = click.Context(cli, info_name="odl-host", obj=App(["--lang", language]))
    found = {"odl-host": cli.get_help(root)}
    for path, command in commands(cli, root):
        context = click.Context(command, info_name=path.removeprefix("odl-host "), parent=root)
        found[path] = command.get_help(context)
    return found


def test_every_help_page_is_french_from_the_first_line_to_the_last() -> None:
    english = pages("en")
    for path, page in pages("fr").items():
        assert page.startswith("Utilisation"), path
        kept = set(page.split("Exemples")[0].splitlines()) & set(english[path].split("Examples")[0].splitlines())
        # Names and values alone may be the same: no line with three words in a row.
        alike = [line for line in kept if len([word for word in line.split() if word.isalpha() and word.islower()]) > 2]
        assert not alike, path
        for mark in ("[default", "[required", "INTEGER", "Show ", "COMMAND ", "Usage:"):
            assert mark not in page.split("Exemples")[0], (path, mark)


def test_no_help_is_kept_that_no_command_says_any_more() -> None:
    said = set()
    root = click.Context(cli, info_name="odl-host", obj=App())
    for text in [*(help_ for _, help_ in cli._lazy.values()), cli.help or "", *helps(root)]:
        said |= {" ".join(one.split()) for one in text.split("\n\n")}
    assert set(HELPS) - said == set()


def helps(root: click.Context) -> Iterator[str]:
    for command in [cli, *(one for _, one in commands(cli, root))]:
        yield "\n".join(line.strip() for line in (command.help or "").splitlines())
        yield from (param.help for param in command.params if isinstance(param, click.Option) and param.help)


def test_the_language_may_stand_anywhere_and_the_last_one_given_wins() -> None:
    assert App(["publish", "--help", "--lang", "fr"]).language == "fr"
    assert App(["--lang=fr", "publish"]).language == "fr"
    assert App(["--lang", "fr", "publish", "--lang", "en"]).language == "en"


def test_a_cause_inside_a_sentence_is_french_too() -> None:
    assert in_french("x.csv cannot be read: Permission denied.") == "x.csv ne peut pas être lu (accès refusé)."
    assert in_french("Left for the next run, since the catalogue stopped answering. Run: odl-host provision") == (
        "Laissé au prochain passage, car le catalogue ne répond plus. Lancez : odl-host provision"
    )
    assert help_in_french("Never heard of.") == "Never heard of."


def test_a_remark_of_a_run_is_french_with_its_hint() -> None:
    full = "The report on 73065/a.csv was not written. The report r/a.html cannot be written: No space left on device."
    assert remarks_in_french(full) == (
        "Le rapport sur 73065/a.csv n’a pas été écrit. Le rapport r/a.html ne peut pas être écrit "
        "(plus de place sur le disque)."
    )
    refused = "The SMTP server mail.example.org refused or does not answer (OSError: Connection refused)."
    hint = "Check smtp_host, smtp_port, smtp_security and smtp_user; the letters are due again after the next run."
    said = remarks_in_french(f"{refused} {hint}")
    assert "Vérifiez" in said and "refused" not in said


def test_what_a_catalogue_refuses_is_told_in_french_field_by_field() -> None:
    refused = (
        "user_create: name: That login name is not available; "
        "email: The email address 'a@b.fr' belongs to a registered user."
    )
    assert in_french(refused) == (
        "user_create : name : ce nom d’utilisateur est déjà pris ; "
        "email : l’adresse « a@b.fr » est celle d’un autre utilisateur."
    )
    assert in_french("user_create: name: Never heard of") == "user_create : name : Never heard of."


def test_every_setting_says_in_french_what_it_means() -> None:
    assert {one.help for one in SETTINGS.values()} == MEANINGS.keys()


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    assert "validate" in str(call_line(["validat"], App([])))
    assert "template" in str(call_line(["schema", "templat"], App([])))
    assert (
        in_french(str(call_line(["validat"], App([])))) == "La commande validat n’existe pas. Vouliez-vous validate ?"
    )


def test_every_outcome_and_every_title_of_a_table_has_its_french() -> None:
    french, english = App(["--lang", "fr"]), App(["--lang", "en"])
    assert titles(french, ["published", "kept out"]) == ["publiés", "écartés"]
    assert titles(english, ["published", "kept out"]) == ["published", "kept out"]
    assert {word(french, outcome) for outcome in OUTCOMES}.isdisjoint(OUTCOMES)
    assert counts_of(french, {"published": 1, "rejected": 2, "removed": 0}) == "1 publié, 2 rejetés"
    assert held_for(french, "personal-data/email/contact") == "données personnelles (email/contact)"
    assert held_for(english, "personal-data/email/contact") == "personal-data/email/contact"
    headers = {
        text
        for path in (PACKAGE / "cli").glob("*.py")
        for listed in re.findall(r"titles\(app, \[(.+?)\]\)", path.read_text("utf-8"))
        for text in re.findall(r'"(.+?)"', listed)
    }
    same = {"code", "action", "version", "source", "id"}  # the same word in both languages
    assert {text for text in headers - same if word(french, text) == text} == set()


def test_english_loads_no_french() -> None:
    code = "import sys; from odl_host.cli.main import main; main(['publish', '--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"LANG": "C"})
    assert "odl_host.cli.french" not in done.stdout


def test_each_reason_why_a_plan_is_no_longer_true_has_its_french() -> None:
    said = "The plan is no longer what would be done: a.csv has another content; b c.csv is new; and 3 more."
    assert in_french(said) == (
        "Le plan n’est plus ce qui serait fait : a.csv a un autre contenu ; b c.csv est nouveau ; et 3 de plus."
    )

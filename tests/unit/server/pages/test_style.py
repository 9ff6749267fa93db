"""The style sheet: contrasts, its size, and a rule for every class."""

from __future__ import annotations

import re
from importlib import resources

import pytest


def _style() -> str:
    return (resources.files("odl_host.server.rendering") / "static" / "portal.css").read_text()


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", block))


def _luminance(colour: str) -> float:
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_text_and_background_has_a_contrast_of_4_5(theme: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", _style(), re.DOTALL)
    assert len(blocks) == 2
    tokens = _tokens(blocks[0]) | (_tokens(blocks[1]) if theme == "dark" else {})
    grounds = ("bg", "surface", "sunk")
    pairs = [(text, ground) for text in ("ink", "soft", "link", "link-hover", "mark") for ground in grounds]
    pairs += [("on-accent", "accent"), ("on-accent-soft", "accent"), ("ok", "ok-bg")]
    for text, ground in pairs:
        light, dark = sorted((_luminance(tokens[text]), _luminance(tokens[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
    # A focus mark is no text: 3 is the rule.
    light, dark = sorted((_luminance(tokens["focus"]), _luminance(tokens["bg"])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_the_style_sheet_is_small_and_loads_nothing_from_elsewhere() -> None:
    style = _style()
    assert len(style.encode()) <= 15_000
    assert re.findall(r"url\(([^)]*)\)", style) == ["relief.svg"]
    assert "@import" not in style


def test_every_class_of_the_templates_is_styled_or_none() -> None:
    style = _style()
    used = set()
    for template in (resources.files("odl_host.server.rendering") / "templates").iterdir():
        text = re.sub(r"\{[{%].*?[%}]\}", " ", template.read_text())
        used |= {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}
    assert [name for name in sorted(used) if f".{name}" not in style] == []

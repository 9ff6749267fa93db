"""How the reports say numbers, places and lists in French. What is wrong with a cell is said by `schemas.messages`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from odl_host.typography import NARROW, SPACE


def number(value: int) -> str:
    """Write a whole number as it is read in French.

    >>> number(18719).replace(NARROW, "_")
    '18_719'
    """
    return f"{value:,}".replace(",", NARROW)


def counted(count: int, one: str, many: str) -> str:
    """Write a number with its noun.

    >>> counted(0, "case", "cases"), counted(1, "case", "cases"), counted(2, "case", "cases")
    ('0 case', '1 case', '2 cases')
    """
    return f"{number(count)} {one if count < 2 else many}"


def listed(items: Sequence[str]) -> str:
    """Write a list in a sentence.

    >>> listed(["A"]), listed(["A", "B", "C"])
    ('A', 'A, B et C')
    """
    return " et ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def some(items: Sequence[str], shown: int) -> str:
    """Write the first of a list in a sentence, and how many more there are.

    >>> some(["A", "B"], 2), some(["A", "B", "C", "D"], 2)
    ('A et B', 'A, B et 2 autres')
    """
    rest = len(items) - shown
    return listed([*items[:shown], counted(rest, "autre", "autres")] if rest > 0 else items) if items else ""


def ranges(lines: Iterable[int]) -> list[tuple[int, int]]:
    """Return the runs of following lines, in order.

    >>> ranges([5, 3, 4, 9])
    [(3, 5), (9, 9)]
    """
    found: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if found and line == found[-1][1] + 1:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return found


def spell_lines(lines: Iterable[int], total: int = 0, *, shown: int = 5) -> str:
    """Write where something is: at most `shown` runs of lines, then how many more of the `total`.

    Line numbers have no thousands space: a spreadsheet shows none.

    >>> spell_lines([4]), spell_lines([3, 4, 5, 9]), spell_lines([2, 3])
    ('ligne 4', 'lignes 3 à 5 et 9', 'lignes 2 et 3')
    >>> spell_lines([2, 4, 6, 8], 300, shown=2)
    'lignes 2, 4 et 298 autres'
    """
    unique = sorted(set(lines))
    total = max(total, len(unique))
    if not unique:
        return ""
    parts: list[str] = []
    said = 0
    for first, last in ranges(unique):
        if len(parts) >= shown:
            break
        if last - first == 1:
            parts += [str(first), str(last)]
        else:
            parts.append(str(first) if first == last else f"{first} à {last}")
        said += last - first + 1
    rest = total - said
    if rest:
        parts.append(counted(rest, "autre", "autres"))
    return f"{'ligne' if total == 1 else 'lignes'} {listed(parts)}"


def column_letter(position: int) -> str:
    """Return the letters that a spreadsheet shows above the column of this 1-based place.

    >>> column_letter(1), column_letter(26), column_letter(27), column_letter(703)
    ('A', 'Z', 'AA', 'AAA')
    """
    letters = ""
    while position > 0:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def unbroken(text: str) -> str:
    """Bind French double punctuation and quotation marks to their words, so that no line begins with them.

    >>> unbroken("Écrivez « a » : rien").replace(SPACE, "_")
    'Écrivez «_a_»_: rien'
    """
    for mark in (" »", " :", " ;", " !", " ?"):
        text = text.replace(mark, SPACE + mark[1])
    return text.replace("« ", f"«{SPACE}")


def printable(text: str) -> str:
    r"""Return a text without control characters: a line end as `⏎`, another one as `·`.

    >>> printable("a\nb\x1b[31m")
    'a⏎b·[31m'
    """
    return "".join(
        char if char.isprintable() or char in "\u00a0\u202f" else "⏎" if char == "\n" else "·" for char in text
    )


def quoted(text: str, limit: int = 80) -> str:
    r"""Write a cell's text between French quotation marks, its line ends as `⏎`, cut when it is long.

    >>> quoted("a\nb").replace(SPACE, "_")
    '«_a⏎b_»'
    """
    shown = printable(text)
    if len(shown) > limit:
        shown = shown[: limit - 1].rstrip() + "…"
    return f"«{SPACE}{shown}{SPACE}»"


_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905 - reads as the list it is
)


def day(value: date) -> str:
    """Write a day.

    >>> day(date(2024, 3, 1)), day(date(2024, 12, 31))
    ('1er mars 2024', '31 décembre 2024')
    """
    return f"{'1er' if value.day == 1 else value.day} {_MONTHS[value.month - 1]} {value.year}"

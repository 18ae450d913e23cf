"""How any device's text is taken apart: bounded lines, bounded numbers, tables by column name.

Decides nothing about what a text means. Everything here takes time in proportion to the text,
which is capped, and fails in one way only: `Unparsed`. Pure.
"""

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from cortex.fabric.execution.wording import inert
from cortex.fabric.messages.known import MOST_SWITCH_PORTS

MOST_TEXT: Final = 2 * 1024 * 1024
"""More characters than this are not read: a dump has 50 to 500 thousand."""
LINE_LENGTH: Final = 2_000
"""A line is read up to here."""
"""No UniFi switch has more ports."""
MOST_COUNTER: Final = 2**64 - 1
MOST_VLAN: Final = 4_095
_NUMBER_LENGTH: Final = 20
_MOST_COLUMNS: Final = 24
_MOST_WORDS: Final = 32
_MOST_ROWS: Final = 20_000
_HEAD_LINES: Final = 3
"""The titles of some tables go on, with units, over the lines above their rule."""
_SHOWN: Final = 40
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")
_RULE: Final = frozenset("-+| \t")
_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_WORD: Final = re.compile(r"\S+")
_NOT_ALPHANUMERIC: Final = re.compile(r"[^a-z0-9%]+")


class Unparsed(ValueError):
    """A text is not what its tool prints; says what was read, where it stopped, and why."""

    def __init__(self, what: str, why: str, *, line: int = 0) -> None:
        at = f"line {line}: " if line else ""
        super().__init__(f"{what} cannot be read: {at}{why}")
        self.what = what
        self.why = why
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its number in the text, and its cells by the title of the column."""

    line: int
    cells: Mapping[str, str]

    def cell(self, *titles: str) -> str:
        """Return the cell under the first of these titles that the table has."""
        return next((self.cells[title] for title in titles if title in self.cells), "")


def lines_of(text: str, what: str) -> list[tuple[int, str]]:
    """Return the lines that hold something, each with its number and cut at `LINE_LENGTH`.

    Raises:
        Unparsed: the text is longer than any answer is.

    """
    if len(text) > MOST_TEXT:
        raise Unparsed(what, f"{len(text)} characters are more than {MOST_TEXT}")
    numbered = enumerate(text.replace("\0", " ").split("\n"), start=1)
    cut = ((number, line[:LINE_LENGTH].rstrip()) for number, line in numbered)
    return [(number, line) for number, line in cut if line]


def whole(text: str, *, truncated: bool) -> str:
    """Return the text without the line that a cap on the output cut in two."""
    return text.rpartition("\n")[0] if truncated else text


def integer(text: str, what: str, *, line: int = 0, low: int = 0, high: int) -> int | None:
    """Return a whole number, or none for what is no number.

    Raises:
        Unparsed: it is out of range.

    """
    return within(text, what, line=line, low=low, high=high) if _WHOLE.fullmatch(text) else None


def within(digits: str, what: str, *, line: int = 0, low: int = 0, high: int) -> int:
    """Return the whole number that digits write.

    Raises:
        Unparsed: it is out of range.

    """
    if len(digits) <= _NUMBER_LENGTH and low <= int(digits) <= high:
        return int(digits)
    raise Unparsed(what, f"{shown(digits)} is not in {low} to {high}", line=line)


def decimal(text: str, what: str, *, line: int = 0, low: float = 0, high: float) -> float | None:
    """Return a number with an optional fraction, or none for what is no number.

    Raises:
        Unparsed: it is out of range.

    """
    if not _DECIMAL.fullmatch(text):
        return None
    if low <= float(text) <= high:
        return float(text)
    raise Unparsed(what, f"{shown(text)} is not in {low:g} to {high:g}", line=line)


def port_number(text: str, what: str, *, line: int = 0) -> int | None:
    """Return the number of a port, or none for what is no number.

    Raises:
        Unparsed: it is out of range.

    """
    return integer(text, what, line=line, low=1, high=MOST_SWITCH_PORTS)


def mac(text: str) -> str:
    """Return a hardware address in lower case with colons; empty for what is none."""
    return text.lower().replace("-", ":") if _MAC.fullmatch(text) else ""


def address(text: str) -> str:
    """Return an IP address, without its prefix length or zone; empty for what is none."""
    bare = text.partition("/")[0].partition("%")[0]
    try:
        return str(ipaddress.ip_address(bare)) if _ADDRESS.fullmatch(bare) else ""
    except ValueError:
        return ""


def shown(text: str) -> str:
    """Quote what stood in the way, harmless and short."""
    return repr(inert(text, limit=_SHOWN))


def plain(title: str) -> str:
    """Return a title or key as letters and digits in lower case, as tables are searched by."""
    return _NOT_ALPHANUMERIC.sub("", title.lower())


def fields_of(text: str, what: str, separator: str = ":") -> dict[str, str]:
    """Return the `Key: value` lines by the plain key; the first of a key counts.

    Raises:
        Unparsed: the text is longer than any answer is.

    """
    found: dict[str, str] = {}
    for _, line in lines_of(text, what):
        key, between, value = line.partition(separator)
        if between:
            found.setdefault(plain(key), value.strip())
    return found


def table(
    text: str, what: str, *, needs: Sequence[Container[str]], pairs: Container[str] = ()
) -> list[Row]:
    """Return the rows under the first line that has all of the needed titles.

    `needs` are the columns without which it is another table, each with its accepted titles;
    `pairs` are the titles that consist of two words.

    Raises:
        Unparsed: no line has those titles.

    """
    lines = lines_of(text, what)
    for at, (_, line) in enumerate(lines):
        columns = _columns(line, pairs)
        if all(any(column.title in need for column in columns) for need in needs):
            below = lines[at + 1 :]
            if len(below) > _MOST_ROWS:
                raise Unparsed(what, f"{len(below)} rows are more than {_MOST_ROWS}")
            return list(_rows(below, columns))
    first = shown(lines[0][1]) if lines else "nothing"
    raise Unparsed(what, f"no line of {len(lines)} has its titles; it begins with {first}")


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    start: int
    end: int


def _columns(line: str, pairs: Container[str]) -> list[_Column]:
    columns: list[_Column] = []
    for word in _WORD.finditer(line):
        column = _Column(plain(word[0]), *word.span())
        if columns and columns[-1].title + column.title in pairs:
            first = columns.pop()
            column = _Column(first.title + column.title, first.start, column.end)
        columns.append(column)
    return columns if len(columns) <= _MOST_COLUMNS else []


def _rows(lines: Sequence[tuple[int, str]], columns: Sequence[_Column]) -> Iterator[Row]:
    rule = next((at for at, (_, line) in enumerate(lines[:_HEAD_LINES]) if _is_rule(line)), None)
    if rule is not None:
        columns = _ruled(lines[rule][1], columns)
        lines = lines[rule + 1 :]
    for number, line in lines:
        words = list(islice(_WORD.finditer(line), _MOST_WORDS))
        in_order = rule is None and _is_in_order(line, len(words), len(columns))
        places = _ordered(len(words), len(columns)) if in_order else _places(words, columns)
        cells = {column.title: "" for column in columns}
        for word, place in zip(words, places, strict=True):
            title = columns[place].title
            cells[title] = f"{cells[title]} {word[0]}".lstrip()
        yield Row(number, cells)


def _is_in_order(line: str, words: int, columns: int) -> bool:
    """Tell whether a row is told by order: one word a column, or single spaces and more words."""
    return words == columns or (words > columns and "  " not in line.strip())


def _ordered(words: int, columns: int) -> Iterator[int]:
    return (min(at, columns - 1) for at in range(words))


def _is_rule(line: str) -> bool:
    return "--" in line and _RULE.issuperset(line)


def _ruled(rule: str, columns: Sequence[_Column]) -> list[_Column]:
    """Return the columns that the dashes under the titles span."""
    spans = (dashes.span() for dashes in re.finditer(r"-+", rule))
    return [
        _Column(
            "".join(one.title for one in columns if one.start < end and start < one.end),
            start,
            end,
        )
        for start, end in islice(spans, _MOST_COLUMNS)
    ]


def _places(words: Sequence[re.Match[str]], columns: Sequence[_Column]) -> Iterator[int]:
    """Yield the column of each word: the nearest one, by either edge, from left to right."""
    starts = [column.start for column in columns]
    least = 0
    for word in words:
        after = bisect_right(starts, word.end())
        near = range(max(least, after - 2), min(len(columns), after + 1)) or range(least, least + 1)
        least = min(near, key=partial(_distance, word.span(), columns))
        yield least


def _distance(span: tuple[int, int], columns: Sequence[_Column], at: int) -> tuple[int, int]:
    start, end = span
    column = columns[at]
    gap = max(column.start - end, start - column.end, -1)
    return gap, min(abs(start - column.start), abs(end - column.end))

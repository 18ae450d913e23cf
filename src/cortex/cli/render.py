"""Answers on a terminal: tables, facts and sentences, with every foreign name made inert.

Decides nothing. What came from the network is never read as markup or as an escape sequence.
"""

import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cortex.cli.exits import inert
from cortex.cli.pasting import completed, pasted
from cortex.fabric.messages import Choice, Confirmation, QueryResponse

_UNWRAPPED = 500
"""The width when no terminal sets one: rows stay on one line each, for grep and awk."""
GAP = 3
"""Characters between two columns."""
LOCAL = "%Y-%m-%d %H:%M:%S %Z"
"""How a moment is written in the zone of whoever reads it, which it names."""
_LEAST = 2
"""Columns that stay however narrow the terminal is."""
_FOLDED = 24
"""The width down to which a column may be folded anywhere, where its table says so."""
_LONG = 16
"""A column of words that is wider takes several lines before another column is left out."""
_NARROW = 12
"""The width down to which words are folded; never within a word."""
_FIRST = ("name", "what", "time", "when", "on", "next", "result")
"""What matters most in the answer of a tool: these columns are the last to be left out."""
_WORD = re.compile(r"[^\W_]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")
_ZONED = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? (?P<zone>[A-Z]{3,5}([+-]\d\d:\d\d)?|[+-]\d\d)"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `cortex doctor` looked at."""

    verdict: Literal["ok", "warn", "fail"]
    what: str
    found: str
    cure: str = ""


def console(whole: int = 0) -> Console:
    """Open standard output for rendering; what is `whole` characters wide stays so in a pipe."""
    width = None if sys.stdout.isatty() else max(_UNWRAPPED, whole)
    return Console(markup=False, emoji=False, highlight=False, width=width)


def command(query: str) -> str:
    """Write the command that asks this, safe to paste: a name in it may hold shell code."""
    plain = inert(query)
    risky = set(plain) & set('"$`\\!')
    return completed(f"cortex ask {shlex.quote(plain)}" if risky else f'cortex ask "{plain}"')


def lines(text: str) -> str:
    """Make a text of several lines inert, keeping its line breaks; complete commands in it."""
    return pasted("\n".join(inert(line) for line in text.split("\n")))


def show_answer(response: QueryResponse) -> None:
    """Print an answer with its table or facts, and how to take it back."""
    click.echo(lines(response.answer))
    show_body(response.data, asked=str(response.frame.get("text", "")))
    _show_error(response)
    if response.undo is not None and response.undo.query:
        click.echo(f"  undo: {command(response.undo.query)}")


def show_body(body: Mapping[str, Any], *, asked: str = "") -> None:
    """Print the rows or facts of an answer, and say where they are not the whole.

    Columns that the question `asked` names stay also on a narrow terminal.
    """
    columns = [(str(one["key"]), str(one["title"])) for one in body.get("columns", ())]
    if rows := body.get("rows"):
        columns, rows = _in_their_zone(columns or [(key, key) for key in rows[0]], rows)
        show_table(columns, rows, asked=asked, first=_FIRST)
    elif isinstance(facts := body.get("facts"), Mapping):
        titles = dict(columns)
        pairs = (
            {"name": titles.get(key, key), "value": _in_its_zone(value)}
            for key, value in facts.items()
        )
        show_table([("name", ""), ("value", "")], pairs)
    missing = body.get("missing", "a source could not tell, or there is more")
    if body.get("complete") is False and missing:
        click.echo(f"  not the whole: {inert(str(missing))}")


def show_table(
    columns: list[tuple[str, str]],
    rows: Iterable[Mapping[str, Any]],
    *,
    folded: str = "",
    asked: str = "",
    first: Sequence[str] = (),
) -> None:
    """Print rows under their titles; a narrow terminal gets those asked for, and what else fits.

    Long text takes several lines before a column is left out; the columns `first` are the last
    to be. The cells of the column `folded` may be broken anywhere to make room for others.
    """
    cells = [[cell(row.get(key)) for key, _ in columns] for row in rows]
    titles = [title for _, title in columns]
    texts = [[title, *(line[index] for line in cells)] for index, title in enumerate(titles)]
    natural = [max(map(cell_len, one)) for one in texts]
    least = [
        min(wide, _FOLDED) if key == folded else _least(one, wide)
        for (key, _), one, wide in zip(columns, texts, natural, strict=True)
    ]
    drawn = console(sum(natural) + GAP * len(natural))
    order = sorted(range(len(columns)), key=lambda one: _place(columns[one][0], first))
    kept = fitting(least, drawn.width, wanted=_wanted(columns, asked), order=order)
    widths = shared([least[one] for one in kept], [natural[one] for one in kept], drawn.width)
    table = Table(box=SIMPLE_HEAD, show_header=any(titles), pad_edge=False, show_edge=False)
    for index, wide in zip(kept, widths, strict=True):
        table.add_column(Text(titles[index]), overflow="fold", max_width=wide)
    for line in cells:
        table.add_row(*(Text(line[index]) for index in kept))
    with drawn.capture() as capture:
        drawn.print(table)
    for text in capture.get().splitlines():
        click.echo(text.rstrip())
    if left := [title for index, title in enumerate(titles) if index not in kept]:
        click.echo(f"  not shown: {', '.join(left)} (a wider terminal, a pipe, or --json)")


def fitting(
    least: Sequence[int], width: int, *, wanted: Iterable[int] = (), order: Iterable[int] = ()
) -> list[int]:
    """Choose the columns that fit side by side: those that are wanted in any case, then in order.

    `least`: how narrow each may become. Without any that are wanted, the first ones stay.
    """
    kept = list(wanted)
    for index in dict.fromkeys((*order, *range(len(least)))):
        taken = sum(least[one] + GAP for one in kept)
        if index not in kept and (len(kept) < _LEAST or taken + least[index] <= width):
            kept.append(index)
    return sorted(kept)


def shared(least: Sequence[int], natural: Sequence[int], width: int) -> list[int]:
    """Share the width of a terminal out: all get their least, the narrowest grow first."""
    widths = list(least)
    left = width - sum(widths) - GAP * (len(widths) - 1)
    while left > 0 and (open_ := [at for at, one in enumerate(widths) if one < natural[at]]):
        widths[min(open_, key=widths.__getitem__)] += 1
        left -= 1
    return widths


def _least(texts: Iterable[str], natural: int) -> int:
    """Tell how narrow a column may become: words are folded, times and what has no gaps are not."""
    if natural <= _LONG or any(_MOMENT.match(one) for one in texts):
        return natural
    return max(_NARROW, *(cell_len(word) for one in texts for word in one.split(" ")))


def _place(key: str, first: Sequence[str]) -> int:
    return first.index(key) if key in first else len(first)


def _in_their_zone(
    columns: list[tuple[str, str]], rows: Iterable[Mapping[str, Any]]
) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
    """Write moments as they are where the network is; a zone that all share stands in the title."""
    told = [{key: _in_its_zone(row.get(key)) for key, _ in columns} for row in rows]
    titled: list[tuple[str, str]] = []
    for key, title in columns:
        zone = _zone_of([row[key] for row in told])
        titled.append((key, f"{title} ({zone})" if zone else title))
        for row in told if zone else ():
            row[key] = str(row[key] or "").removesuffix(f" {zone}")
    return titled, told


def _zone_of(values: Iterable[Any]) -> str:
    """Name the zone of a column of moments; empty where it has others, or several zones."""
    moments = [_ZONED.fullmatch(str(one)) for one in values if one not in (None, "")]
    zones = {one["zone"] if one else "" for one in moments}
    return zones.pop() if len(zones) == 1 else ""


def _in_its_zone(value: Any) -> Any:
    """Write a moment in the zone that it is told in, which is the site's; leave all else."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value).strftime(LOCAL)
    return value


def _wanted(columns: list[tuple[str, str]], asked: str) -> list[int]:
    """Choose the column with the names, and those that a question speaks of."""
    said = {_stem(one) for one in _WORD.findall(asked.casefold())}
    named = [index for index, (key, _) in enumerate(columns) if key == "name"][:1] or [0]
    about = (
        index
        for index, column in enumerate(columns)
        if said.intersection(
            _stem(one) for text in column for one in _WORD.findall(text.casefold())
        )
    )
    return list(dict.fromkeys((*named, *about))) if said else []


def _stem(word: str) -> str:
    return word.removesuffix("s")


def cell(value: Any) -> str:
    """Write one value for people: nothing as a dash, lists with commas."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple() | Mapping():
            return ", ".join(_parts(value)) or "-"
        case float():
            return f"{round(value, 2):.10g}"
        case str() if _TIME.fullmatch(value):
            return datetime.fromisoformat(value).astimezone().strftime(LOCAL)
        case _:
            return inert(str(value))


def _parts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{inert(str(key))}={cell(one)}" for key, one in value.items()]
    return [cell(one) for one in value]


def show_choices(choices: Iterable[Choice], *, examples: bool = False) -> None:
    """Print numbered ways to go on, or things that could be asked, each with an example."""
    for number, choice in enumerate(choices, start=1):
        if examples:
            click.echo(f"  - {inert(choice.label)}  {command(choice.query)}")
            continue
        detail = f"  ({inert(choice.target.detail)})" if _adds(choice) and choice.target else ""
        click.echo(f"  {number}. {inert(choice.label)}{detail}")


def show_preview(confirmation: Confirmation) -> None:
    """Print what a write would do, before anybody says yes to it."""
    preview = confirmation.preview
    said = (
        ("on", ", ".join(preview.on)),
        ("touches", preview.blast_radius),
        ("undo", preview.undo or "cannot be undone"),
        *(("careful", one) for one in preview.warnings),
    )
    for name, text in said:
        if text:
            click.echo(f"  {name:>8}: {lines(text)}")


def show_trail(response: QueryResponse) -> None:
    """Print on standard error which way the answer took, and the time it needed."""
    times = response.timings_ms
    parts = [f"{response.route.tier}: {response.route.tool}"] if response.route else []
    parts += [f"woke {layer}" for layer in response.layers_woken]
    parts += [f"{times.total:.0f} ms", f"id {response.query_id}"]
    click.echo(click.style(f"  [{inert(' · '.join(parts))}]", dim=True), err=True)


def _show_error(response: QueryResponse) -> None:
    error = response.error
    if error is None or response.status == "clarify":
        return
    if error.message not in response.answer:
        click.echo(f"  {lines(error.message)}")
    if error.hint:
        click.echo(f"  try: {lines(error.hint)}")
    if error.code == "read_only":
        click.echo(pasted("       or start it with `cortex up --allow-writes`, for one run"))


def _adds(choice: Choice) -> bool:
    target = choice.target
    return target is not None and bool(target.detail) and target.detail not in choice.label

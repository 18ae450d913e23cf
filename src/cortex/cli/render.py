"""Answers on a terminal: tables, facts and sentences, with every foreign name made inert.

Decides nothing. What came from the network is never read as markup or as an escape sequence.
"""

import re
import shlex
import sys
from collections.abc import Iterable, Mapping
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
"""The width down to which a column may be folded."""
_WORD = re.compile(r"[^\W_]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `cortex doctor` looked at."""

    verdict: Literal["ok", "warn", "fail"]
    what: str
    found: str
    cure: str = ""


def console() -> Console:
    """Open standard output for rendering."""
    width = None if sys.stdout.isatty() else _UNWRAPPED
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
        show_table(columns or [(key, key) for key in rows[0]], rows, asked=asked)
    elif isinstance(facts := body.get("facts"), Mapping):
        titles = dict(columns)
        pairs = ({"name": titles.get(key, key), "value": value} for key, value in facts.items())
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
) -> None:
    """Print rows under their titles; a narrow terminal gets those asked for, and what else fits.

    The cells of the column `folded` may take several lines to make room for others.
    """
    drawn = console()
    cells = [[cell(row.get(key)) for key, _ in columns] for row in rows]
    titles = [title for _, title in columns]
    most = [_FOLDED if key == folded else None for key, _ in columns]
    least = [[text[:end] for text, end in zip(line, most, strict=True)] for line in cells]
    kept = fitting(titles, least, drawn.width, wanted=_wanted(columns, asked))
    table = Table(box=SIMPLE_HEAD, show_header=any(titles), pad_edge=False, show_edge=False)
    for index in kept:
        table.add_column(Text(titles[index]), overflow="fold")
    for line in cells:
        table.add_row(*(Text(line[index]) for index in kept))
    with drawn.capture() as capture:
        drawn.print(table)
    for text in capture.get().splitlines():
        click.echo(text.rstrip())
    if left := [title for index, title in enumerate(titles) if index not in kept]:
        click.echo(f"  not shown: {', '.join(left)} (a wider terminal, a pipe, or --json)")


def fitting(
    titles: list[str], cells: list[list[str]], width: int, *, wanted: Iterable[int] = ()
) -> list[int]:
    """Choose the columns that fit side by side: those that are wanted in any case, then in order.

    Without any that are wanted, the first ones stay.
    """
    widths = [
        max(map(cell_len, (title, *(line[index] for line in cells))))
        for index, title in enumerate(titles)
    ]
    kept = list(wanted)
    for index, wide in enumerate(widths):
        taken = sum(widths[one] + GAP for one in kept)
        if index not in kept and (len(kept) < _LEAST or taken + wide <= width):
            kept.append(index)
    return sorted(kept)


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

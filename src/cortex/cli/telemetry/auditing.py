"""`cortex audit`: what was done, by whom, and whether the record of it is as it was written.

Reads the files of the log: it works with every process down, and beside the one that writes.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from cortex.cli import exits, render
from cortex.cli.connection import home_option, own_home
from cortex.cli.memory.moments import when
from cortex.cli.pasting import pasted
from cortex.cli.telemetry.evidence import in_words
from cortex.coordination.connecting import client_of
from cortex.errors import CortexError
from cortex.fabric.telemetry.audit.anchor import Trace
from cortex.fabric.telemetry.audit.aside import set_aside
from cortex.fabric.telemetry.audit.chain import Flaw
from cortex.fabric.telemetry.audit.parts import parts_in
from cortex.fabric.telemetry.audit.records import Record, Wanted
from cortex.fabric.telemetry.audit.showing import Format, export, show
from cortex.fabric.telemetry.audit.verifying import Report, verify
from cortex.fabric.telemetry.keeping import Places, places_of
from cortex.fabric.telemetry.stream.balance import TOOL as LOST
from cortex.fabric.telemetry.stream.distant import Distant, told_of
from cortex.files import replacing
from cortex.settings.knobs import Telemetry
from cortex.settings.loading import load

_COLUMNS = ("seq", "time", "kind", "actor", "tool", "targets", "status", "tier", "query id")
_FIRST = ("seq", "time", "tool", "targets", "status", "actor")
_MOST_SHOWN = 100_000
_TARGETS = 3
"""Targets that are named in a row of the table."""
_REDIS_S = 2.0
"""How long Redis is waited for, which need not run."""


@dataclass(frozen=True, slots=True)
class _Log:
    """The log that is meant."""

    settings: Telemetry
    places: Places

    def verified(self) -> Report:
        """Hold it against all that is remembered of it; Redis may be away."""
        places = self.places
        return verify(places.log, places.anchor, guard=places.guard, also=self._distant())

    def _distant(self) -> tuple[Trace, ...]:
        if not self.settings.redis.enabled:
            return ()
        try:
            distant = asyncio.run(self._told())
        except (CortexError, TimeoutError):
            return ()
        empty = not any(one.size for one in parts_in(self.places.log))
        return (distant.trace,) if distant and distant.counts(empty=empty) else ()

    async def _told(self) -> Distant | None:
        redis = client_of(self.settings.redis, self.settings.home)
        try:
            async with asyncio.timeout(_REDIS_S):
                return await told_of(redis, self.places)
        finally:
            await redis.close()


@click.group("audit", short_help="Show, verify or export the record of what was done.")
def audit_command() -> None:
    """Look at the record of what was done, and check that nobody changed it."""


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--since", help="today, yesterday, 2h, 3d or 2026-11-22T18:00."),
        click.option("--tool", default="", help="Only calls of this tool."),
        click.option("--actor", default="", help="Only what this principal asked for."),
        click.option("--status", default="", help="Only what ended so, as `done` or `failed`."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@audit_command.command("show")
@_filters
@click.option("--limit", type=click.IntRange(1, _MOST_SHOWN), default=50, show_default=True)
@click.option("--json", "raw", is_flag=True, help="Print the records as they were written.")
@home_option
def show_command(home: Path | None, *, limit: int, raw: bool, **filters: Any) -> int:
    """Show the latest records, newest last."""
    with _reading(home) as log:
        places = log.places
        shown = show(places.log, _wanted(dict(filters)), limit=limit)
        report = log.verified()
    if raw:
        for record in shown.records:
            click.echo(msgspec.json.encode(record))
    elif shown.records:
        _tell_of_earlier(shown.records, limit, narrowed=any(filters.values()))
        titles = [(name, name) for name in _COLUMNS]
        rows = [_row(one) for one in shown.records]
        render.show_table(titles, rows, folded="targets", first=_FIRST)
    elif report.begun:
        click.echo(f"no such record in {places.log}")
    return _warned(report, places, unreadable=shown.damaged)


@audit_command.command("verify")
@click.option("--json", "raw", is_flag=True, help="Print the report as JSON.")
@home_option
def verify_command(home: Path | None, *, raw: bool) -> int:
    """Check every record against the one before it, and the end against what is remembered of it.

    Exit code 0 when all is as it was written; else 1, with the first record that is not, with
    records that are not anchored yet, or because the log is gone or there is none.
    """
    with _reading(home) as log:
        report = log.verified()
    if raw:
        told = msgspec.to_builtins(report) | {"intact": report.intact}
        click.echo(json.dumps(told, indent=2, ensure_ascii=True))
    else:
        for line in _told(report, log.places):
            click.echo(line)
    return exits.DONE if report.intact else exits.FAILED


@audit_command.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True
)
@_filters
@home_option
def export_command(file: Path, home: Path | None, *, form: Format, **filters: Any) -> int:
    """Write records to FILE, or to standard output when it is `-`.

    Without filters, the JSON lines are the log itself, byte for byte, and can be verified.
    """
    wanted = _wanted(filters)
    with _reading(home) as log, _opened(file) as opened:
        places = log.places
        exported = export(places.log, wanted, opened, form=form)
        report = log.verified()
    if str(file) != "-":
        click.echo(f"{_many(exported.records)} in {file}")
    return _warned(report, places, unreadable=exported.damaged)


@audit_command.command("set-aside")
@click.option("--why", required=True, help="What goes into the first record of the new log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def set_aside_command(home: Path | None, *, why: str, yes: bool) -> int:
    """Put a log aside that is not as it was written, and begin a new one.

    Nothing is deleted. The first record of the new log says where the old one lies, and why.
    """
    with _reading(home) as log:
        places = log.places
        if not yes:
            click.confirm(f"put the audit log in {places.log} aside?", abort=True)
        aside = set_aside(places.log, places.anchor, at=time.time(), why=why, guard=places.guard)
    click.echo(f"the old log lies in {aside}; a new one was begun")
    return exits.DONE


@contextlib.contextmanager
def _reading(home: Path | None) -> Iterator[_Log]:
    """Name the log that is meant, and tell in words what cannot be done there.

    Raises:
        Unavailable: something there cannot be read or written.

    """
    settings, chosen = load(os.environ).telemetry, own_home(home)
    settings = settings if chosen == settings.home else Telemetry(home=chosen)
    places = places_of(settings)
    with in_words(places):
        yield _Log(settings, places)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    """Open a file for its owner alone, put in place as a whole at the end."""
    if str(file) == "-":
        yield sys.stdout
        return
    with replacing(file) as draft:
        text = TextIOWrapper(draft, encoding="utf-8", newline="")
        yield text
        text.detach()


def _wanted(filters: dict[str, Any]) -> Wanted:
    since = filters.pop("since")
    moment = datetime.fromisoformat(when(since, datetime.now(UTC))) if since else None
    return Wanted(since=moment.timestamp() if moment else 0.0, **filters)


def _tell_of_earlier(records: Sequence[Record], limit: int, *, narrowed: bool) -> None:
    """Say, before the latest records, that there are earlier ones, and how they are seen."""
    if len(records) < limit or records[0].seq == 1:
        return
    last = records[-1].seq
    shown = f"the latest {_many(len(records))}"
    shown += " of this kind; there may be" if narrowed else f" of {last:,}; there are"
    more = min(last, _MOST_SHOWN)
    ways = f"`cortex audit show --limit {more}`, or `cortex audit export log.jsonl`"
    click.echo(f"{shown} earlier ones: {pasted(ways)}", err=True)


def _row(record: Record) -> dict[str, Any]:
    moment = datetime.fromtimestamp(record.at, UTC).astimezone()
    named = [one.name or one.id for one in record.targets[:_TARGETS]]
    more = len(record.targets) - len(named)
    return {
        **msgspec.to_builtins(record),
        "time": moment.strftime(render.LOCAL),
        "targets": ", ".join(named) + (f" and {more} more" if more else ""),
        "query id": record.query_id,
    }


def _told(report: Report, places: Places) -> Iterator[str]:
    if not report.begun:
        yield _nowhere(places)
        return
    if report.flaw is not None:
        yield from _broken(report, report.flaw, places)
        return
    if report.ahead:
        written = f"{_many(report.ahead)} written but not yet anchored"
        yield f"not certain: {written}, beyond record {report.anchored:,} in {places.log}"
        yield "  when cortex-telemetry wakes next they must come again from the stream"
        return
    yield f"intact: {_many(report.records)} in {places.log}"
    seal = "sealed with the key of this Cortex" if report.sealed else "without a seal"
    yield f"  the anchor in {places.anchor} is at record {report.anchored:,}, {seal}"
    if report.unfinished:
        yield f"  and {report.unfinished} bytes of a record that is being written"
    if report.gaps:
        yield f"  {_gaps(report)}"


def _broken(report: Report, flaw: Flaw, places: Places) -> Iterator[str]:
    if flaw.kind == "gone":
        yield flaw.why
        yield f"  it lay in {places.log}"
    else:
        yield f"record {flaw.seq:,} is {flaw.kind}: {flaw.why}"
        if report.place:
            yield f"  in {places.log / report.place}"
        yield f"  {report.records:,} records before it are as they were written"
    yield pasted("  nothing more is written to this log; `cortex audit set-aside` begins a new one")


def _gaps(report: Report) -> str:
    times = "1 record tells" if report.gaps == 1 else f"{report.gaps:,} records tell"
    return pasted(f"{times} of events that never came: `cortex audit show --tool {LOST}`")


def _warned(report: Report, places: Places, *, unreadable: int) -> int:
    """Say on standard error what is wrong with the log that records were read from."""
    if not report.begun:
        click.echo(_nowhere(places), err=True)
    if unreadable:
        click.echo(f"  {unreadable} lines cannot be read", err=True)
    if report.flaw is not None:
        broken = f"record {report.flaw.seq:,} is {report.flaw.kind}"
        told = pasted("see `cortex audit verify`")
        click.echo(f"  not as it was written: {broken}: {told}", err=True)
    if report.ahead:
        click.echo(f"  {_many(report.ahead)} written but not yet anchored", err=True)
    return exits.FAILED if unreadable or not report.intact else exits.DONE


def _nowhere(places: Places) -> str:
    return f"there is no audit log in {places.log}, and no anchor of one in {places.anchor}"


def _many(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"

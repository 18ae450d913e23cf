"""`cortex routes`: what was learned, from what evidence, and how to unlearn it."""

import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import yaml

from cortex.cli import exits, render
from cortex.cli.connection import Address, address_options, connect
from cortex.errors import BadAnswer, Malformed
from cortex.settings.values import Unreadable, duration

_LEARNED = (
    ("id", "id"),
    ("template", "asked as"),
    ("tool", "tool"),
    ("stage", "stage"),
    ("successes", "worked"),
    ("failures", "did not"),
    ("bound", "surely"),
    ("threshold", "from cosine"),
    ("last", "last"),
)
_RULES = (("place", "rule"), ("tool", "tool"), ("layer", "layer"), ("pattern", "pattern"))
_HAPPENINGS = (
    ("timestamp", "when"),
    ("kind", "what"),
    ("success", "worked"),
    ("user_feedback", "said"),
    ("route_type", "tier"),
    ("similarity", "cosine"),
    ("agreed", "agreed"),
    ("error_type", "error"),
)
_AGO = re.compile(r"(.+?)\s+ago")


@click.group("routes", short_help="List, show, forget, roll back or export learned routes.")
def routes_command() -> None:
    """Look at what Cortex has learned, and unlearn it."""


@routes_command.command("list")
@click.option("--rules", is_flag=True, help="The rules of tier 1 instead of what was learned.")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def list_command(*, rules: bool, raw: bool, **options: Any) -> int:
    """List the routes that were learned, each with its evidence."""
    body = _called("GET", "/v1/routes", options)
    if raw:
        return _raw(body)
    rows = _listed(body, "routes" if rules else "learned")
    if not rows:
        click.echo("nothing was learned yet: ask something")
        return exits.DONE
    render.show_table(list(_RULES if rules else _LEARNED), [_dated(row) for row in rows])
    return exits.DONE


@routes_command.command("show")
@click.argument("route_id")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def show_command(route_id: str, *, raw: bool, **options: Any) -> int:
    """Show one route with everything that it was learned from."""
    body = _called("GET", f"/v1/routes/{_id(route_id)}", options)
    if raw:
        return _raw(body)
    happenings = _listed(body, "outcomes")
    facts = {name: one for name, one in _dated(body).items() if name != "outcomes"}
    render.show_body({"facts": facts})
    render.show_table(list(_HAPPENINGS), happenings)
    return exits.DONE


@routes_command.command("forget")
@click.argument("route_id")
@address_options
def forget_command(route_id: str, **options: Any) -> int:
    """Forget one route at once; what it was learned from stays on record, without effect."""
    _called("DELETE", f"/v1/routes/{_id(route_id)}", options)
    click.echo("forgotten")
    return exits.DONE


@routes_command.command("rollback")
@click.option("--to", "moment", required=True, help='A time (2026-11-22T18:00), or "2h ago".')
@address_options
def rollback_command(moment: str, **options: Any) -> int:
    """Take back everything that was learned after a time."""
    body = _called("POST", "/v1/routes/rollback", options, {"to": when(moment, datetime.now(UTC))})
    click.echo(f"{body.get('routes', 0)} routes are as they were")
    return exits.DONE


@routes_command.command("export")
@click.option("--output", type=click.Path(path_type=Path), help="A file, instead of the terminal.")
@address_options
def export_command(output: Path | None, **options: Any) -> int:
    """Write the trusted routes as a rules file that tier 1 loads."""
    body = _called("GET", "/v1/routes/export", options)
    text = yaml.safe_dump(body.get("rules"), sort_keys=False, allow_unicode=True, width=100)
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
    for one in _listed(body, "left_out"):
        click.echo(f"  left out: {render.cell(one)}", err=True)
    return exits.DONE


def when(said: str, now: datetime) -> str:
    """Read a moment, absolute or so long ago, as ISO 8601 in UTC.

    Raises:
        Malformed: it is neither.

    """
    try:
        if ago := _AGO.fullmatch(said.strip()):
            moment = now - duration(ago[1])
        else:
            moment = datetime.fromisoformat(said.strip())
    except (ValueError, Unreadable) as error:
        message = f"{said!r} is no time"
        raise Malformed(message, hint='write 2026-11-22T18:00, or "2h ago"') from error
    if moment.tzinfo is None:
        moment = moment.astimezone()
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _called(
    method: str, path: str, options: dict[str, Any], body: dict[str, Any] | None = None
) -> dict[str, Any]:
    with connect(Address(options["url"], options["token_file"], options["home"])) as client:
        return client.call(method, path, body, timeout_s=timedelta(minutes=1).total_seconds())


def _raw(body: dict[str, Any]) -> int:
    click.echo(json.dumps(body, indent=2, ensure_ascii=True))
    return exits.DONE


def _listed(body: dict[str, Any], what: str) -> list[Any]:
    rows = body.get(what)
    if isinstance(rows, list):
        return rows
    message = f"the answer lists no {what}"
    raise BadAnswer(message, service="cortex-activator", hint="is that address really Cortex?")


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _moment(one) if name in {"first", "last"} else one for name, one in row.items()}


def _moment(value: Any) -> Any:
    if not isinstance(value, int | float) or not value:
        return value or ""
    return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")


def _id(said: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F-]{8,36}", said):
        return said.lower()
    message = f"{said!r} is no route's id"
    raise Malformed(message, hint="`cortex routes list` shows them")


def _write(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        message = f"{str(file)!r} cannot be written: {error.strerror}"
        raise Malformed(message, hint="name another file with --output") from error

"""`cortex timers`: what is to come, what came of it, and how to cancel it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import click

from cortex.cli import exits, render
from cortex.cli.connection import address_options, connected
from cortex.clients.activator import ActivatorClient
from cortex.errors import BadAnswer, Conflict

_COLUMNS = (
    ("id", "Id"), ("state", "State"), ("what", "What"), ("next", "Next"), ("due_local", "When"),
    ("zone", "Time zone"), ("every", "Repeated"), ("principal", "For"), ("result", "Result"),
)  # fmt: skip
_FIRST = ("what", "due_local", "every", "next", "id", "result")
"""What matters most in a narrow list."""
_FACTS = (
    *_COLUMNS, ("undo_local", "Undone"), ("tool", "Tool"), ("site", "Site"),
    ("approved_by", "Approved by"), ("reason", "Not a timer"),
)  # fmt: skip
_OVER = frozenset({"done", "failed", "cancelled"})


@click.group("timers", short_help="List, show or cancel what is to happen later.")
def timers_command() -> None:
    """Look at what is to happen later, and at what came of it."""


@timers_command.command("list")
@click.option("--all", "every", is_flag=True, help="Also those that are over, for a week.")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def list_command(*, every: bool, raw: bool, **options: Any) -> int:
    """List timers, the next one first."""
    with connected(options) as client:
        body = client.get("/v1/timers")
    if raw:
        return _raw(body)
    known = _rows(body)
    rows = [row for row in known if every or row.get("state") not in _OVER]
    spoilt = _unreadable(body)
    if rows:
        render.show_table(_titled(rows), rows, first=_FIRST)
    elif not spoilt:
        over = f"; {len(known)} over: `cortex timers list --all`" if known else ""
        click.echo(render.lines(f"there are no timers: nothing is scheduled{over}"))
    for one in spoilt:
        name, reason = render.cell(one.get("id")), render.cell(one.get("reason"))
        click.echo(f"not a timer, and never done: {name}: {reason}", err=True)
    if spoilt:
        click.echo(render.lines("  `cortex timers cancel` with its id drops one"), err=True)
    return exits.DONE


@timers_command.command("show")
@click.argument("timer_id")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def show_command(timer_id: str, *, raw: bool, **options: Any) -> int:
    """Show one timer; the beginning of its id is enough."""
    with connected(options) as client:
        row = _only(client, timer_id)
    if raw:
        return _raw(row)
    columns = [{"key": key, "title": title} for key, title in _filled(_FACTS, [row])]
    render.show_body(
        {"columns": columns, "facts": {one["key"]: row[one["key"]] for one in columns}}
    )
    return exits.DONE


@timers_command.command("cancel")
@click.argument("timer_id")
@address_options
def cancel_command(timer_id: str, **options: Any) -> int:
    """Cancel one timer; the beginning of its id is enough. What was done stays as it is.

    An admin also drops what is listed as no timer.
    """
    with connected(options) as client:
        row = _only(client, timer_id)
        reply = client.call("DELETE", f"/v1/timers/{quote(str(row.get('id')), safe='')}")
    click.echo(f"cancelled: {render.cell(reply.get('what'))}")
    click.echo(f"  {render.cell(reply.get('answer'))}")
    return exits.DONE


def _raw(body: Mapping[str, Any]) -> int:
    click.echo(json.dumps(body, indent=2, ensure_ascii=True))
    return exits.DONE


def _titled(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Choose the columns of a list; a zone that is the same for all is named once, in a title."""
    columns = _filled(_COLUMNS, rows)
    zones = {str(row.get("zone") or "") for row in rows}
    if len(zones) > 1 or "" in zones:
        return columns
    (zone,) = zones
    titles = {"due_local": f"When ({exits.inert(zone)})"}
    return [(key, titles.get(key, title)) for key, title in columns if key != "zone"]


def _filled(
    columns: tuple[tuple[str, str], ...], rows: list[dict[str, Any]]
) -> list[tuple[str, str]]:
    """Leave out the columns in which no row has anything."""
    return [(key, title) for key, title in columns if any(row.get(key) for row in rows)]


def _rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("timers")
    if isinstance(rows, list):
        return rows
    message = "the answer lists no timers"
    raise BadAnswer(message, service="cortex-activator", hint="is that address really Cortex?")


def _unreadable(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List what lies in Redis for timers and is taken for none; for admins."""
    found = body.get("unreadable")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _only(client: ActivatorClient, said: str) -> dict[str, Any]:
    """Find the timer whose id is said, or begins like that."""
    start, body = said.strip().lower(), client.get("/v1/timers")
    known = [*_rows(body), *_unreadable(body)]
    found = [row for row in known if str(row.get("id")).lower().startswith(start)]
    found = [row for row in found if str(row.get("id")).lower() == start] or found
    if start and len(found) == 1:
        return found[0]
    if start and found:
        message = f"{len(found)} timers have ids that begin with {start!r}"
        raise Conflict(
            message, hint=f"say which one: {', '.join(str(one['id']) for one in found[:3])}"
        )
    message = f"there is no timer whose id begins with {said!r}"
    raise Conflict(message, hint="`cortex timers list --all` shows them")

"""`cortex layers` and `cortex tools`: what is awake, and what Cortex can do."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from cortex.cli import exits, render
from cortex.cli.connection import address_options, connected
from cortex.cli.exits import inert
from cortex.errors import BadAnswer

_LAYERS = ("name", "state", "pid", "since", "memory_mib", "claims", "cooldown_s", "last_error")
_TOOLS = ("name", "risk", "unasked", "example", "summary", "layer")


@click.command("layers", short_help="Show which layers are awake.")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def layers_command(*, raw: bool, **options: Any) -> int:
    """Show which layers are awake, since when, and how many questions hold them."""
    return _page("layers", _LAYERS, raw=raw, options=options, note=_outage)


@click.command("tools", short_help="List everything that Cortex can do.")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def tools_command(*, raw: bool, **options: Any) -> int:
    """List every tool with its risk and an example of how to ask for it."""
    return _page("tools", _TOOLS, raw=raw, options=options)


def _no_note(_body: dict[str, Any]) -> str:
    return ""


def _page(
    what: str,
    columns: tuple[str, ...],
    *,
    raw: bool,
    options: dict[str, Any],
    note: Callable[[dict[str, Any]], str] = _no_note,
) -> int:
    with connected(options) as client:
        body = client.get(f"/v1/{what}")
    if raw:
        click.echo(json.dumps(body, indent=2, ensure_ascii=True))
        return exits.DONE
    titles = [(name, name.replace("_", " ")) for name in columns]
    render.show_table(titles, [_short(row) for row in _rows(body, what)])
    if said := note(body):
        click.echo(said)
    return exits.DONE


def _outage(body: dict[str, Any]) -> str:
    """Say since when the controller does not answer, and why, while it does not."""
    match body.get("outage"):
        case {"since": int() | float() as since, "why": str() as why}:
            return f"The controller does not answer since {_clock(since)}: {inert(why)}."
        case _:
            return ""


def _rows(body: dict[str, Any], what: str) -> list[dict[str, Any]]:
    rows = body.get(what)
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    message = f"the answer lists no {what}"
    raise BadAnswer(message, service="cortex-activator", hint="is that address really Cortex?")


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Make the time readable, and take the first of several examples."""
    since, examples = row.get("since"), row.get("examples")
    began = _clock(since) if since else ""
    return row | {"since": began, "example": examples[0] if examples else ""}


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")

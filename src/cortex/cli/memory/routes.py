"""`cortex routes`: what was learned, from what evidence, and how to unlearn it."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cortex.cli import exits, render
from cortex.cli.connection import address_options, connected
from cortex.cli.memory import exporting, showing
from cortex.cli.memory.moments import when
from cortex.clients.activator import ActivatorClient
from cortex.errors import BadAnswer, Conflict, Malformed, Unavailable

_WHOLE = 36
_MOST_S = timedelta(minutes=1).total_seconds()


@click.group("routes", short_help="List, show, forget, roll back or export learned routes.")
def routes_command() -> None:
    """Look at what Cortex has learned, and unlearn it."""


@routes_command.command("list")
@click.option("--rules", is_flag=True, help="The rules of tier 1 instead of what was learned.")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def list_command(*, rules: bool, raw: bool, **options: Any) -> int:
    """List the routes that were learned, each with its evidence."""
    with connected(options) as client:
        body = client.get("/v1/routes")
        if raw:
            return _raw(body)
        if rules:
            render.show_table(list(showing.RULES), _listed(body, "routes"), folded="pattern")
            return exits.DONE
        rows = _listed(body, "learned")
        if not rows:
            _refuse_absent(client)
            click.echo("nothing was learned yet: ask something")
            return exits.DONE
    shown = [showing.told(row) | {"id": str(row.get("id"))[: showing.SHORT]} for row in rows]
    render.show_table(showing.filled(showing.LEARNED, shown), shown, folded="template")
    if (total := int(body.get("learned_total") or 0)) > len(rows):
        click.echo(f"  not the whole: the {len(rows)} used last of {total}")
    return exits.DONE


@routes_command.command("show")
@click.argument("route_id")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def show_command(route_id: str, *, raw: bool, **options: Any) -> int:
    """Show one route with everything that it was learned from.

    The first eight characters of its id are enough.
    """
    with connected(options) as client:
        body = _route(client, route_id)
    if raw:
        return _raw(body)
    told = showing.told(body)
    columns = [{"key": key, "title": title} for key, title in showing.filled(showing.FACTS, [told])]
    facts = {one["key"]: told[one["key"]] for one in columns}
    render.show_body({"columns": columns, "facts": facts})
    happenings = [showing.happened(one) for one in _listed(body, "outcomes")]
    render.show_table(showing.filled(showing.HAPPENINGS, happenings), happenings)
    return exits.DONE


@routes_command.command("forget")
@click.argument("route_id")
@address_options
def forget_command(route_id: str, **options: Any) -> int:
    """Forget one route at once; what it was learned from stays on record, without effect.

    The first eight characters of its id are enough.
    """
    with connected(options) as client:
        row = _route(client, route_id)
        reply = client.call("DELETE", f"/v1/routes/{row.get('id')}", timeout_s=_MOST_S)
    template, tool = render.cell(row.get("template")), render.cell(row.get("tool"))
    click.echo(f'forgotten: "{template}" for {tool}')
    if left := _listed(reply, "left"):
        click.echo(f"  these words may now mean {', or '.join(map(showing.named, left))}")
    return exits.DONE


@routes_command.command("rollback")
@click.option("--to", "moment", required=True, help="yesterday, 2h, 3d or 2026-11-22T18:00.")
@address_options
def rollback_command(moment: str, **options: Any) -> int:
    """Take back everything that was learned after a time."""
    to = when(moment, datetime.now(UTC))
    with connected(options) as client:
        body = client.call("POST", "/v1/routes/rollback", {"to": to}, timeout_s=_MOST_S)
    count = int(body.get("routes", 0))
    since = render.cell(to)
    if count:
        routes = "1 route stands as it" if count == 1 else f"{count} routes stand as they"
        click.echo(f"{routes} did at {since}; what happened since counts no more")
    else:
        click.echo(f"nothing was learned since {since} that still counts")
    return exits.DONE


@routes_command.command("export")
@click.option("--output", type=click.Path(path_type=Path), help="A file, instead of the terminal.")
@click.option("--merged", is_flag=True, help="Behind the rules that come with Cortex.")
@address_options
def export_command(output: Path | None, *, merged: bool, **options: Any) -> int:
    """Write the trusted routes as rules of tier 1.

    `activator.rules_file` takes the file: alone it replaces the rules that come with Cortex, and
    with --merged it holds them too.
    """
    with connected(options) as client:
        body = client.call("GET", "/v1/routes/export", timeout_s=_MOST_S)
    document, left_out = body.get("rules"), _listed(body, "left_out")
    count = len(exporting.keywords(document))
    if merged:
        document, clashing = exporting.merged(document)
        left_out = [*left_out, *clashing]
        count -= len(clashing)
    for one in left_out:
        click.echo(f"  left out: {render.cell(one)}", err=True)
    if not count:
        click.echo("nothing to export: no route is trusted enough to be a rule yet", err=True)
        return exits.FAILED
    text = exporting.text_of(document, merged=merged)
    if output is None:
        click.echo(text, nl=False)
    else:
        exporting.write(output, text)
        click.echo(f"{count} learned {'rule is' if count == 1 else 'rules are'} in {output}")
        click.echo(f"  {exporting.advice(output, merged=merged)}")
    return exits.DONE


def _raw(body: Mapping[str, Any]) -> int:
    click.echo(json.dumps(body, indent=2, ensure_ascii=True))
    return exits.DONE


def _listed(body: Mapping[str, Any], what: str) -> list[Any]:
    rows = body.get(what)
    if isinstance(rows, list):
        return rows
    message = f"the answer lists no {what}"
    raise BadAnswer(message, service="cortex-activator", hint="is that address really Cortex?")


def _refuse_absent(client: ActivatorClient) -> None:
    """Tell a memory that holds nothing from one that is not there."""
    memory = client.get("/v1/memory")
    if memory.get("state") != "ready":
        reason = memory.get("reason") or "it is being opened"
        message = f"memory is not available: {reason}"
        raise Unavailable(message, hint="`cortex memory show` tells more")


def _route(client: ActivatorClient, said: str) -> dict[str, Any]:
    """Find the route whose id is said, or begins like that."""
    start = said.strip().lower()
    if not re.fullmatch(rf"[0-9a-f-]{{{showing.SHORT},{_WHOLE}}}", start):
        message = f"{said!r} is no route's id"
        raise Malformed(
            message, hint=f"`cortex routes list` shows them, {showing.SHORT} characters each"
        )
    return client.get(f"/v1/routes/{start if len(start) == _WHOLE else _only(client, start)}")


def _only(client: ActivatorClient, start: str) -> str:
    rows = _listed(client.get("/v1/routes"), "learned")
    if not rows:
        _refuse_absent(client)
    found = [name for row in rows if (name := str(row.get("id"))).startswith(start)]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"{len(found)} routes have ids that begin with {start!r}"
        raise Conflict(message, hint=f"say which one: {', '.join(found[:3])}")
    message = f"no route was learned whose id begins with {start!r}"
    raise Conflict(message, hint="`cortex routes list` shows them")

"""`cortex tasks` and `cortex agents`: what other systems asked, and who is there to work."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import click
import msgspec

from cortex.cli import exits, render
from cortex.cli.asking import exit_of
from cortex.cli.connection import address_options, connected
from cortex.cli.exits import inert
from cortex.cli.pasting import completed
from cortex.errors import BadAnswer
from cortex.fabric.messages import Confirmation, QueryResponse

_CONFIRM_S = 310.0
_raw = click.option("--json", "raw", is_flag=True, help="Print the raw response.")


@click.group("tasks", short_help="Show and steer what other systems asked.")
def tasks_command() -> None:
    """Show and steer the tasks that came over Redis, and what was passed on to agents."""


@click.group("agents", short_help="List who works beside the fabric.")
def agents_command() -> None:
    """List the programs that registered themselves, and what each can do."""


@agents_command.command("list")
@_raw
@address_options
def list_agents(*, raw: bool, **options: Any) -> int:
    """List the agents that were heard of lately."""
    names = ("agent_id", "agent_type", "status", "task_count", "capabilities", "last_heartbeat")
    return _table(
        _call(options, "GET", "/v1/agents"),
        "agents",
        names,
        raw=raw,
        none="no agent was heard of lately",
    )


@tasks_command.command("list")
@_raw
@address_options
def list_tasks(*, raw: bool, **options: Any) -> int:
    """List the latest tasks, newest first."""
    names = ("id", "at", "state", "status", "priority", "query", "response")
    return _table(
        _call(options, "GET", "/v1/tasks"), "tasks", names, raw=raw, none="no task came in"
    )


@tasks_command.command("show")
@click.argument("task_id")
@_raw
@address_options
def show_task(task_id: str, *, raw: bool, **options: Any) -> int:
    """Show how far a task is, what came of it, and what it waits for."""
    body = _call(options, "GET", _place(task_id))
    if raw:
        click.echo(json.dumps(body, indent=2, ensure_ascii=True))
        return exits.DONE
    hidden = {"answer", "confirmation"}
    facts = {name: one for name, one in _dated(body).items() if name not in hidden and one}
    render.show_body({"facts": facts})
    if "confirmation" in body:
        render.show_preview(_confirmation(body))
        confirm = completed(f"cortex tasks confirm {shlex.quote(inert(str(body['id'])))}")
        click.echo(f"it waits for a yes: {confirm}")
    return exits.DONE


@tasks_command.command("cancel")
@click.argument("task_id")
@address_options
def cancel_task(task_id: str, **options: Any) -> int:
    """Cancel a task; what was sent to the network already goes on."""
    body = _call(options, "POST", f"{_place(task_id)}/cancel", {})
    click.echo(render.lines(f"{body.get('id')}: {body.get('cancel')}"))
    return exits.DONE


@tasks_command.command("confirm")
@click.argument("task_id")
@click.option("--no", "declined", is_flag=True, help="Say no: nothing is changed.")
@address_options
def confirm_task(task_id: str, *, declined: bool, **options: Any) -> int:
    """Say yes, or no, to the change that a task waits to make; its sender is told as well."""
    body = _call(options, "GET", _place(task_id))
    if "confirmation" not in body:
        click.echo("it waits for no yes, or this token may not give one", err=True)
        return exits.REFUSED
    confirmation = _confirmation(body)
    click.echo(render.lines(f"{body.get('sender')} asks in {body['id']}: {body.get('query')}"))
    render.show_preview(confirmation)
    if not declined and not _agreed(confirmation):
        return exits.NEEDS_YES
    quoted = str(body["confirmation"].get("confirmation", ""))
    said = {"answer": "no" if declined else "yes", "confirmation": quoted}
    reply = _call(options, "POST", f"{_place(str(body['id']))}/confirm", said, timeout_s=_CONFIRM_S)
    response = msgspec.convert(reply, QueryResponse)
    render.show_answer(response)
    return exit_of(response)


@tasks_command.command("dead")
@_raw
@address_options
def list_dead(*, raw: bool, **options: Any) -> int:
    """List what was given up, and what was no task at all."""
    names = ("queue", "id", "task", "attempts", "reason")
    return _table(
        _call(options, "GET", "/v1/dead-letters"),
        "dead_letters",
        names,
        raw=raw,
        none="nothing was given up",
    )


def _about_a_letter(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.argument("letter_id")(command)
    return click.option(
        "--queue", default="network", show_default=True, help="`network` or `escalations`."
    )(command)


@tasks_command.command("requeue")
@_about_a_letter
@address_options
def requeue_letter(letter_id: str, queue: str, **options: Any) -> int:
    """Put a task that was given up back, with all its attempts."""
    body = _call(options, "POST", f"{_letter(queue, letter_id)}/requeue", {})
    click.echo(render.lines(f"{body.get('task')} waits again"))
    return exits.DONE


@tasks_command.command("drop")
@_about_a_letter
@address_options
def drop_letter(letter_id: str, queue: str, **options: Any) -> int:
    """Let go of something that was given up, for good."""
    body = _call(options, "DELETE", _letter(queue, letter_id))
    click.echo(render.lines(f"{body.get('dropped')} is dropped"))
    return exits.DONE


def _confirmation(body: dict[str, Any]) -> Confirmation:
    """Read what a task waits for; its token is shown to nobody."""
    return msgspec.convert({"token": "", **body["confirmation"]}, Confirmation)


def _agreed(confirmation: Confirmation) -> bool:
    """Have the person who sits here name what is about to be changed."""
    if not sys.stdin.isatty():
        click.echo("it needs a yes: say it at a terminal, or over POST /v1/confirm", err=True)
        return False
    if not confirmation.preview.on:
        return click.confirm("do it?", default=False, err=True)
    shown = render.lines(confirmation.preview.on[0])
    name = shown.rpartition(" (")[0] or shown
    typed = click.prompt(f'type "{name}" to do it', default="", show_default=False, err=True)
    return bool(typed == name)


def _call(
    options: Mapping[str, Any],
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    timeout_s: float = 30.0,
) -> dict[str, Any]:
    with connected(options) as client:
        return client.call(method, path, body, timeout_s=timeout_s)


def _table(body: dict[str, Any], what: str, names: tuple[str, ...], *, raw: bool, none: str) -> int:
    if raw:
        click.echo(json.dumps(body, indent=2, ensure_ascii=True))
        return exits.DONE
    rows = body.get(what)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        message = f"the answer lists no {what}"
        raise BadAnswer(message, service="cortex-activator", hint="is that address really Cortex?")
    if not rows:
        click.echo(none)
        return exits.DONE
    titles = [(name, name.replace("_", " ")) for name in names]
    render.show_table(titles, [_dated(row) for row in rows])
    return exits.DONE


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    at = row.get("at")
    if not isinstance(at, int | float):
        return row
    return row | {"at": datetime.fromtimestamp(at, UTC).astimezone().strftime("%m-%d %H:%M:%S")}


def _place(task_id: str) -> str:
    return f"/v1/tasks/{quote(task_id, safe='')}"


def _letter(queue: str, letter_id: str) -> str:
    return f"/v1/dead-letters/{quote(queue, safe='')}/{quote(letter_id, safe='')}"

"""`cortex memory`: whether memory works, how much is in it, and how to move it to a server."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cortex.cli import exits, render
from cortex.cli.connection import address_options, connected
from cortex.settings.secret_files import read_secret

_MOVE_S = timedelta(hours=1).total_seconds()


@click.group("memory", short_help="Show what memory holds, or copy it to a Qdrant server.")
def memory_command() -> None:
    """Look at the memory of a running Cortex."""


@memory_command.command("show")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def show_command(*, raw: bool, **options: Any) -> int:
    """Show whether memory works, and how many points each collection holds."""
    with connected(options) as client:
        body = client.get("/v1/memory")
    if raw:
        click.echo(json.dumps(body, indent=2, ensure_ascii=True))
    else:
        render.show_body({"facts": body})
    return exits.DONE if body.get("state") == "ready" else exits.UNAVAILABLE


@memory_command.command("migrate")
@click.option("--to", "server", required=True, help="The Qdrant server, as http://qdrant:6333.")
@click.option(
    "--key-file", type=click.Path(path_type=Path), help="The file with that server's API key."
)
@address_options
def migrate_command(server: str, key_file: Path | None, **options: Any) -> int:
    """Copy everything to a Qdrant server; nothing is removed here.

    It can be repeated: points that are there are compared, and sent again only where they differ.
    """
    key = read_secret(key_file.absolute(), setting="key", source="--key-file") if key_file else None
    body = {"url": server} | ({"api_key": key} if key else {})
    with connected(options) as client:
        copied = client.call("POST", "/v1/memory/migrate", body, timeout_s=_MOVE_S)
    render.show_body({"facts": copied.get("copied", {})})
    click.echo(f"copied; now set `memory.url: {server}` and start Cortex again")
    return exits.DONE

"""`cortex layers` and `cortex tools`: what is awake, and what Cortex can do."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from cortex.cli import exits, render
from cortex.cli.connection import Address, address_options, connect


@click.command("layers", short_help="Show which layers are awake.")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def layers_command(*, raw: bool, **options: Any) -> int:
    """Show which layers are awake, since when, and how many questions hold them."""
    return _page("/v1/layers", "layers", raw=raw, options=options)


@click.command("tools", short_help="List everything that Cortex can do.")
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def tools_command(*, raw: bool, **options: Any) -> int:
    """List every tool with its risk and an example of how to ask for it."""
    return _page("/v1/tools", "tools", raw=raw, options=options)


def _page(path: str, key: str, *, raw: bool, options: dict[str, Any]) -> int:
    with connect(Address(options["url"], options["token_file"], options["home"])) as client:
        body = client.get(path)
    if raw:
        click.echo(json.dumps(body, indent=2, ensure_ascii=True))
        return exits.DONE
    rows = [_short(row) for row in body.get(key, ())]
    render.show_table([(name, name) for name in (rows[0] if rows else {})], rows)
    return exits.DONE


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Keep what fits a line: single values, a readable time, the first of several examples."""
    kept = {name: one for name, one in row.items() if not isinstance(one, list | dict)}
    if since := row.get("since"):
        kept["since"] = datetime.fromtimestamp(since, UTC).astimezone().strftime("%H:%M:%S")
    if examples := row.get("examples"):
        kept["example"] = examples[0]
    return kept

"""The command line: parse, load settings, run. Nothing else.

Each command lives in a module of its own that is imported when it is used, so that a layer
process carries neither the terminal's rendering nor the simulators.
"""

import importlib
import signal
import sys
from typing import Any

import click
from typing_extensions import override

from cortex.cli import exits, pasting

_COMMANDS = {
    "ask": ("asking", "Ask a question or give a command in plain language."),
    "explain": ("asking", "Show the way a question would take, without running it."),
    "feedback": ("asking", "Say what was wrong, or right, with an answer."),
    "lab": ("processes.running", "Run Cortex beside a simulated UniFi site."),
    "demo": ("processes.running", "Watch Cortex work on a simulated site, in under a minute."),
    "up": ("processes.up", "Run Cortex for your own controller."),
    "doctor": ("doctor", "Check settings, certificate, login and rights."),
    "layers": ("looking", "Show which layers are awake."),
    "tools": ("looking", "List everything that Cortex can do."),
    "tasks": ("coordination.tasking", "Show and steer what other systems asked."),
    "agents": ("coordination.tasking", "List who works beside the fabric."),
    "notify": ("coordination.notifying", "Try whether people would be reached."),
    "timers": ("scheduling.timers", "List, show or cancel what is to happen later."),
    "routes": ("memory.routes", "List, show, forget, roll back or export learned routes."),
    "memory": ("memory.store", "Show what memory holds, or copy it to a Qdrant server."),
    "audit": ("telemetry.auditing", "Show, verify or export the record of what was done."),
    "learn": ("telemetry.learning", "Show what was learned, learn from it, or take it back."),
    "backup": ("keeping.commands", "Put all that Cortex knows into one file."),
    "restore": ("keeping.commands", "Put back what a backup holds."),
    "ssh": ("devices.hosts", "List, accept or forget the host keys of devices."),
    "tokens": ("access", "Create, list, rotate and revoke tokens."),
    "model": ("memory.model", "Install the embedding model, or check it."),
    "writes": ("access", "Stop all changes to the network, or allow them again."),
    "serve": ("processes.serving", "Run one process of the fabric (used by `up` and by systemd)."),
    "simulate": ("processes.simulating", "Run a simulated system on its own."),
    "train": ("training", "Train the classifier from its sentences."),
}

_HELP = f"""Ask and command a UniFi network in plain language, on hardware you own.

\b
Try it without any hardware:
  cortex demo                        watch it work
  cortex lab                         a simulated site; then, in another terminal:
  cortex ask "who is online?"
\b
With your own controller:
  cortex doctor                      check the settings
  cortex up                          run it; read-only until you allow writes
{exits.TABLE}
"""


class _Commands(click.Group):
    """The commands by name, each imported when it is asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"cortex.cli.{_COMMANDS[cmd_name][0]}")
        found = getattr(module, f"{cmd_name}_command")
        return found if isinstance(found, click.Command) else None

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.command(
    cls=_Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True, no_args_is_help=False,
)  # fmt: skip
@click.version_option(package_name="cortex-platform", prog_name="cortex")
@click.pass_context
def cortex(context: click.Context) -> None:
    """Show the help when no command is named."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and tell its exit code; no traceback reaches the terminal."""
    try:
        outcome: Any = cortex.main(args=arguments, prog_name="cortex", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001  # the top of the process
        return exits.report(error)
    finally:
        pasting.forget()
    return outcome if isinstance(outcome, int) else exits.DONE

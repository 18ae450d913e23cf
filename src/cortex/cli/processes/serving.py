"""`cortex serve`: one process of the fabric, from its settings to its last answer.

Builds nothing itself: each process has a `build(settings)`, imported here by name when asked
for, so that no process carries another one's code.
"""

import asyncio
import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import click
import uvicorn
from typing_extensions import override

from cortex.cli import exits
from cortex.cli.processes.lean import frugal, lean_imports
from cortex.cli.processes.logs import configure_logs, log_failure
from cortex.errors import CortexError, Misconfigured
from cortex.settings import homes
from cortex.settings.loading import Settings, load, prepare_home

ACTIVATOR = "cortex.fabric.activator.app"
PROCESSES: dict[str, tuple[str, Callable[[Settings], Any]]] = {
    "cortex-activator": (ACTIVATOR, lambda settings: settings.activator),
    "execution-unifi-api": (
        "cortex.fabric.execution.api.app",
        lambda settings: settings.execution_api,
    ),
    "execution-unifi-ssh": (
        "cortex.fabric.execution.ssh.app",
        lambda settings: settings.execution_ssh,
    ),
    "reasoning-classifier": (
        "cortex.fabric.reasoning.app",
        lambda settings: settings.reasoning_classifier,
    ),
    "cortex-telemetry": ("cortex.fabric.telemetry.app", lambda settings: settings.telemetry),
    "cortex-master": ("cortex.agents.master.app", lambda settings: settings.cortex_master),
}
_GRACE_S = 10
"""How long open requests may take to end after SIGTERM."""
_KEEP_ALIVE_S = 75


class AnnouncingServer(uvicorn.Server):
    """A server that says where it listens once it does, and leaves without a traceback."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and self.started:
            self._announce(address(sockets[0]))

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Finish what is under way, then leave."""
        self.should_exit = True


@click.command("serve", short_help="Run one process of the fabric.")
@click.argument("process", type=click.Choice(list(PROCESSES)))
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
@click.option("--host", help="The address to listen on, instead of the settings'.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
@click.option("--parent-pipe", is_flag=True, help="Leave when standard input reaches its end.")
def serve_command(
    process: str, config: Path | None, host: str | None, port: int | None, *, parent_pipe: bool
) -> None:
    """Run one process of the fabric in the foreground.

    Prints one JSON line with the address once it listens; logs are JSON lines on standard
    error. SIGTERM and Ctrl-C let open requests end first.
    """
    configure_logs(process)
    try:
        settings = load(os.environ, file=config)
        module, choose = PROCESSES[process]
        chosen = choose(settings)
        port = chosen.port if port is None else port
        chosen = replace(chosen, host=host or chosen.host, port=port)
        serve(module, chosen, home=settings.home, announce=_announce, parent_pipe=parent_pipe)
    except CortexError as error:
        if not parent_pipe:
            raise
        # A parent reads our log, not a terminal: its reason for people is the last line.
        log_failure(error)
        sys.exit(exits.of(error))


def serve(
    module: str, chosen: Any, *, home: Path, announce: Callable[[str], None], parent_pipe: bool
) -> None:
    """Build a process from its settings and serve it until told to stop.

    Raises:
        CortexError: it cannot start, or another one runs on the same data folder.

    """
    prepare_home(home)
    frugal(os.environ)
    with contextlib.ExitStack() as stack:
        said = announce
        if module == ACTIVATOR:
            stack.enter_context(homes.held(home))
            said = _noting(home, announce)
            # Its layers find what it found itself; the settings' own entries win.
            chosen = replace(chosen, layer_environ={**os.environ, **chosen.layer_environ})
        listener = stack.enter_context(listen(chosen.host, chosen.port))
        with lean_imports():
            process = importlib.import_module(module)
        app = process.build(chosen)
        run_app(app, listener, announce=said, parent_pipe=parent_pipe)


def _noting(home: Path, announce: Callable[[str], None]) -> Callable[[str], None]:
    def said(url: str) -> None:
        homes.note(home, url)
        announce(url)

    return said


def _announce(url: str) -> None:
    sys.stdout.write(json.dumps({"listening": url}) + "\n")
    sys.stdout.flush()


def run_app(
    app: Any, listener: socket.socket, *, announce: Callable[[str], None], parent_pipe: bool
) -> None:
    """Serve an application on a bound socket until told to stop."""
    server = AnnouncingServer(
        uvicorn.Config(
            app,
            loop="asyncio",
            http="httptools",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        ),
        announce,
    )
    # uvicorn raises the signal once more when it is done, for whoever stood here before it.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, server.stop)
    if parent_pipe:
        leave_with_parent(server.stop)
    asyncio.run(server.serve(sockets=[listener]))


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket, or say in words why not.

    Raises:
        Misconfigured: the port is taken or not allowed, or the host is not ours.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's delay only for sockets that say they speak TCP.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        message = f"cannot listen on {host}:{port}: {error.strerror or error}"
        hint = "choose another --port, or --port 0 for any free one"
        raise Misconfigured(message, setting="port", hint=hint) from error
    return bound


def address(bound: socket.socket) -> str:
    """Write where a socket listens as an address."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def leave_with_parent(stop: Callable[[], object]) -> None:
    """Stop when standard input ends, which the kernel sees to when the parent is gone."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        stop()

    threading.Thread(target=watch, daemon=True).start()

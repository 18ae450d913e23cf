"""Puts a simulated controller behind a port on loopback, as a process or inside a test.

It listens on 127.0.0.1 and nowhere else: the control plane asks for no credentials.
"""

import contextlib
import datetime as dt
import json
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from cortex.simulators.unifi.certificate import obtain
from cortex.simulators.unifi.control.interference import HANG_UP
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.simulator import Simulator, simulate

HOST: Final = "127.0.0.1"
_GRACE_S: Final = 2
"""How long open requests and websockets may take to end when the server stops."""
_START_S: Final = 30.0


class Server(uvicorn.Server):
    """A server that says when it listens and can cut a client's line."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listens()

    def cut(self, client: tuple[str, int]) -> None:
        """Close the connection of a client without another byte."""
        for protocol in tuple(self.server_state.connections):
            if getattr(protocol, "client", None) == client:
                protocol.transport.abort()


def serve(options: SimulatorOptions) -> None:
    """Run a simulated controller until the process is told to stop.

    When it listens it writes one line of JSON to standard output: `listening` is its address,
    `certificate` the file that vouches for it.

    Raises:
        OSError: the port is taken.
        OptionError: the file with faults or the one with the state cannot be used.

    """
    with (
        simulate(options) as simulator,
        _folder(options) as folder,
        _socket(options.port) as listener,
    ):
        told = {
            "listening": _address(listener, tls=options.tls),
            "certificate": str(_certificate(folder)) if options.tls else None,
            "layout": options.layout,
            "version": options.version,
            "username": options.username,
        }
        server = _server(simulator.app, options, folder, partial(_tell, told))
        server.run(sockets=[listener])


@contextlib.contextmanager
def listening(simulator: Simulator, options: SimulatorOptions | None = None) -> Iterator[str]:
    """Serve a simulator from a thread while the context lasts, and give its address.

    Raises:
        TimeoutError: it does not listen within half a minute.

    """
    options = options or SimulatorOptions()
    ready = threading.Event()
    with _folder(options) as folder, _socket(options.port) as listener:
        server = _server(simulator.app, options, folder, ready.set)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            if not ready.wait(_START_S):
                message = f"the simulator does not listen after {_START_S} seconds"
                raise TimeoutError(message)
            yield _address(listener, tls=options.tls)
        finally:
            server.should_exit = True
            thread.join(_START_S)


def _server(
    app: ASGIApp, options: SimulatorOptions, folder: Path, listens: Callable[[], None]
) -> Server:
    async def severable(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope.setdefault("extensions", {})[HANG_UP] = partial(server.cut, scope["client"])
        await app(scope, receive, send)

    server = Server(_config(severable, options, folder), listens)
    return server


def _config(app: Any, options: SimulatorOptions, folder: Path) -> uvicorn.Config:
    pair = obtain(folder, dt.datetime.now(dt.UTC)) if options.tls else None
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=pair.certificate if pair else None,
        ssl_keyfile=pair.key if pair else None,
    )


@contextlib.contextmanager
def _folder(options: SimulatorOptions) -> Iterator[Path]:
    if options.folder is not None:
        yield options.folder
        return
    with tempfile.TemporaryDirectory(prefix="cortex-unifi-") as made:
        yield Path(made)


def _certificate(folder: Path) -> Path:
    return obtain(folder, dt.datetime.now(dt.UTC)).certificate


def _socket(port: int) -> socket.socket:
    # asyncio turns off Nagle's delay only for sockets that say they speak TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _address(listener: socket.socket, *, tls: bool) -> str:
    return f"{'https' if tls else 'http'}://{HOST}:{listener.getsockname()[1]}"


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()

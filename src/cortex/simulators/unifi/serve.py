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
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from cortex.simulators.unifi.certificate import obtain
from cortex.simulators.unifi.control.interference import HANG_UP
from cortex.simulators.unifi.control.outage import Reach
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.simulator import Simulator, simulate
from cortex.simulators.unifi.ssh.ground import Ground
from cortex.simulators.unifi.ssh.wire.doorway import HOST, beside, bound

_GRACE_S: Final = 2
"""How long open requests and websockets may take to end when the server stops."""
_START_S: Final = 30.0
_BACKLOG: Final = 2_048

Announced = dict[str, Any]


class Server(uvicorn.Server):
    """A server that says when it listens, can cut a client's line, and can be out of reach."""

    def __init__(
        self, config: uvicorn.Config, listens: Callable[[Announced], None], ground: Ground | None
    ) -> None:
        super().__init__(config)
        self._listens = listens
        self._ground = ground
        self._around = contextlib.AsyncExitStack()
        self._held: socket.socket | None = None
        """Keeps the port ours while nothing listens on it."""
        self._silent: socket.socket | None = None

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._held = sockets[0] if sockets else bound(0)
        await super().startup([beside(self._held)])
        announced: Announced = {}
        if self._ground is not None:
            self._ground.fleet.field.outage.serve_by(self.become)
            announced = await self._around.enter_async_context(self._ground.running())
        self._listens(announced)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._around.aclose()
        if self._silent is not None:
            self._silent.close()
        await super().shutdown(sockets)

    async def become(self, reach: Reach) -> None:
        """Answer, refuse or say nothing from now on, always at the same port."""
        self._leave()
        if self._held is not None and reach != "refused":
            listener = beside(self._held)
            if reach == "up":
                await super().startup([listener])
            else:
                listener.listen(_BACKLOG)
                self._silent = listener

    def _leave(self) -> None:
        """Listen no more; whoever is connected to a controller that goes down is cut off."""
        for server in self.servers:
            server.close()
        for protocol in tuple(self.server_state.connections):
            protocol.transport.abort()
        if self._silent is not None:
            self._silent.close()
            self._silent = None

    def cut(self, client: tuple[str, int]) -> None:
        """Close the connection of a client without another byte."""
        for protocol in tuple(self.server_state.connections):
            if getattr(protocol, "client", None) == client:
                protocol.transport.abort()


def serve(options: SimulatorOptions) -> None:
    """Run a simulated controller until the process is told to stop.

    When it listens it writes one line of JSON to standard output: `listening` is its address,
    `certificate` the file that vouches for it, and with `ssh` where the rest is.

    Raises:
        OSError: the port is taken.
        OptionError: the file with faults or the one with the state cannot be used.

    """
    with (
        simulate(options) as simulator,
        _folder(options) as folder,
        bound(options.port) as listener,
    ):
        told = {
            "listening": _address(listener, tls=options.tls),
            "certificate": str(_certificate(folder)) if options.tls else None,
            "layout": options.layout,
            "version": options.version,
            "username": options.username,
        }
        server = _server(simulator, options, folder, lambda more: _tell(told | more))
        server.run(sockets=[listener])


@contextlib.contextmanager
def listening(simulator: Simulator, options: SimulatorOptions | None = None) -> Iterator[str]:
    """Serve a simulator from a thread while the context lasts, and give its address.

    Raises:
        TimeoutError: it does not listen within half a minute.

    """
    options = options or SimulatorOptions()
    ready = threading.Event()
    with _folder(options) as folder, bound(options.port) as listener:
        server = _server(simulator, options, folder, lambda _: ready.set())
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
    simulator: Simulator,
    options: SimulatorOptions,
    folder: Path,
    listens: Callable[[Announced], None],
) -> Server:
    async def severable(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope.setdefault("extensions", {})[HANG_UP] = partial(server.cut, scope["client"])
        await simulator.app(scope, receive, send)

    server = Server(_config(severable, options, folder), listens, simulator.ground)
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


def _address(listener: socket.socket, *, tls: bool) -> str:
    return f"{'https' if tls else 'http'}://{HOST}:{listener.getsockname()[1]}"


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()

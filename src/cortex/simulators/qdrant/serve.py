"""Puts a simulated Qdrant server behind a port on loopback; it keeps everything in memory."""

import json
import socket
import sys
import time
from collections.abc import Callable
from typing import Final

import uvicorn
from typing_extensions import override

from cortex.simulators.qdrant.app import Knobs, QdrantServer
from cortex.simulators.qdrant.faults import Slow
from cortex.simulators.qdrant.options import QdrantOptions
from cortex.simulators.qdrant.world.server import VERSION

HOST: Final = "127.0.0.1"
_GRACE_S: Final = 2


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listens()


def simulate(options: QdrantOptions) -> QdrantServer:
    """Return a simulated server that runs on this machine's clock."""
    knobs = Knobs(options.api_key, options.read_only_api_key, options.lag_s)
    server = QdrantServer(time.monotonic, knobs)
    if options.slow_s:
        server.faults.strike(Slow(seconds=options.slow_s))
    return server


def serve(options: QdrantOptions) -> None:
    """Run a simulated server until the process is told to stop.

    When it listens it writes one line of JSON to standard output: `listening` is its address.

    Raises:
        OSError: the port is taken.

    """
    server = simulate(options)
    # asyncio turns off Nagle's delay only for sockets that say they speak TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, options.port))
        address = f"http://{HOST}:{listener.getsockname()[1]}"

        def tell() -> None:
            sys.stdout.write(json.dumps({"listening": address, "version": VERSION}) + "\n")
            sys.stdout.flush()

        config = uvicorn.Config(
            server.app,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        _Server(config, tell).run(sockets=[listener])

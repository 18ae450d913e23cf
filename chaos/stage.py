"""What is broken: a Redis server, its workers, a layer, a site, activators and masters.

All of it runs as processes of its own that end with this one. What is broken when is decided by
`breaking`.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from time import monotonic

from chaos.company import Company
from chaos.layer import ADDRESS
from chaos.ledger import Window
from chaos.letters import SENDER
from chaos.records import listens
from chaos.schedule import Size
from cortex.coordination.bundled import BundledServer, bundled_url, started
from cortex.fabric.activator.access.keys import grant_key, service_credential
from cortex.lab.processes import Running, start
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab

_LOOK_S = 0.1
_ENDS_S = 15.0
_AHEAD_S = 3600.0
"""By how much the wall clocks of two workers are wrong, one way and the other."""


class Stage:
    """The processes of one run, and the faults that befell them."""

    def __init__(self, folder: Path, size: Size, lab: Lab) -> None:
        self.folder = folder
        self.size = size
        self.lab = lab
        self.plane = ControlPlane(lab.simulator)
        self.url = bundled_url(folder)
        self.company = Company(folder, self.url, lab)
        self.windows: list[Window] = []
        self.workers: list[Process] = []
        self._server: BundledServer | None = None
        self._layer: Running | None = None
        self._starts = 0

    @property
    def server(self) -> BundledServer:
        """The Redis server that runs now."""
        if self._server is None:
            message = "the Redis server is away"
            raise RuntimeError(message)
        return self._server

    @property
    def layer(self) -> Running:
        """The execution layer that runs now."""
        if self._layer is None:
            message = "the execution layer is away"
            raise RuntimeError(message)
        return self._layer

    async def open(self) -> None:
        """Start Redis, the layer and the workers."""
        (self.folder / "records").mkdir(mode=0o700)
        await self.start_server()
        await self.start_layer()
        await self.company.open()
        self.workers = [await self._worker() for _ in range(self.size.workers)]

    async def start_server(self) -> None:
        """Start Redis on what it kept."""
        if self._server is not None:
            await self._server.stop()
        self._server = await started(self.folder)

    async def start_layer(self) -> None:
        """Start the execution layer, and tell the workers where it is."""
        home = self.folder / "layer"
        if self._layer is None:
            home.mkdir(mode=0o700)
            service_credential(home)
            grant_key(home)
        self._layer = await asyncio.to_thread(
            start,
            "execution-unifi-api",
            ["serve", "execution-unifi-api", "--parent-pipe"],
            environ=self._environ(home),
            log=self.folder / "layer.log",
        )
        fresh = self.folder / f"{ADDRESS}.new"
        fresh.write_text(self._layer.url, encoding="ascii")
        fresh.replace(self.folder / ADDRESS)

    async def keep_workers(self) -> None:
        """Start a worker for each that ended, until cancelled."""
        while True:
            for place, one in enumerate(self.workers):
                if one.returncode is not None:
                    self.windows.append(Window("worker killed", 0.0, monotonic(), one.pid))
                    self.workers[place] = await self._worker()
            await asyncio.sleep(_LOOK_S)

    async def dismiss(self) -> list[int | None]:
        """Ask the workers to stop, each once it listens, and tell their exit codes."""
        notes = self.folder / "records"
        async with asyncio.timeout(_ENDS_S):
            for one in self.workers:
                with contextlib.suppress(ProcessLookupError):
                    one.send_signal(signal.SIGCONT)
                    while one.returncode is None and not listens(notes, one.pid):  # noqa: ASYNC110  # another process's file
                        await asyncio.sleep(_LOOK_S)
                    one.terminate()
            return [await one.wait() for one in self.workers]

    async def close(self) -> None:
        """End what still runs."""
        for one in self.workers:
            with contextlib.suppress(ProcessLookupError):
                one.kill()
            await one.wait()
        await self.company.close()
        if self._layer is not None:
            await asyncio.to_thread(self._layer.stop)
        if self._server is not None:
            await self._server.stop()
        self.plane.close()

    async def _worker(self) -> Process:
        ahead = (_AHEAD_S, -_AHEAD_S, 0.0)[min(self._starts % self.size.workers, 2)]
        self._starts += 1
        given = (self.folder, self.url, self.size.lease_s, ahead)
        with (self.folder / "workers.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "chaos.worker", *map(str, given)),
                cwd=Path(__file__).parents[1],
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _environ(self, home: Path) -> Mapping[str, str]:
        said = self.lab.simulator.said
        clean = {name: one for name, one in os.environ.items() if not name.startswith("CORTEX_")}
        return clean | {
            "CORTEX_HOME": str(home),
            "CORTEX_CONTROLLER_URL": self.lab.simulator.url,
            "CORTEX_CONTROLLER_API_KEY_FILE": str(self.lab.home / "unifi.key"),
            "CORTEX_CONTROLLER_TRUST": "ca",
            "CORTEX_CONTROLLER_CA_FILE": str(said["certificate"]),
        }


@contextlib.asynccontextmanager
async def staged(folder: Path, size: Size) -> AsyncIterator[Stage]:
    """Run everything while the block runs."""
    options = LabOptions(
        home=folder / "lab",
        seed=size.seed,
        clients=size.writes + size.letters // 2 + 30,
        settings={
            "redis": {"url": bundled_url(folder)},
            "activator": {"task_senders": {SENDER: "admin"}},
        },
    )
    with running_lab(options, os.environ) as lab:
        stage = Stage(folder, size, lab)
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()

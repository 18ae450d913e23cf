"""Two activators as processes of their own, with a Redis and a memory between them."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from chaos.twin import twin

from cortex.lab.processes import Running, start
from cortex.lab.site import Lab, LabOptions, running_lab
from tests.fabric.activator.peers.rooms import WITHIN_S, until


@dataclass(frozen=True)
class Two:
    """A lab, and a second activator in front of the same console."""

    lab: Lab
    other: Running

    @asynccontextmanager
    async def http(self) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
        """Ask either of them, once both have Redis."""
        async with self.asked(self.lab.activator) as one, self.asked(self.other) as another:
            for each in (one, another):
                await ready(each)
            yield one, another

    def asked(self, activator: Running) -> httpx.AsyncClient:
        """Ask one of them as the admin, with or without Redis."""
        return httpx.AsyncClient(
            base_url=activator.url,
            headers={"authorization": f"Bearer {self.lab.token}"},
            timeout=WITHIN_S * 2,
            trust_env=False,
        )


async def ready(http: httpx.AsyncClient, state: str = "ready") -> None:
    """Wait until Redis is in this state for an activator."""

    async def holds() -> bool:
        return bool((await http.get("/ready")).json()["coordination"] == state)

    await until(holds)


@contextlib.contextmanager
def two(folder: Path, redis: str, *, activator: Mapping[str, Any] | None = None) -> Iterator[Two]:
    """Run both while the block runs, with further settings of theirs."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with _qdrant(folder, environ) as qdrant:
        shared: dict[str, dict[str, Any]] = {
            "redis": {"url": redis},
            "memory": {"url": qdrant.url},
            "activator": dict(activator or {}),
        }
        options = LabOptions(home=folder / "one", speed=100, settings=shared)
        with running_lab(options, environ) as lab, _second(lab, folder / "two", environ) as other:
            yield Two(lab, other)


def _qdrant(folder: Path, environ: dict[str, str]) -> Running:
    words = ["simulate", "qdrant", "--parent-pipe", "--port", "0"]
    return start("qdrant", words, environ=environ, log=folder / "qdrant.log")


def _second(lab: Lab, home: Path, environ: dict[str, str]) -> Running:
    """Start another activator with the same keys, tokens and settings, and a folder of its own."""
    words = ["serve", "cortex-activator", "--parent-pipe"]
    return start("the second activator", words, environ=environ | twin(lab, home), log=home / "log")

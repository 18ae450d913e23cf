"""A lab to ask: every tier awake, writes allowed, one admin token, and no quota in the way."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cortex.clients.activator import ActivatorClient
from cortex.lab.site import ControlPlane, LabOptions, running_lab

_WAIT_S = 60.0
_QUOTA = 1_000_000
_WAKING = ("who is online?", "kindly do the needful about that thing over there")
"""One question that the rules know, and one that only a dearer tier might."""


@dataclass(frozen=True, slots=True)
class Site:
    """A running lab: whom to ask, and what the controller saw of it."""

    cortex: ActivatorClient
    controller: ControlPlane

    def explain(self, text: str) -> dict[str, Any]:
        """Ask which way a query would take."""
        return self.cortex.call("POST", "/v1/explain", {"query": text}, timeout_s=_WAIT_S)

    def query(self, text: str) -> dict[str, Any]:
        """Ask for real."""
        return self.cortex.query({"query": text})


@contextmanager
def site(*, layers_awake: bool = True) -> Iterator[Site]:
    """Run a fresh lab while the block runs."""
    settings = {"activator": {"quota_per_minute": _QUOTA}}
    with tempfile.TemporaryDirectory() as folder:
        options = LabOptions(home=Path(folder) / "home", settings=settings)
        with (
            running_lab(options, {}) as lab,
            closing(ControlPlane(lab.simulator)) as controller,
            ActivatorClient(lab.activator.url, lab.token) as cortex,
        ):
            here = Site(cortex, controller)
            if layers_awake:
                _wake(here)
            yield here


def _wake(here: Site) -> None:
    """Ask what wakes each layer that this installation has, until those that wake are up."""
    for text in _WAKING:
        here.query(text)
    give_up = time.monotonic() + _WAIT_S
    while any(one["state"] == "waking" for one in here.cortex.get("/v1/layers")["layers"]):
        if time.monotonic() > give_up:
            message = "a layer did not come up"
            raise RuntimeError(message)
        time.sleep(0.1)  # noqa: TID251  # a benchmark waits for a real process

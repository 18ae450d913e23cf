"""Devices without their controller: the way over SSH from a question to its answer.

Asked of a whole lab whose simulated controller is down. For a hundred devices, more than the lab
has, servers in a process of their own answer in their place.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from cortex.fabric.messages import Known
from cortex.fabric.messages.known import written
from cortex.files import write_private
from cortex.lab.cast import choose
from cortex.lab.memory import pss_mib
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab
from cortex.lab.steering import Reach

LAYER = "execution-unifi-ssh"
COLD_STARTS = 5
DECISIONS = 100
DEVICES = 100
SESSIONS = 50
WAIT_S = 60.0
_USER = "bench"
_WORD = "only-for-a-benchmark"
_LOOK_S = 0.1
_TRIES = 5
_ESTABLISHED = "01"


def first_answer_ms() -> float:
    """Ask for a device while the controller is down and the SSH layer sleeps; the median."""
    with _outage("down", cooldown=1) as (http, question):
        took = []
        for _ in range(COLD_STARTS):
            _until(lambda: _layer(http)["state"] == "cold", "the SSH layer did not go to sleep")
            start = time.perf_counter()
            reply = _asked(http, question)
            took.append((time.perf_counter() - start) * 1000)
            if LAYER not in reply["layers_woken"]:
                message = f"the SSH layer was not woken: {reply}"
                raise RuntimeError(message)
        return statistics.median(took)


def decision_p99_ms() -> float:
    """Time what a query takes beside its reading and its answer, of two kinds of outage."""
    return max(_decisions("down"), _decisions("silent"))


def hundred_devices_s() -> float:
    """Have a hundred devices asked what they are, none of them connected before."""
    return _street().took_s


def sessions_mib() -> float:
    """Measure the SSH layer with fifty sessions open."""
    return _street().mib


def _decisions(reach: Reach) -> float:
    with _outage(reach) as (http, question):
        took = list[float]()
        for _ in range(DECISIONS):
            times = _asked(http, question)["timings_ms"]
            took.append(times["total"] - times["route"] - times["wake"] - times["execute"])
        return sorted(took)[int(len(took) * 0.99) - 1]


@contextmanager
def _outage(reach: Reach, cooldown: int = 300) -> Iterator[tuple[httpx.Client, str]]:
    """Run a lab whose controller went away after its devices were remembered."""
    with tempfile.TemporaryDirectory() as folder:
        options = LabOptions(home=Path(folder) / "home", cooldown=timedelta(seconds=cooldown))
        with (
            running_lab(options, os.environ) as lab,
            _client(lab) as http,
            closing(ControlPlane(lab.simulator)) as plane,
        ):
            question = f"is {choose(plane.world()).point} up?"
            _asked(http, question, layer="execution-unifi-api")
            kept = lab.home / "inventory"
            _until(lambda: any(kept.glob("*.json")), "the site is not remembered")
            plane.controller(reach)
            _asked(http, question)
            yield http, question


@dataclass(frozen=True, slots=True)
class _Street:
    """What asking a hundred devices took, and what the layer held then."""

    took_s: float
    mib: float


@functools.cache
def _street() -> _Street:
    with tempfile.TemporaryDirectory() as folder, _devices() as devices:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        options = LabOptions(home=home, settings={"ssh": _remember(home, devices)})
        with (
            running_lab(options, os.environ) as lab,
            _client(lab) as http,
            closing(ControlPlane(lab.simulator)) as plane,
        ):
            plane.controller("down")
            _asked(http, f"is {devices[0]['name']} up?")
            start = time.perf_counter()
            reply = _asked(http, "list all devices")
            took = time.perf_counter() - start
            if not reply["answer"].startswith(f"{DEVICES} of {DEVICES} devices"):
                message = f"not every device answered: {reply['answer']}"
                raise RuntimeError(message)
            ports = {int(one["address"].rpartition(":")[2]) for one in devices}
            # More than needed may be let go of where many wait for a place: once more, then.
            tries = iter(range(_TRIES))
            while (there := _open_sessions(ports)) != SESSIONS:
                if next(tries, None) is None:
                    message = f"{there} sessions are open, not {SESSIONS}"
                    raise RuntimeError(message)
                _asked(http, "list all devices")
            return _Street(took, pss_mib(_layer(http)["pid"]))


def _remember(home: Path, devices: list[Mapping[str, str]]) -> dict[str, Any]:
    """Write down where the devices are, and return the settings to reach them by."""
    rows = tuple(
        {
            "mac": one["mac"],
            "name": one["name"],
            "type": "uap",
            "model": "U7PG2",
            "state": 1,
            "adopted": True,
            "ssh_hostkey_fingerprint": one["fingerprint"],
        }
        for one in devices
    )
    known = Known(site="default", at=time.time(), devices=rows)
    write_private(home / "inventory" / "default.json", written(known))
    addresses = {one["mac"]: one["address"] for one in devices}
    write_private(home / "bench-addresses.json", json.dumps(addresses).encode())
    write_private(home / "bench.password", _WORD.encode())
    return {
        "username": _USER,
        "password_file": "bench.password",
        "addresses_file": str(home / "bench-addresses.json"),
        "sessions": SESSIONS,
    }


@contextmanager
def _devices() -> Iterator[list[Mapping[str, str]]]:
    command = (sys.executable, "-m", "benchmarks.devices", str(DEVICES), _USER)
    with subprocess.Popen(  # noqa: S603  # our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None  # noqa: S101  # a pipe was asked for
        assert process.stdout is not None  # noqa: S101  # a pipe was asked for
        process.stdin.write(f"{_WORD}\n")
        process.stdin.flush()
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(WAIT_S)


def _open_sessions(ports: set[int]) -> int:
    """Count the connections that are open to any of these ports."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    rows = (line.split() for line in lines)
    return sum(
        state == _ESTABLISHED and int(remote.rpartition(":")[2], 16) in ports
        for _, _, remote, state, *_ in rows
    )


def _client(lab: Lab) -> httpx.Client:
    token = {"Authorization": f"Bearer {lab.token}"}
    return httpx.Client(base_url=lab.activator.url, headers=token, timeout=WAIT_S, trust_env=False)


def _asked(http: httpx.Client, question: str, *, layer: str = LAYER) -> dict[str, Any]:
    reply: dict[str, Any] = http.post("/v1/query", json={"query": question}).json()
    if reply["status"] != "done" or reply["route"]["layer"] != layer:
        message = f"{layer} did not answer: {reply}"
        raise RuntimeError(message)
    return reply


def _layer(http: httpx.Client) -> dict[str, Any]:
    layers: list[dict[str, Any]] = http.get("/v1/layers").json()["layers"]
    return next(one for one in layers if one["name"] == LAYER)


def _until(holds: Any, otherwise: str) -> None:
    give_up = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > give_up:
            raise RuntimeError(otherwise)
        time.sleep(_LOOK_S)  # noqa: TID251  # a benchmark waits for real processes

"""The lab: a simulated UniFi site and the one-machine fabric in front of it, as child processes.

The fabric gets the settings file of a real installation, so that nothing but the controller is
simulated. Everything lies in one folder, and everything ends when the lab ends.
"""

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.files import write_private
from cortex.lab import steering
from cortex.lab.homes import lab_settings
from cortex.lab.processes import Running, start
from cortex.lab.steering import Steering
from cortex.settings import homes
from cortex.settings.loading import prepare_home

_KEY = "unifi.key"
_DEVICE_PASSWORD = "ssh.password"  # noqa: S105  # the name of a file
_CONSOLE_PASSWORD = "console.password"  # noqa: S105  # the name of a file
_DEVICE_USER = "fieldtech"
_ADDRESSES = "ssh-addresses.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabOptions:
    """How a lab is started; port 0 takes any free one."""

    home: Path
    seed: int = 1
    clients: int = 60
    port: int = 0
    simulator_port: int = 0
    speed: float = 20.0
    """How many times faster than life restarts run."""
    cooldown: timedelta = timedelta(seconds=300)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further settings of the fabric, by section and key."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A running lab."""

    home: Path
    simulator: Running
    activator: Running

    @property
    def token(self) -> str:
        """The admin token of this lab."""
        return admin_token_file(self.home).read_text(encoding="ascii").strip()

    @property
    def settings_file(self) -> Path:
        """The settings file of this lab's fabric."""
        return lab_settings(self.home)


@contextlib.contextmanager
def running_lab(options: LabOptions, environ: Mapping[str, str]) -> Iterator[Lab]:
    """Run a lab while the block runs.

    Raises:
        CortexError: it cannot start, or another Cortex runs on its folder.

    """
    home = options.home
    prepare_home(home)
    homes.refuse_second(home)
    words = {file: secrets.token_hex(16) for file in (_KEY, _DEVICE_PASSWORD, _CONSOLE_PASSWORD)}
    clean = {name: one for name, one in environ.items() if not name.startswith("CORTEX_")}
    clean["CORTEX_HOME"] = str(home)
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(_simulator(options, words, clean))
        for file, word in words.items():
            write_private(home / file, f"{word}\n".encode())
        steering.keep(home, simulator.said["control"])
        stack.callback(steering.forget, home)
        write_private(lab_settings(home), _settings(options, simulator).encode())
        environ = clean | {"CORTEX_CONFIG": str(lab_settings(home))}
        activator = stack.enter_context(
            start(
                "cortex-activator",
                ["serve", "cortex-activator", "--parent-pipe"],
                environ=environ,
                log=home / "logs" / "cortex-activator.log",
            )
        )
        yield Lab(home, simulator, activator)


class ControlPlane(Steering):
    """The simulator's control plane: its world, its journal of requests, and its faults."""

    def __init__(self, simulator: Running) -> None:
        super().__init__(simulator.said["control"])

    def world(self) -> dict[str, Any]:
        """Show who and what there is."""
        return self.call("GET", "/world")

    def writes(self, *, since: int = 0) -> list[dict[str, Any]]:
        """List the requests so far that changed something, numbered above `since`."""
        return list(self.call("GET", f"/journal?mutating=true&since={since}")["entries"])

    def break_next(self, fault: Mapping[str, Any]) -> None:
        """Switch a fault on."""
        self.call("POST", "/faults", fault)

    def struck(self) -> bool:
        """Tell whether every fault that is on has hit something."""
        return all(one["hits"] for one in self.call("GET", "/faults")["faults"])

    def mend(self) -> None:
        """Switch every fault off."""
        self.call("DELETE", "/faults")


def _simulator(
    options: LabOptions, words: Mapping[str, str], environ: Mapping[str, str]
) -> Running:
    folder = options.home / "simulator"
    # A file for each site: who asks for another one finds the first as it was left, later.
    arguments = [
        "simulate", "unifi", "--parent-pipe",
        "--seed", str(options.seed),
        "--clients", str(options.clients),
        "--port", str(options.simulator_port),
        "--speed", str(options.speed),
        "--api-key", words[_KEY],
        "--folder", str(folder),
        "--state", str(folder / f"site-{options.seed}-{options.clients}.state"),
        "--ssh",
        "--ssh-addresses", str(folder / _ADDRESSES),
        "--ssh-username", _DEVICE_USER,
        "--ssh-password", words[_DEVICE_PASSWORD],
        "--console-password", words[_CONSOLE_PASSWORD],
    ]  # fmt: skip
    log = options.home / "logs" / "simulator.log"
    return start("the simulator", arguments, environ=environ, log=log)


def _settings(options: LabOptions, simulator: Running) -> str:
    """Write the settings as JSON, which YAML contains."""
    sections: dict[str, Any] = {
        "home": str(options.home),
        "controller": {
            "url": simulator.url,
            "api_key_file": _KEY,
            "trust": "ca",
            "ca_file": simulator.said["certificate"],
        },
        "activator": {
            "port": options.port,
            "writes": True,
            "cooldown": options.cooldown.total_seconds(),
            # What was asked is to be seen in `cortex audit` while one tries it out.
            "telemetry_wait": 3,
        },
        "ssh": {
            "username": _DEVICE_USER,
            "password_file": _DEVICE_PASSWORD,
            "console_password_file": _CONSOLE_PASSWORD,
            "old_keys": simulator.said["old_keys"],
            "addresses_file": str(options.home / "simulator" / _ADDRESSES),
            "only_addresses": True,
            "discovery": [simulator.said["discovery"]],
        },
    }
    for section, keys in options.settings.items():
        sections[section] = sections.get(section, {}) | dict(keys)
    return json.dumps(sections, indent=2) + "\n"

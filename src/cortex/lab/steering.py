"""Steer a lab that runs: take its controller down and up, and let its devices misbehave.

It talks to the part of the simulator's control plane that outlives the controller. Where that
listens is kept in the lab's data folder, so that another terminal finds it; whether the lab still
runs is asked of the data folder's lock.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

import httpx

from cortex.errors import BadAnswer, Malformed, Unreachable
from cortex.files import write_private
from cortex.settings import homes

Reach = Literal["up", "down", "silent"]
Fault = Literal["changed-key", "slow", "refused", "hang", "none"]
REACHES: Final[tuple[Reach, ...]] = get_args(Reach)
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)

_KEPT: Final = Path("simulator") / "control.json"
_TIMEOUT_S: Final = 10.0
_SLOW_S: Final = 3.0
_STATES: Final[Mapping[Reach, str]] = {"up": "up", "down": "refused", "silent": "silent"}
_TRAPS: Final[Mapping[Fault, Mapping[str, Any]]] = {
    "changed-key": {"kind": "changed_hostkey"},
    "slow": {"kind": "slow_banner", "seconds": _SLOW_S},
    "refused": {"kind": "refused_port"},
    "hang": {"kind": "endless"},
}


class Steering:
    """The simulator's control plane at its own address."""

    def __init__(self, control: str) -> None:
        self._http = httpx.Client(base_url=f"{control}/_sim", timeout=_TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def controller(self, reach: Reach) -> None:
        """Let the controller answer, refuse connections, or take them and say nothing."""
        self.call("PUT", "/controller", {"state": _STATES[reach]})

    def devices(self) -> list[dict[str, Any]]:
        """List the devices that have an SSH server: MAC, name, address, kind of host key."""
        return list(self.call("GET", "/ssh")["devices"])

    def fault(self, device: str, fault: Fault) -> str:
        """Let a device misbehave in one way, or in none any more; return its name.

        Raises:
            Malformed: no device is called that.

        """
        mac, name = self._named(device)
        for trap in self.call("GET", "/ssh/traps")["traps"]:
            if trap["device"] == mac:
                self.call("DELETE", f"/ssh/traps/{trap['id']}")
        if fault != "none":
            self.call("POST", "/ssh/traps", {**_TRAPS[fault], "device": mac})
        return name

    def _named(self, device: str) -> tuple[str, str]:
        wanted = device.casefold()
        there = {str(one["mac"]): str(one["name"]) for one in self.devices()}
        for mac, name in there.items():
            if wanted in {mac, name.casefold()}:
                return mac, name
        message = f"no device of the lab is called {device!r}"
        raise Malformed(message, hint=f"there are {', '.join(sorted(there.values()))}")

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call the control plane.

        Raises:
            Unreachable: nothing answers there.
            BadAnswer: it did not do it.

        """
        try:
            reply = self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            message = f"the lab's simulator does not answer: {type(error).__name__}"
            raise Unreachable(message, hint="end the lab and start it again") from error
        if not reply.is_success:
            message = f"the simulator answered {reply.status_code} to {method} {path}"
            raise BadAnswer(message, service="simulator")
        found: dict[str, Any] = reply.json() if reply.content else {}
        return found


def keep(home: Path, control: str) -> None:
    """Write down where the control plane of this lab listens."""
    write_private(home / _KEPT, json.dumps({"control": control}).encode())


def forget(home: Path) -> None:
    """Take the note away."""
    (home / _KEPT).unlink(missing_ok=True)


def of_lab(home: Path) -> Steering:
    """Steer the lab that runs on this data folder.

    Raises:
        Unreachable: none runs there.

    """
    try:
        control = str(json.loads((home / _KEPT).read_text(encoding="utf-8"))["control"])
    except (OSError, ValueError, KeyError, TypeError):
        control = ""
    # What a killed lab left behind would lead to whoever has its port now.
    if not control or homes.running(home) is None:
        message = f"no lab runs on {home}"
        hint = "start it with `cortex lab`; name another one's folder with --home"
        raise Unreachable(message, hint=hint)
    return Steering(control)

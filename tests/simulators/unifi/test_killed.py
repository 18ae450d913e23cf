"""A simulated controller that is killed without warning has, when it is back, what it confirmed."""

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

KEY = {"X-API-KEY": "lab-admin-key"}
SITE = "/proxy/network/api/s/default"
PATIENCE_S = 30.0
READ = (
    *("rest/user", "rest/wlanconf", "rest/portforward", "rest/firewallrule", "stat/voucher"),
    "rest/networkconf",
)


class Console:
    """A simulator in a process of its own, and a client of it."""

    def __init__(self, process: "subprocess.Popen[str]", http: httpx.Client) -> None:
        self.process = process
        self.http = http

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Return what a path of the site holds."""
        found: list[dict[str, Any]] = self._answered("GET", path)["data"]
        return found

    def change(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Ask for a change, which must be confirmed."""
        self._answered(method, path, body)

    def changes(self) -> list[dict[str, Any]]:
        """Return the journal's entries of requests that changed something."""
        found: list[dict[str, Any]] = self.http.get("/_sim/journal?mutating=true").json()["entries"]
        return found

    def device(self, name: str) -> dict[str, Any]:
        """Return the device with that name."""
        return next(one for one in self.rows("stat/device") if one["name"] == name)

    def _answered(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        reply = self.http.request(method, f"{SITE}/{path}", json=body)
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found


@contextmanager
def console(file: Path) -> Iterator[Console]:
    """Run one on a state file; it is killed at the end, if not before."""
    given = ("--no-tls", "--parent-pipe", "--clients", "0", "--state", str(file))
    with (
        subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "cortex", "simulate", "unifi", *given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        # `with` waits for it, and must not wait for one that hangs.
        watch = threading.Timer(PATIENCE_S, process.kill)
        watch.start()
        try:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())["listening"]
            with httpx.Client(base_url=address, headers=KEY, timeout=PATIENCE_S) as http:
                yield Console(process, http)
        finally:
            process.kill()
            watch.cancel()


def test_what_was_changed_is_there_after_it_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "site"
    with console(file) as one:
        mac = one.rows("stat/sta")[0]["mac"]
        user = one.rows("rest/user")[3]["_id"]
        wlan = one.rows("rest/wlanconf")[0]["_id"]
        switch = next(each for each in one.rows("stat/device") if each["type"] == "usw")
        one.change("POST", "cmd/stamgr", {"cmd": "block-sta", "mac": mac})
        one.change("PUT", f"rest/user/{user}", {"name": "Renamed Thing"})
        one.change("PUT", f"rest/wlanconf/{wlan}", {"enabled": False})
        ports = [{"port_idx": 2, "poe_mode": "off", "name": "Odd Port"}]
        one.change("PUT", f"rest/device/{switch['_id']}", {"port_overrides": ports})
        one.change("POST", "cmd/hotspot", {"cmd": "create-voucher", "n": 2, "expire": 60})
        forward = {"name": "Game", "fwd": "192.168.1.9", "fwd_port": "1", "dst_port": "1"}
        one.change("POST", "rest/portforward", forward)
        before = {path: one.rows(path) for path in READ}
        changes = one.changes()
        assert len(changes) == 6
    with console(file) as one:
        assert {path: one.rows(path) for path in READ} == before
        assert next(each for each in before["rest/user"] if each["mac"] == mac)["blocked"]
        assert one.device(switch["name"])["port_overrides"] == ports
        assert mac not in {each["mac"] for each in one.rows("stat/sta")}
        assert one.changes() == changes


def test_every_confirmed_change_is_there_with_its_entry_wherever_the_kill_falls(
    tmp_path: Path,
) -> None:
    file = tmp_path / "site"
    confirmed: list[str] = []
    for blow in range(3):
        with console(file) as one:
            threading.Timer(0.05 * (blow + 1), one.process.kill).start()
            with suppress(httpx.TransportError):
                for number in itertools.count():
                    mac = f"02:00:00:00:{blow:02x}:{number % 256:02x}"
                    one.change("POST", "cmd/stamgr", {"cmd": "block-sta", "mac": mac})
                    confirmed.append(mac)
    assert confirmed
    with console(file) as one:
        blocked = {each["mac"] for each in one.rows("rest/user") if each.get("blocked")}
        noted = [each["body"]["mac"] for each in one.changes()]
        assert set(confirmed) <= blocked
        assert {mac for mac in blocked if mac.startswith("02:00:")} == set(noted)
        numbers = [each["n"] for each in one.changes()]
        assert numbers == sorted(set(numbers))

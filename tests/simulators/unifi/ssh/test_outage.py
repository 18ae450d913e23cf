"""The controller taken down and up again, while the devices and the control plane live on."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import pytest

from cortex.simulators.unifi.options import OptionError, SimulatorOptions
from tests.simulators.unifi.ssh.site import ground

KEY = {"X-API-KEY": "lab-admin-key"}
PATH = "/proxy/network/api/s/default/stat/sysinfo"
OPTIONS = SimulatorOptions()
PROGRAM = """
import sys
from pathlib import Path
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.serve import serve
serve(SimulatorOptions(folder=Path(sys.argv[1]), ssh=True, tls=False))
"""
PATIENCE = 30


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run a simulator as a process and give what it announced."""
    folder = str(tmp_path_factory.mktemp("simulator"))
    started = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PROGRAM, folder], stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        announced = json.loads(started.stdout.readline())
        yield announced
        # A controller that is down ends like one that is up.
        become(announced, "refused")
        started.terminate()
        assert started.wait(PATIENCE) in {0, -signal.SIGTERM}
    finally:
        started.kill()
        started.wait(PATIENCE)
        if started.stdout is not None:
            started.stdout.close()


def become(told: dict[str, Any], state: Any) -> httpx.Response:
    return httpx.put(f"{told['control']}/_sim/controller", json={"state": state})


async def info(told: dict[str, Any]) -> str:
    host, _, port = told["ssh"][told["console"]].partition(":")
    async with asyncssh.connect(
        host,
        int(port),
        username="root",
        password=OPTIONS.console_password,
        known_hosts=None,
        client_keys=None,
        config=None,
        connect_timeout=PATIENCE,
    ) as connection:
        return str((await connection.run("mca-cli-op info")).stdout)


def test_a_process_announces_all_its_ports_and_no_password(told: dict[str, Any]) -> None:
    assert set(told) == {
        "listening", "certificate", "layout", "version", "username",
        "control", "discovery", "console", "ssh", "old_keys",
    }  # fmt: skip
    for secret in (OPTIONS.console_password, OPTIONS.ssh_password, OPTIONS.password):
        assert secret not in json.dumps(told)
    assert len(httpx.get(f"{told['control']}/_sim/world").json()["sites"]) == 2


def test_the_controller_refuses_or_is_silent_and_comes_back_to_its_port(
    told: dict[str, Any],
) -> None:
    with httpx.Client(headers=KEY, timeout=10.0) as http:
        api, control = told["listening"] + PATH, told["control"] + "/_sim/controller"
        assert http.get(api).status_code == 200
        assert http.put(control, json={"state": "refused"}).json() == {"state": "refused"}
        # A connection from before may learn only from its next request that it was cut off.
        with pytest.raises((httpx.ConnectError, httpx.ReadError)):
            http.get(api)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", int(told["listening"].rpartition(":")[2])))
        assert "Timeout (http://192.168.1.1:8080/inform)" in asyncio.run(info(told))
        http.put(control, json={"state": "silent"})
        with pytest.raises(httpx.ReadTimeout):
            http.get(api, timeout=1.0)
        assert http.get(control).json() == {"state": "silent"}
        http.put(control, json={"state": "up"})
        assert http.get(api).status_code == 200
        assert "Connected (http://192.168.1.1:8080/inform)" in asyncio.run(info(told))


def test_no_other_state_is_taken(told: dict[str, Any]) -> None:
    for state in ("on fire", None, 7, ["up"]):
        answer = become(told, state)
        assert answer.status_code == 400
        assert "refused, silent" in answer.json()["error"]


def test_the_control_plane_beside_the_controller_has_no_more_than_it(
    told: dict[str, Any],
) -> None:
    assert httpx.get(told["control"] + PATH).status_code == 404
    with socket.socket() as taken, pytest.raises(OSError, match="in use"):
        taken.bind(("127.0.0.1", int(told["control"].rpartition(":")[2])))


@pytest.mark.anyio
@pytest.mark.parametrize("option", ["control_port", "discovery_port"])
async def test_a_port_beside_the_controller_that_is_taken_is_named(option: str) -> None:
    kind = socket.SOCK_DGRAM if option == "discovery_port" else socket.SOCK_STREAM
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", 0))
        more: dict[str, Any] = {option: taken.getsockname()[1]}
        with pytest.raises(OptionError, match=f"{option}: .* cannot be used: .*in use"):
            async with ground(**more):
                pass


@pytest.mark.anyio
async def test_a_file_of_addresses_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OptionError, match="ssh_addresses: "):
        async with ground(ssh_addresses=tmp_path / "file" / "addresses.json"):
            pass


@pytest.mark.anyio
async def test_a_controller_without_a_port_cannot_be_taken_down() -> None:
    async with ground() as site:
        assert (await site.http.get("/_sim/controller")).json() == {"state": "up"}
        answer = await site.http.put("/_sim/controller", json={"state": "silent"})
        assert answer.status_code == 400
        assert "no port of its own" in answer.json()["error"]

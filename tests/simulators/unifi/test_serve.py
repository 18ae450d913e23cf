"""The simulator as a process: options, the address it tells, its certificate, cut lines."""

import dataclasses
import datetime as dt
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.simulators.unifi.certificate import obtain
from cortex.simulators.unifi.options import OptionError, SimulatorOptions, help_texts, read_faults
from cortex.simulators.unifi.serve import listening, serve
from cortex.simulators.unifi.simulator import simulate

KEY = {"X-API-KEY": "lab-admin-key"}
NOW = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
PATIENCE = 30
PROGRAM = """
import sys
from pathlib import Path
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.serve import serve
serve(SimulatorOptions(folder=Path(sys.argv[1])))
"""


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"clients": 5001},
        {"version": "ten"},
        {"version": "10.4.57; rm"},
        {"layout": "cloud"},
        {"port": 65536},
        {"port": True},
        {"control_port": -1},
        {"discovery_port": 65536},
        {"ssh_username": ""},
        {"ssh_password": ""},
        {"console_password": ""},
        {"username": ""},
        {"password": ""},
        {"api_key": ""},
        {"key_scope": "none"},
        {"session_seconds": 0},
        {"speed": 0},
        {"speed": float("nan")},
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError) as refused:
        SimulatorOptions(**wrong)
    (name,) = wrong
    assert refused.value.option == name
    assert str(refused.value).startswith(f"{name}: ")


def test_every_option_has_a_help_text() -> None:
    names = {field.name for field in dataclasses.fields(SimulatorOptions)}
    assert set(help_texts()) == names
    assert all(text.endswith(".") for text in help_texts().values())


def test_options_never_show_their_secrets() -> None:
    options = SimulatorOptions(password="shown-to-nobody", api_key="nor-this")  # noqa: S106
    assert "shown-to-nobody" not in repr(options)
    assert "nor-this" not in repr(options)


def test_the_options_choose_who_signs_in_and_what_the_key_opens() -> None:
    options = SimulatorOptions(username="root", password="r", api_key="k", seed=5)  # noqa: S106
    world = simulate(options).world
    assert world.accounts["root"].is_owner
    assert world.accounts["root"].password == "r"  # noqa: S105
    assert world.api_keys["k"] == "root"
    assert "admin" not in world.accounts


def test_faults_are_read_from_a_file_before_the_first_request(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"kind": "latency", "ms": 5}]')
    assert len(list(simulate(SimulatorOptions(faults=file)).faults)) == 1


@pytest.mark.parametrize("content", [None, "{", '{"kind": "flood"}', "\udcff"])
def test_a_bad_file_of_faults_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "faults.json"
    if content is not None:
        file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(OptionError, match="faults: "):
        read_faults(file)


def test_a_certificate_is_kept_and_made_again_when_it_will_not_do(tmp_path: Path) -> None:
    first = obtain(tmp_path / "new", NOW)
    kept = first.certificate.read_bytes()
    assert first.key.stat().st_mode & 0o077 == 0
    assert obtain(tmp_path / "new", NOW).certificate.read_bytes() == kept
    later = NOW + dt.timedelta(days=4000)
    assert obtain(tmp_path / "new", later).certificate.read_bytes() != kept
    first.certificate.write_text("broken")
    assert obtain(tmp_path / "new", NOW).certificate.read_bytes().startswith(b"-----BEGIN")


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    started = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        yield started, json.loads(started.stdout.readline())
    finally:
        started.kill()
        started.wait(PATIENCE)
        if started.stdout is not None:
            started.stdout.close()


def test_a_process_tells_its_address_and_ends_when_told(tmp_path: Path) -> None:
    with process(tmp_path) as (started, told):
        trust = ssl.create_default_context(cafile=told["certificate"])
        answer = httpx.get(
            f"{told['listening']}/proxy/network/integration/v1/info", headers=KEY, verify=trust
        )
        assert answer.json() == {"applicationVersion": told["version"]}
        assert told["listening"].startswith("https://127.0.0.1:")
        assert set(told) == {"listening", "certificate", "layout", "version", "username"}
        started.send_signal(signal.SIGTERM)
        # A server that was asked to end ends as one that was asked to: by that signal.
        assert started.wait(PATIENCE) in {0, -signal.SIGTERM}


def test_a_lost_reply_cuts_the_line_of_a_real_connection() -> None:
    simulator = simulate()
    with (
        listening(simulator) as address,
        httpx.Client(base_url=address, headers=KEY, verify=False) as http,  # noqa: S501
    ):
        path = "/proxy/network/api/s/default/cmd/stamgr"
        http.post("/_sim/faults", json={"kind": "lost_reply", "path": path, "times": 1})
        body = {"cmd": "block-sta", "mac": "00:00:00:00:00:01"}
        with pytest.raises(httpx.TransportError):
            http.post(path, json=body)
        assert simulator.world.sites["default"].clients[body["mac"]].blocked
        assert http.post(path, json=body).status_code == 200


def test_plain_http_is_served_when_asked_for_and_keeps_a_session() -> None:
    options = SimulatorOptions(tls=False)
    with (
        listening(simulate(options), options) as address,
        httpx.Client(base_url=address) as http,
    ):
        assert address.startswith("http://127.0.0.1:")
        login = {"username": options.username, "password": options.password}
        assert http.post("/api/auth/login", json=login).status_code == 200
        assert http.get("/proxy/network/api/s/default/stat/sysinfo").status_code == 200


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            serve(SimulatorOptions(port=taken.getsockname()[1]))

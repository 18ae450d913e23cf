"""The guards of the tests hold."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards import LeftThisMachineError, forget_settings

ROOT = Path(__file__).parent.parent
_LEAKY = """
import os

def test_that_leaks() -> None:
    os.environ["CORTEX_HOME"] = "/left/behind"

def test_after_it() -> None:
    assert "CORTEX_HOME" not in os.environ
    assert "CORTEX_URL" not in os.environ
"""


@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("2001:db8::1", 443)])
def test_no_test_reaches_another_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as line, pytest.raises(LeftThisMachineError):
        line.connect(address)
    with socket.socket(family, socket.SOCK_DGRAM) as line, pytest.raises(LeftThisMachineError):
        line.sendto(b"", address)


def test_a_test_reaches_this_machine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as line,
    ):
        assert line.getpeername() == server.getsockname()


def test_settings_are_forgotten() -> None:
    os.environ["CORTEX_HOME"] = "/somewhere"
    assert forget_settings() == ("CORTEX_HOME",)
    assert "CORTEX_HOME" not in os.environ


def test_a_test_that_leaves_a_setting_behind_fails_and_the_next_one_does_not_see_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "test_leaky.py"
    file.write_text(_LEAKY)
    ended = subprocess.run(  # noqa: S603  # our own interpreter
        [
            sys.executable,
            "-m",
            "pytest",
            "-n0",
            "-q",
            f"--rootdir={ROOT}",
            f"--confcutdir={ROOT}",
            "-p",
            "tests.conftest",
            str(file),
        ],
        cwd=ROOT,
        env=os.environ | {"CORTEX_URL": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert "2 passed, 1 error" in ended.stdout
    assert "the test left CORTEX_HOME in the environment" in ended.stdout

"""The systemd units start what there is, with settings that exist."""

from configparser import RawConfigParser
from pathlib import Path

import click
import pytest

from cortex.cli import cortex
from cortex.settings.places import CONFIG, HOME, variables

_ALLOCATOR = "MALLOC_ARENA_MAX"
"""Read by the C library."""
UNITS = sorted((Path(__file__).parents[2] / "deploy" / "systemd").glob("*.service"))


class _Unit(RawConfigParser):
    """A unit file: keys in their own case, repeated keys allowed."""

    def __init__(self) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.optionxform = str  # type: ignore[assignment,method-assign]


def _read(file: Path) -> _Unit:
    unit = _Unit()
    unit.read(file)
    return unit


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_starts_a_command_that_exists(file: Path) -> None:
    program, command = _read(file)["Service"]["ExecStart"].split()
    assert program.endswith("/cortex")
    assert cortex.get_command(click.Context(cortex), command) is not None


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_names_settings_that_exist(file: Path) -> None:
    named = [
        line.partition("=")[2].partition("=")[0]
        for line in file.read_text().splitlines()
        if line.startswith("Environment=")
    ]
    assert set(named) <= {HOME, CONFIG, _ALLOCATOR, *variables()}


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_gains_no_rights_and_has_a_limit(file: Path) -> None:
    service = _read(file)["Service"]
    assert service["NoNewPrivileges"] == "yes"
    assert service["MemoryMax"] == "512M"
    assert service["RestartPreventExitStatus"] == "2"


def test_there_is_one_for_the_machine_and_one_for_a_person() -> None:
    assert [file.name for file in UNITS] == ["cortex-user.service", "cortex.service"]

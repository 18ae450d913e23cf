"""What is done to a lab's devices is done to the device that is named, and undone."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cortex.errors import Malformed, Unreachable
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab
from cortex.lab.steering import FAULTS, Steering, of_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("lab") / "home"
    with running_lab(LabOptions(home=home, clients=0), os.environ) as running:
        yield running


@pytest.fixture
def steered(lab: Lab) -> Iterator[Steering]:
    with closing(of_lab(lab.home)) as found:
        yield found


def test_a_fault_takes_the_place_of_the_one_before(steered: Steering) -> None:
    name = steered.devices()[0]["name"]
    for fault in (*FAULTS, "none"):
        assert steered.fault(name.upper(), fault) == name
        traps = steered.call("GET", "/ssh/traps")["traps"]
        assert len(traps) == (fault != "none")


def test_a_device_is_named_as_the_lab_names_it(steered: Steering) -> None:
    device = steered.devices()[1]
    assert steered.fault(device["mac"], "none") == device["name"]
    with pytest.raises(Malformed, match="'nobody'"):
        steered.fault("nobody", "refused")


def test_the_world_is_seen_while_the_controller_is_down(lab: Lab, steered: Steering) -> None:
    steered.controller("down")
    with closing(ControlPlane(lab.simulator)) as plane:
        assert plane.world()["sites"]
    steered.controller("up")


def test_what_the_settings_say_of_ssh_is_true_and_its_owner_s_alone(
    lab: Lab, steered: Steering
) -> None:
    for file in ("ssh.password", "console.password", "simulator/control.json"):
        assert (lab.home / file).stat().st_mode & 0o077 == 0
    old = {one["mac"] for one in steered.devices() if one["hostkey"] == "ssh-rsa"}
    assert old
    text = lab.settings_file.read_text()
    assert all(mac in text for mac in old)
    assert (lab.home / "ssh.password").read_text().strip() not in text


def test_nothing_steers_a_lab_that_has_ended(tmp_path: Path) -> None:
    with running_lab(LabOptions(home=tmp_path / "home", clients=0), os.environ) as lab:
        control = lab.simulator.said["control"]
    assert not (lab.home / "simulator" / "control.json").exists()
    with pytest.raises(Unreachable, match="no lab runs"):
        of_lab(lab.home)
    with closing(Steering(control)) as gone, pytest.raises(Unreachable, match="does not answer"):
        gone.controller("down")

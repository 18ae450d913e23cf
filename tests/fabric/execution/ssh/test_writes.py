"""What may be done to a device: three changes, with a port or our own controller's address."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Malformed
from cortex.fabric.execution.ssh.slots import InformUrl, inform_url
from cortex.fabric.execution.ssh.writes import WRITES, write_argvs

OURS = inform_url("http://192.168.1.2:8080/inform")


def test_three_changes_can_be_made_and_no_others() -> None:
    assert set(WRITES) == {"reboot", "poe_restart", "set_inform"}


def test_a_reboot_is_for_every_device() -> None:
    for type_ in ("uap", "usw", "uxg", "udm"):
        assert write_argvs("reboot", type=type_) == (("reboot",), ("mca-cli-op", "reboot"))


def test_power_is_restarted_at_one_port_of_a_switch() -> None:
    assert write_argvs("poe_restart", type="usw", port=7) == (
        ("swctrl", "poe", "restart", "id", "7"),
    )


@given(st.one_of(st.integers(max_value=0), st.integers(min_value=129), st.booleans(), st.text()))
def test_a_port_that_no_switch_has_is_refused(port: object) -> None:
    with pytest.raises(Malformed, match="from 1 to 128"):
        write_argvs("poe_restart", type="switch", port=port)  # type: ignore[arg-type]


def test_a_device_is_told_of_our_controller() -> None:
    url = "http://192.168.1.2:8080/inform"
    assert write_argvs("set_inform", type="ap", inform=OURS) == (
        ("mca-cli-op", "set-inform", url),
        ("set-inform", url),
    )


def test_without_our_controllers_address_nothing_is_told() -> None:
    with pytest.raises(Malformed, match="inform address ''"):
        write_argvs("set_inform", type="ap")


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("poe_restart", "uap"),
        ("set_inform", "udm"),
        ("factory_reset", "uap"),
        ("reboot", "toaster"),
    ],
)
def test_a_change_that_ssh_cannot_make_there_is_refused(name: str, type_: str) -> None:
    with pytest.raises(Malformed, match="not a change that SSH can make"):
        write_argvs(name, type=type_, port=1, inform=OURS)


@pytest.mark.parametrize(
    "url", ["http://192.168.1.2:8080/inform", "https://unifi.example.com:443/inform"]
)
def test_an_inform_address_is_host_port_and_path(url: str) -> None:
    assert inform_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "http://192.168.1.2/inform", "http://192.168.1.2:0/inform", "http://a:65536/inform",
        "ftp://a:21/inform", "http://user:pw@a:8080/inform", "http://a:8080/inform?x=1",
        "http://-a:8080/inform", "http://a;id:8080/inform", "http://a:8080/inform\n",
        "http://1.2.3:8080/inform", "http://[::1]:8080/inform", "-http://a:8080/inform",
    ],
)  # fmt: skip
def test_any_other_inform_address_is_refused(url: str) -> None:
    with pytest.raises(Malformed, match="cannot be given to a device"):
        inform_url(url)
    with pytest.raises(Malformed):
        write_argvs("set_inform", type="ap", inform=InformUrl(url))


@given(st.text())
def test_no_text_gets_into_a_change_that_is_not_an_inform_address(text: str) -> None:
    try:
        argvs = write_argvs("set_inform", type="ap", inform=InformUrl(text))
    except Malformed:
        return
    assert all(re.fullmatch(r"[A-Za-z0-9._:/-]+", word) for argv in argvs for word in argv)

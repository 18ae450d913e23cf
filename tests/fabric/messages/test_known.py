"""What is remembered of a site: only what is named, whoever wrote it, and never without bounds."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Malformed
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import MOST_BYTES, kept, read, written

MAC = "74:ac:b9:00:00:01"
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
_NAMES = st.sampled_from(
    (
        "mac",
        "name",
        "ip",
        "port_table",
        "uplink",
        "x_authkey",
        "x_ssh_password",
        "x_vwirekey",
        "online",
    )
)
_ROWS = st.lists(st.dictionaries(_NAMES | st.text(max_size=8), _VALUES, max_size=6), max_size=4)


def address(number: int) -> str:
    return f"74:ac:b9:00:{number >> 8:02x}:{number & 255:02x}"


def site(**changes: Any) -> Known:
    return kept(
        **{
            "site": "default",
            "site_name": "Home",
            "at": 5.0,
            "inform_url": "http://192.168.1.1:8080/inform",
            "devices": (),
            "clients": (),
            **changes,
        }
    )


@given(devices=_ROWS, clients=_ROWS)
def test_nothing_secret_passes_and_what_passes_stays_as_it_is(
    devices: list[dict[str, Any]], clients: list[dict[str, Any]]
) -> None:
    known = site(devices=devices, clients=clients)
    names = {name for row in (*known.devices, *known.clients) for name in row}
    assert not any(name.startswith("x_") for name in names)
    assert read(written(known)) == known


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert read(content).at >= 0


def test_a_device_keeps_what_is_needed_to_reach_it() -> None:
    row = {
        "mac": MAC.upper(),
        "name": "Core",
        "ssh_hostkey_fingerprint": "aa:bb",
        "state": 1,
        "uplink": {"uplink_mac": "x", "x_secret": "s", "ip": "1.2.3.4"},
        "last_uplink": "nonsense",
        "port_table": [{"port_idx": 1, "x_key": "s", "poe_enable": True}, 7],
        "x_authkey": "secret",
        "name_too": "no",
        "ip": "x" * 300,
        "uptime": 2**70,
        "type": ["usw"],
    }
    (device,) = site(devices=[row, {"name": "no address"}, {"mac": 5}]).devices
    assert device == {
        "mac": MAC,
        "name": "Core",
        "ssh_hostkey_fingerprint": "aa:bb",
        "state": 1,
        "uplink": {"uplink_mac": "x"},
        "port_table": [{"port_idx": 1, "poe_enable": True}],
    }
    assert "port_table" not in site(devices=[{"mac": MAC, "port_table": 3}]).devices[0]


@pytest.mark.parametrize("port", ["x", "1", 1.5, True, -1, 129, None])
def test_a_number_of_a_port_that_is_none_is_dropped(port: Any) -> None:
    ports = [{"port_idx": port, "name": "p"}, {"port_idx": 2}]
    row = {"mac": MAC, "port_table": ports, "uplink": {"uplink_remote_port": port}, "uptime": "x"}
    (device,) = site(devices=[row]).devices
    assert device == {"mac": MAC, "port_table": [{"name": "p"}, {"port_idx": 2}], "uplink": {}}
    assert site(clients=[{"mac": MAC, "sw_port": port}]).clients == ({"mac": MAC},)


@pytest.mark.parametrize("mac", ["", "Core", "74:ac:b9:00:00", MAC + "\n", 7])
def test_a_row_without_a_hardware_address_is_dropped(mac: Any) -> None:
    assert site(devices=[{"mac": mac}]).devices == ()


def test_of_too_many_clients_those_who_are_here_are_kept() -> None:
    rows = [{"mac": address(n), "online": n == 8_999} for n in range(9_000)]
    known = site(clients=rows)
    assert len(known.clients) == 4_000
    assert known.clients[0]["mac"] == address(8_999)


def test_a_site_that_is_too_large_is_cut_until_it_fits() -> None:
    long = dict.fromkeys(("name", "hostname", "essid", "network"), "ü" * 250)
    clients = [{"mac": address(n), **long} for n in range(4_000)]
    ports = [{"port_idx": n, "name": "p" * 250} for n in range(128)]
    devices = [{"mac": address(n), "port_table": ports} for n in range(200)]
    known = site(clients=clients, devices=devices)
    assert len(written(known)) <= MOST_BYTES
    assert known.clients == ()
    assert known.devices


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b" " * (MOST_BYTES + 1)])
def test_what_is_no_site_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        read(content)


def test_a_site_is_read_as_it_was_written() -> None:
    known = site(devices=[{"mac": MAC, "name": "Core"}], clients=[{"mac": "c", "online": True}])
    assert read(msgspec.json.encode(known)) == known

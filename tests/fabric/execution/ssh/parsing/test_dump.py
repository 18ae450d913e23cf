"""The dump: what is listed leaves it, and nothing else does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.execution.ssh.parsing.dump import read_dump
from cortex.fabric.execution.ssh.parsing.switching import MacEntry, Neighbour, PoePort
from cortex.fabric.execution.ssh.parsing.text import Unparsed
from cortex.fabric.execution.ssh.parsing.wireless import Radio, WifiClient
from tests.fabric.execution.ssh.reading import sample

PLANTED = "5up3r-s3cret-value"
SECRET_KEYS = st.one_of(
    st.text(max_size=12).map(lambda tail: f"x_{tail}"),
    st.sampled_from(
        [
            "authkey",
            "guest_token",
            "passphrase",
            "psk",
            "wpa_psk",
            "password",
            "radius_secret",
            "serial",
        ]
    ),
)
PLACES: tuple[tuple[str | int, ...], ...] = (
    (),
    ("uplink",),
    ("sys_stats",),
    ("system-stats",),
    ("if_table", 0),
    ("radio_table", 0),
    ("vap_table", 0),
    ("vap_table", 0, "sta_table", 0),
    ("lldp_table", 0),
)
NESTED = st.recursive(
    st.just(PLANTED),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.text(max_size=8), inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


def dump(**members: Any) -> str:
    return json.dumps({"mac": "78:45:58:01:02:03", **members})


def on_air(**members: Any) -> str:
    """Return a dump with one client that has these members."""
    return dump(vap_table=[{"sta_table": [{"mac": "02:00:00:00:00:01", **members}]}])


def test_an_access_point_tells_its_standing() -> None:
    found = read_dump(sample("mca_dump-access_point"))
    assert (found.cpu_percent, found.memory_percent) == (9.5, 50.0)
    assert found.uplink
    assert found.uplink.remote_mac == "78:45:58:0a:0b:0c"


def test_an_access_point_tells_its_air() -> None:
    found = read_dump(sample("mca_dump-access_point"))
    assert found.radios[0] == Radio(
        name="wifi0", band="2.4", channel=6, width_mhz=20, power=17, clients=1, busy_percent=34
    )
    assert (found.radios[1].channel, found.radios[2].band) == (None, "6")
    assert found.wlans[0].essid == "Home"
    assert found.clients == (
        WifiClient(
            mac="02:00:00:00:00:01",
            ip="192.168.1.51",
            hostname="tablet",
            essid="Home",
            band="2.4",
            channel=6,
            signal_dbm=-61,
            noise_dbm=-96,
            tx_rate_kbps=144_444,
            rx_rate_kbps=120_000,
            tx_retries=12,
            idle_s=4,
            uptime_s=3600,
            authorized=True,
        ),
    )
    assert found.lldp[1] == Neighbour(port=2, chassis="printer-7")


def test_a_switch_tells_its_ports() -> None:
    found = read_dump(sample("mca_dump-switch"))
    assert [port.port for port in found.ports] == [1, 9]
    assert found.poe.limit_mw == 52_000
    assert found.poe.ports == (
        PoePort(
            port=1,
            mode="auto",
            power_class="4",
            on=True,
            good=True,
            power_w=7.9,
            voltage_v=53.74,
            current_ma=147.0,
        ),
    )
    assert found.mac_table == (
        MacEntry(port=2, mac="02:00:00:00:00:02", vlan=30),
        MacEntry(
            port=1, mac="02:00:00:00:00:01", vlan=1, ip="192.168.1.51", hostname="tablet", age_s=4
        ),
    )
    assert found.uplink is None


def test_no_sample_lets_a_secret_out() -> None:
    found = repr(read_dump(sample("mca_dump-access_point")))
    for secret in ("planted", "0123456789abcdef", "correct horse", "another-secret"):
        assert secret not in found


@given(place=st.sampled_from(PLACES), key=SECRET_KEYS, value=NESTED)
def test_a_secret_never_leaves_wherever_it_is_and_whatever_holds_it(
    place: tuple[str | int, ...], key: str, value: Any
) -> None:
    document = json.loads(sample("mca_dump-access_point"))
    at = document
    for step in place:
        at = at[step]
    at[key] = value
    document[f"y{key}"] = {"deep": [{key: value}]}
    assert PLANTED not in repr(read_dump(json.dumps(document)))


@given(at=st.integers(0, 400), inside=st.text(max_size=5))
def test_a_dump_that_cannot_be_read_is_not_quoted(at: int, inside: str) -> None:
    text = dump(x_authkey=PLANTED, vap_table=[{"x_passphrase": PLANTED}])
    broken = text[:at] + inside
    with pytest.raises(Unparsed) as unread:
        read_dump(broken + "\x00")
    assert PLANTED not in str(unread.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"mac": "78:45', r"Unterminated string starting at at character 8 of 14"),
        ("", "Expecting value at character 0 of 0"),
        ("[1]", "it is no object"),
        ("[" * 100_000, "it is nested too deep"),
        ("{}", "it names neither mac, model nor hostname"),
        ('{"mac": "78:45:58:01:02:03", "mac": "78:45:58:01:02:04"}', "mac is there twice, and differs"),
        (on_air(uptime=-1), "uptime is not in 0 to 4.29497e"),
        (on_air(uptime=10**30), "uptime is not in"),
        (on_air(uptime="99999999999999999999"), "uptime is not in"),
        (on_air(uptime=float("nan")), "uptime is not in"),
        (dump(port_table=[{"port_idx": 129}]), r"port_table\[0\]\.port_idx is not in 0 to 128"),
        (dump(port_table=[{"port_idx": 1, "speed": 1e12}]), r"port_table\[0\]\.speed is not in"),
        (dump(port_table=[{}] * 20_001), "port_table has 20001 rows"),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_what_is_wrong_with_a_dump_is_said_with_its_place(text: str, why: str) -> None:
    with pytest.raises(Unparsed, match=why):
        read_dump(text)


def test_a_member_that_is_there_twice_alike_is_no_matter() -> None:
    assert not read_dump('{"mac": "78:45:58:01:02:03", "mac": "78:45:58:01:02:03"}').ports
    assert not read_dump('{"model": "U6", "x": 1, "x": 2, "x": 3}').ports


def test_members_of_the_wrong_kind_are_as_if_they_were_not_there() -> None:
    found = read_dump(
        dump(hostname=["a"], uplink=[], vap_table=[7], mac_table={}, **{"system-stats": 5},
             port_table=[{"port_idx": 1, "name": 5, "up": 1, "speed": "fast", "rx_bytes": True}])
    )  # fmt: skip
    assert (found.cpu_percent, found.uplink) == (None, None)
    assert (found.mac_table, found.wlans) == ((), ())
    (port,) = found.ports
    assert (port.name, port.up, port.speed_mbps, port.rx_bytes) == ("", None, None, None)


def test_raw_control_characters_do_not_make_a_dump_unreadable() -> None:
    text = '{"model": "U6", "vap_table": [{"name": "ath0", "essid": "a\x1b[2J\tb"}]}'
    assert read_dump(text).wlans[0].essid == "a [2J b"

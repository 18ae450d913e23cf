"""Every answer has a reader, and no answer breaks one."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cortex.fabric.execution.ssh.diagnostics import DIAGNOSTICS
from cortex.fabric.execution.ssh.parsing.dump import read_dump
from cortex.fabric.execution.ssh.parsing.network import BridgeEntry
from cortex.fabric.execution.ssh.parsing.switching import MacEntry, Neighbour, Poe, Port
from cortex.fabric.execution.ssh.parsing.text import Unparsed
from cortex.fabric.execution.ssh.parsing.wireless import Radio, WifiClient
from cortex.fabric.execution.ssh.readers import READERS, printed
from cortex.fabric.execution.wording import inert
from tests.fabric.execution.ssh.reading import BY_NAME, HOSTILE, question_of, sample, unreadable

LONG = 256 * 1024


def test_every_question_has_a_reader() -> None:
    assert set(READERS) == set(DIAGNOSTICS)


def test_every_sample_is_the_answer_to_a_question() -> None:
    assert {question_of(name) for name in BY_NAME} <= set(READERS)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_sample_is_read(name: str) -> None:
    assert READERS[question_of(name)](sample(name))


@pytest.mark.parametrize("name", sorted(READERS))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(text=HOSTILE)
def test_any_text_is_read_or_said_to_be_unreadable(name: str, text: str) -> None:
    told = unreadable(READERS[name], text)
    assert told.isprintable()
    assert len(told) < 300


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize(
    "text",
    [
        "a" * LONG,
        "-" * LONG,
        " " * LONG + "x",
        "1 " * (LONG // 2),
        "Port " * (LONG // 5),
        "RX packets:1 " * (LONG // 13),
        "x=" * (LONG // 2),
        "\x1b]" * (LONG // 2),
        "\n".join(["Port Link Speed"] * 9000),
        "[" * LONG,
        '{"a":' * (LONG // 5),
        "{" + '"mac_table":[' * 9000,
    ],
    ids=lambda text: repr(text[:10]),
)
@pytest.mark.timeout(20)
def test_a_line_of_256_kib_takes_no_time_and_breaks_nothing(name: str, text: str) -> None:
    assert len(unreadable(READERS[name], text)) < 300


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_text_beyond_every_cap_is_not_read(name: str) -> None:
    with pytest.raises(Unparsed, match="2097153 characters are more than 2097152"):
        READERS[name]("{" + "a" * 2 * 1024 * 1024)


@pytest.mark.parametrize(
    ("name", "dump", "kind"),
    [
        ("ports", "mca_dump-switch", Port),
        ("mac_table", "mca_dump-switch", MacEntry),
        ("lldp", "mca_dump-access_point", Neighbour),
        ("radios", "mca_dump-access_point", Radio),
        ("wifi_clients", "mca_dump-access_point", WifiClient),
    ],
)
def test_a_question_that_fell_back_to_the_dump_is_answered_from_it(
    name: str, dump: str, kind: type
) -> None:
    found = READERS[name](sample(dump))
    assert isinstance(found, tuple)
    assert found
    assert all(isinstance(one, kind) for one in found)


def test_power_is_read_from_a_dump_too() -> None:
    assert isinstance(READERS["poe"](sample("mca_dump-switch")), Poe)


def test_a_bridges_addresses_are_told_from_a_switchs() -> None:
    bridge = READERS["mac_table"](sample("mac_table-bridge"))
    assert isinstance(bridge, tuple)
    assert isinstance(bridge[0], BridgeEntry)


@given(st.text(min_size=1))
def test_what_reads_like_an_order_stays_a_hostname(hostname: str) -> None:
    row = {"mac": "02:00:00:00:00:01", "hostname": hostname}
    text = json.dumps({"model": "U6", "vap_table": [{"sta_table": [row]}]})
    assert read_dump(text).clients[0].hostname == inert(hostname)


def test_an_answer_is_shown_in_the_devices_own_words() -> None:
    assert printed("uptime", sample("uptime-busybox")) == (
        "14:55:23 up 12 days, 3:04, load average: 0.42, 0.31, 0.25",
    )


def test_programs_are_shown_without_their_arguments() -> None:
    assert printed("processes", sample("processes-full")) == (
        "pid 1, user root, program /sbin/init",
        "pid 2211, user unifi, program /usr/bin/java",
    )


def test_what_came_from_a_dump_is_shown_as_it_was_read() -> None:
    assert printed("radios", sample("mca_dump-access_point"))[1:] == (
        "name wifi1, band 5, width_mhz 80",
        "name wifi2, band 6, channel 37",
    )
    limit, port = printed("poe", sample("mca_dump-switch"))
    assert limit == "limit_mw 52000"
    assert port.startswith("port 1, mode auto, power_class 4, on yes, good yes, power_w 7.9")


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_no_secret_of_a_sample_is_shown(name: str) -> None:
    shown = " ".join(printed(question_of(name), sample(name)))
    for secret in ("0123456789abcdef", "hunter2", "tr0ub4dor", "letmein", "planted", "horse"):
        assert secret not in shown


def test_an_answer_that_cannot_be_read_is_not_shown() -> None:
    with pytest.raises(Unparsed):
        printed("uptime", "authkey=1234")

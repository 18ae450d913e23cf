"""What may be asked of a device: fixed vectors, and nothing a person wrote but valid slots."""

import re
import string
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Malformed
from cortex.fabric.catalogue.devices import RUN_DIAGNOSTIC
from cortex.fabric.execution.ssh.diagnostics import (
    CHECKS,
    DIAGNOSTICS,
    Place,
    argvs_of,
    place_of,
)
from cortex.fabric.execution.ssh.slots import target

PLACES: tuple[Place, ...] = get_args(Place)
ASKED = [(name, place) for name, one in DIAGNOSTICS.items() for place in sorted(one.where)]
ALLOWED = {
    "info", "mca_dump", "uptime", "load", "memory", "disk", "processes", "interfaces", "routes",
    "arp", "dns_config", "log_tail", "dmesg_tail", "ports", "poe", "mac_table", "lldp", "stp",
    "radios", "wifi_clients", "dhcp_leases", "conntrack", "console_services",
    "controller_log_tail", "ping", "traceroute", "nslookup",
}  # fmt: skip
HARMLESS = re.compile(r"[A-Za-z0-9._:/-]+")
WORDS = st.one_of(
    st.text(),
    st.text(alphabet=";&|$`><\n\r\0'\"\\(){}[]*?!#~ \t-.:/%@", max_size=20),
    st.text(alphabet=string.ascii_letters + string.digits + ".-:", max_size=80),
    st.integers(0, 10_000).map(lambda length: "a" * length),
    st.sampled_from(["-c", "--help", "example.com\n", "a..b", ".a", "a.", "a_b", "ｅxample.com", "١٩٢.٠.٢.٧"]),
    st.ip_addresses().map(str),
)  # fmt: skip


def test_only_what_the_policy_allows_can_be_asked() -> None:
    assert set(DIAGNOSTICS) == ALLOWED


def test_every_check_of_the_tool_asks_a_question_and_no_other_does() -> None:
    check = RUN_DIAGNOSTIC.argument("check")
    assert check
    assert tuple(CHECKS) == check.choices
    assert set(CHECKS.values()) <= set(DIAGNOSTICS)
    assert "mca_dump" not in CHECKS.values()


@pytest.mark.parametrize(("name", "place"), ASKED)
@given(word=WORDS, count=st.integers(), lines=st.integers())
def test_whatever_is_asked_is_refused_or_the_fixed_vector_but_for_its_slot(
    name: str, place: Place, word: str, count: int, lines: int
) -> None:
    one = DIAGNOSTICS[name]
    templates = one.instead.get(place, (one.argv, *one.fallbacks))
    refused = ""
    argvs: tuple[tuple[str, ...], ...] = ()
    try:
        argvs = argvs_of(name, type=place, target=word, count=count, lines=lines)
    except Malformed as error:
        refused = error.message
    assert bool(argvs) != bool(refused)
    assert refused.isprintable()
    assert len(refused) < 200
    slots = {"{target}": word, "{count}": str(count), "{lines}": str(lines)}
    filled = tuple(tuple(slots.get(each, each) for each in argv) for argv in templates)
    assert argvs in {(), filled}
    for argv in argvs:
        assert all(HARMLESS.fullmatch(each) for each in argv)
        assert not argv[0].startswith("-")


@given(WORDS)
def test_a_target_never_reads_as_an_option_or_a_path(word: str) -> None:
    try:
        accepted = target(word)
    except Malformed:
        return
    assert accepted == word
    assert word.isascii()
    assert len(word) <= 253
    assert word[0] not in "-/."
    assert "/" not in word


@pytest.mark.parametrize(
    "word",
    [
        "8.8.8.8",
        "2001:db8::7",
        "::1",
        "printer",
        "a-b.example.com",
        "x" * 63 + ".example",
        "3com.example",
    ],
)
def test_addresses_and_host_names_are_targets(word: str) -> None:
    assert argvs_of("nslookup", type="ap", target=word)[0] == ("nslookup", word)


@pytest.mark.parametrize(
    "word",
    [
        "", "-h", "a;b", "a b", "a\nb", "a\0b", "$(id)", "`id`", "a|b", "a>b", "a_b", "a..b", ".a",
        "a.", "a-.b", "-a.b", "x" * 64, ".".join(["x" * 63] * 4) + ".yy", "fe80::1%eth0",
        "1.2.3", "0x7f.1", "2130706433", "010.0.0.1", "256.1.1.1", "::1%;id", "１.1.1.1", "bücher.example",
        "8.8.8.8\n", "http://x/", "10.0.0.0/8",
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_shown_inert(word: str) -> None:
    with pytest.raises(Malformed, match="neither an IP address nor a host name") as refused:
        argvs_of("ping", type="gateway", target=word)
    assert refused.value.message.isprintable()
    assert refused.value.hint


@pytest.mark.parametrize(
    "value", [0, -1, 11, True, 2.0, "4", "4; reboot", None, pytest.param(10**5000, id="huge")]
)
def test_a_count_out_of_bounds_is_refused(value: object) -> None:
    with pytest.raises(Malformed, match=r"the count .* is not a whole number from 1 to 10"):
        argvs_of("ping", type="ap", target="192.0.2.7", count=value)  # type: ignore[arg-type]


def test_lines_are_bounded() -> None:
    assert argvs_of("log_tail", type="gateway", lines=500)[0][2] == "500"
    with pytest.raises(Malformed, match="from 1 to 500"):
        argvs_of("log_tail", type="gateway", lines=501)


def test_a_question_is_only_asked_where_it_makes_sense() -> None:
    for name, one in DIAGNOSTICS.items():
        for place in set(PLACES) - one.where:
            with pytest.raises(Malformed, match=f"a device of type '{place}' has no {name}"):
                argvs_of(name, type=place)[0]


def test_unknown_questions_and_devices_are_refused() -> None:
    with pytest.raises(Malformed, match=r"no check 'rm -rf /'"):
        argvs_of("rm -rf /", type="ap")
    with pytest.raises(Malformed, match="of type 'toaster'"):
        argvs_of("info", type="toaster")


@pytest.mark.parametrize(
    ("type_", "place"),
    [("uap", "ap"), ("usw", "switch"), ("ugw", "gateway"), ("uxg", "gateway"), ("udm", "console"),
     ("ucg", "console"), ("uck", "console"), ("switch", "switch"), ("uph", None)],
)  # fmt: skip
def test_the_controllers_types_are_known(type_: str, place: Place | None) -> None:
    assert place_of(type_) == place


def test_the_tool_behind_an_alias_comes_first_and_never_bare() -> None:
    assert argvs_of("info", type="uap") == (("mca-cli-op", "info"), ("info",))
    every = [argv for name, place in ASKED for argv in _vectors(name, place)]
    assert ("mca-cli-op",) not in every


def test_access_points_keep_their_log_in_memory_and_consoles_in_a_file() -> None:
    assert argvs_of("log_tail", type="ap")[0] == ("logread",)
    assert argvs_of("log_tail", type="udm", lines=7)[0] == ("tail", "-n", "7", "/var/log/messages")


def test_nothing_that_holds_secrets_is_read_and_nothing_writes() -> None:
    words = {word for name, place in ASKED for argv in _vectors(name, place) for word in argv}
    denied = ("system.cfg", "mgmt", "shadow", "authorized_keys")
    assert not [word for word in words if any(part in word for part in denied)]
    assert not words & {"reboot", "upgrade", "set-default", "restart", "poweroff", "set", "tcpdump"}


def test_answers_are_capped_in_time_and_size() -> None:
    for one in DIAGNOSTICS.values():
        assert 0 < one.timeout_s <= 95
        assert 0 < one.output_bytes <= 2 * 1024 * 1024
        assert 0 in one.exits


def _vectors(name: str, place: Place) -> tuple[tuple[str, ...], ...]:
    return argvs_of(name, type=place, target="192.0.2.7")

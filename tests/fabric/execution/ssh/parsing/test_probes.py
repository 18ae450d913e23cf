"""What a probe found out."""

import pytest

from cortex.fabric.execution.ssh.parsing.probes import (
    Hop,
    Lookup,
    Ping,
    read_lookup,
    read_ping,
    read_traceroute,
)
from cortex.fabric.execution.ssh.parsing.text import Unparsed
from tests.fabric.execution.ssh.reading import sample


def test_a_ping_tells_loss_and_times() -> None:
    times = {"min_ms": 8.651, "avg_ms": 8.721, "max_ms": 8.812}
    assert read_ping(sample("ping-busybox")) == Ping(sent=4, received=4, loss_percent=0, **times)
    assert read_ping(sample("ping-full")) == Ping(sent=4, received=3, loss_percent=25, **times)
    assert read_ping(sample("ping-lost")) == Ping(sent=4, received=0, loss_percent=100)


def test_a_ping_without_a_summary_is_unreadable() -> None:
    with pytest.raises(Unparsed, match="no line says how many packets"):
        read_ping("ping: bad address 'nowhere'")
    with pytest.raises(Unparsed, match="line 1: '300' is not in 0 to 100"):
        read_ping("4 packets transmitted, 0 received, 300% packet loss")


def test_a_way_is_told_step_by_step() -> None:
    assert read_traceroute(sample("traceroute-any")) == (
        Hop(1, "192.168.1.1", (0.943, 0.605, 0.743)),
        Hop(2, "", ()),
        Hop(3, "198.51.100.8", (12.756, 12.666)),
    )


def test_a_way_without_steps_is_unreadable() -> None:
    with pytest.raises(Unparsed, match="no line begins with the number of a step"):
        read_traceroute("traceroute: bad address")
    with pytest.raises(Unparsed, match="'999' is not in 1 to 255"):
        read_traceroute("999 *")


def test_a_name_resolves_to_its_addresses_and_not_to_the_servers() -> None:
    assert read_lookup(sample("nslookup-busybox")) == Lookup(
        "192.168.1.1", ("198.51.100.8", "2001:db8::8"), ""
    )


def test_a_name_that_does_not_exist_is_an_answer() -> None:
    assert read_lookup(sample("nslookup-missing")) == Lookup(
        "192.168.1.1", (), "** server can't find nothing.example.com: NXDOMAIN"
    )


def test_a_lookup_that_says_nothing_is_unreadable() -> None:
    with pytest.raises(Unparsed, match="no server, no address and no failure"):
        read_lookup("nslookup: not found")

"""What is said of many devices of which none gave an answer, and of those not given an address."""

from pathlib import Path

import pytest

from cortex.errors import BadAnswer, CortexError, Rejected, Unreachable
from cortex.fabric.execution.ssh.asking.doors import door_of
from cortex.fabric.execution.ssh.asking.fleet import Heard
from cortex.settings.knobs import Ssh

AWAY = Unreachable("Attic AP did not answer over SSH in time")
NONSENSE = BadAnswer("Lobby AP: the log cannot be read", service="ssh")


def told(*errors: CortexError) -> CortexError:
    with pytest.raises(CortexError) as met:
        Heard({}, {str(at): error for at, error in enumerate(errors)}).of_some()
    return met.value


def test_the_only_device_is_told_by_its_own_error() -> None:
    assert told(AWAY) is AWAY


def test_one_device_that_is_away_is_not_blamed_for_many_that_answer_nonsense() -> None:
    error = told(AWAY, NONSENSE, NONSENSE)
    assert isinstance(error, BadAnswer)
    assert error.message == (
        "none of 3 devices gave an answer: 2 answered what cannot be read, 1 did not answer;"
        " Lobby AP: the log cannot be read"
    )


def test_refusals_are_counted_by_their_reason() -> None:
    error = told(*(Rejected("Lobby AP: no", reason="host-key-changed") for _ in range(2)), AWAY)
    assert isinstance(error, Rejected)
    assert error.reason == "host-key-changed"
    assert "2 refused (host key changed), 1 did not answer" in error.message


def test_some_answers_are_answers() -> None:
    heard = Heard({"a": 1}, {"b": AWAY})
    assert heard.of_some() is heard


def test_a_lab_never_seeks_a_device_at_the_address_of_its_record() -> None:
    row = {"ip": "192.0.2.7", "name": "Attic AP"}
    mac = "74:ac:b9:00:00:01"
    settings = Ssh(addresses_file=Path("places.json"), only_addresses=True)
    with pytest.raises(Rejected, match=r"no address is given for Attic AP .* in 'places.json'"):
        door_of(mac, row, {}, settings)
    assert door_of(mac, row, {mac: ("127.0.0.1", 2201)}, settings).port == 2201
    door = door_of(mac, row, {}, Ssh(addresses_file=Path("places.json")))
    assert (door.host, door.port) == ("192.0.2.7", 22)

"""What is said of many devices of which none gave an answer, and of those not given an address."""

import asyncio
from pathlib import Path

import pytest

from cortex.clients.ssh import KnownHosts, Limits, Sessions
from cortex.errors import BadAnswer, CortexError, Rejected, Unreachable
from cortex.fabric.execution.ssh.asking.doors import door_of
from cortex.fabric.execution.ssh.asking.fleet import Fleet, Heard
from cortex.fabric.execution.ssh.known import KnownSite
from cortex.fabric.messages import Known
from cortex.settings.knobs import Ssh

AWAY = Unreachable("Attic AP did not answer over SSH in time")
CHANGED = Rejected("find out why", reason="host-key-changed")
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
        "none of 3 devices gave an answer (answer cannot be read: 2, not answering: 1);"
        " Lobby AP: the log cannot be read"
    )


def test_refusals_are_counted_by_their_reason() -> None:
    error = told(*(Rejected("Lobby AP: no", reason="host-key-changed") for _ in range(2)), AWAY)
    assert isinstance(error, Rejected)
    assert error.reason == "host-key-changed"
    assert "host key changed: 2, not answering: 1" in error.message


@pytest.mark.anyio
async def test_only_who_did_not_answer_comes_last_the_next_time(tmp_path: Path) -> None:
    sessions = Sessions({}, Limits(), first_use=False, known=KnownHosts(tmp_path / "hosts"))
    rows = tuple({"mac": mac} for mac in ("a", "b", "c", "d"))
    site = KnownSite(Known(site="default", site_name="", at=0.0, devices=rows, clients=()))
    errors = {"a": AWAY, "b": CHANGED, "c": NONSENSE}

    async def ask(mac: str) -> str:
        if mac in errors:
            raise errors[mac]
        if mac == "e":
            await asyncio.Event().wait()
        return "well"

    fleet = Fleet(sessions, Ssh())
    devices = await fleet.devices(site)
    heard = await devices.each([*"abcde"], ask, each_s=0.05)
    assert heard.answers == {"d": "well"}
    assert fleet.silent == {"a", "e"}
    asked: list[str] = []

    async def ask_again(mac: str) -> None:
        asked.append(mac)

    await devices.each([*"abcde"], ask_again)
    assert asked == [*"bcdae"]
    assert not fleet.silent


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

"""Who accepts or forgets a host key leaves a record: who, which device, which key, and when."""

import asyncio
import json
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cortex.cli import exits
from cortex.clients.redis import RedisClient
from cortex.clients.ssh import KnownHosts
from cortex.coordination.bundled import bundled_url
from cortex.coordination.streams import EVENTS
from cortex.fabric.messages.outcomes import OutcomeEvent, decode
from cortex.lab.site import Lab
from cortex.lab.steering import Steering, of_lab
from tests.cli.conftest import Said

Cortex = Callable[..., Said]
MAC = "74:ac:b9:dd:09:5d"
KEY = "SHA256:" + "A" * 43
_WITHIN_S = 20.0


@pytest.fixture
def steered(lab: Lab) -> Iterator[Steering]:
    with closing(of_lab(lab.home)) as found:
        yield found
        found.call("DELETE", "/ssh/traps")


def _home(tmp_path: Path, **sections: object) -> Path:
    """Make a data folder that accepted a key."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "cortex.yaml").write_text(json.dumps({"home": str(home), **sections}))
    KnownHosts(home / "execution-unifi-ssh" / "known_hosts.json").accept(MAC, KEY)
    return home


async def _told(home: Path) -> list[OutcomeEvent]:
    """Read what was sent of trust, the latest first."""
    redis = RedisClient.of(bundled_url(home))
    async with asyncio.timeout(_WITHIN_S):
        entries: Any = await redis.call("XREVRANGE", EVENTS, "+", "-")
    await redis.close()
    fields = (dict(zip(one[1][::2], one[1][1::2], strict=True)) for one in entries)
    return [decode(one[b"outcome"]) for one in fields if one[b"event"] == b"outcome.trust"]


def test_what_was_accepted_and_forgotten_is_sent_to_the_audit_log(
    lab: Lab, steered: Steering, cortex: Cortex
) -> None:
    device = next(one for one in steered.devices() if one["hostkey"] != "ssh-rsa")
    mac, at = str(device["mac"]), ["--at", str(device["address"])]
    steered.fault(mac, "changed-key")
    shown = cortex("ssh", "accept", mac, *at).out.split()
    key = next(word for word in shown if word.startswith("SHA256:"))
    accepted = cortex("ssh", "accept", mac, *at, "--fingerprint", key)
    forgotten = cortex("ssh", "forget", mac)
    assert (accepted.code, forgotten.code) == (exits.DONE, exits.DONE)
    assert "not on record" not in accepted.err + forgotten.err
    events = asyncio.run(_told(lab.home))
    assert [event.tool for event in events] == ["ssh_forget", "ssh_accept"]
    for event in events:
        assert event.principal == f"local:{pwd.getpwuid(os.getuid()).pw_name}"
        assert [one.id for one in event.targets] == [mac, key]
        assert event.at > 0


def test_while_redis_is_away_the_next_start_takes_the_record_up(
    tmp_path: Path, cortex: Cortex
) -> None:
    home = _home(tmp_path)
    assert cortex("ssh", "forget", MAC, home=home).code == exits.DONE
    [line] = (home / "outbox.jsonl").read_bytes().splitlines()
    event = decode(line)
    assert (event.kind, event.tool, event.status) == ("trust", "ssh_forget", "done")
    assert [one.id for one in event.targets] == [MAC, KEY]


def test_where_there_is_no_audit_log_that_is_said(tmp_path: Path, cortex: Cortex) -> None:
    home = _home(tmp_path, redis={"enabled": False})
    said = cortex("ssh", "forget", MAC, home=home)
    assert said.code == exits.DONE
    assert "not on record: there is no audit log" in said.err
    assert not (home / "outbox.jsonl").exists()


def test_a_record_that_cannot_be_kept_is_said_to_be_missing(tmp_path: Path, cortex: Cortex) -> None:
    home = _home(tmp_path)
    (home / "outbox.jsonl").mkdir()
    said = cortex("ssh", "forget", MAC, home=home)
    assert said.code == exits.DONE
    assert "not on record: it is not in the audit log" in said.err

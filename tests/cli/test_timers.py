"""`cortex timers`, against a lab with its own Redis."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cortex.cli import exits
from cortex.clients.activator import ActivatorClient
from cortex.coordination.connecting import client_of
from cortex.fabric.activator.access import tokens
from cortex.lab.site import Lab
from cortex.settings.knobs import Redis
from tests.cli.conftest import Said

_FORGED = "feed00"
_WITHIN_S = 30.0


@pytest.fixture
def _forged(lab: Lab) -> Iterator[None]:
    """Put something into the lab's Redis that is no timer of Cortex."""
    record = ("HSET", f"cortex:timers:{_FORGED}", "rev", 1, "timer", "{}", "seal", "0" * 64)
    asyncio.run(_told(lab.home, record, ("ZADD", "cortex:timers", 1, _FORGED)))
    yield
    remains = (("DEL", f"cortex:timers:{_FORGED}"), ("ZREM", "cortex:timers", _FORGED))
    asyncio.run(_told(lab.home, *remains))


@pytest.fixture(autouse=True)
def _ready(lab: Lab) -> None:
    """Wait until the lab has Redis: before, an order with a time is refused."""
    with ActivatorClient(lab.activator.url, lab.token) as client:
        asyncio.run(_coordinated(client))


async def _coordinated(client: ActivatorClient) -> None:
    async with asyncio.timeout(_WITHIN_S):
        # Another process, which tells nobody when it has Redis.
        while client.get("/v1/coordination").get("state") != "ready":  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _told(home: Path, *commands: tuple[Any, ...]) -> None:
    redis = client_of(Redis(), home)
    try:
        for command in commands:
            await redis.call(*command)
    finally:
        await redis.close()


def _latest(cortex: Callable[..., Said]) -> dict[str, Any]:
    told = json.loads(cortex("timers", "list", "--json").out)["timers"]
    found: dict[str, Any] = max(told, key=lambda one: float(one["created_at"]))
    return found


def test_a_timer_is_listed_with_its_time_and_zone_and_cancelled(
    cortex: Callable[..., Said],
) -> None:
    asked = cortex("ask", "--yes", "block the printer in 2 hours")
    assert asked.code == exits.DONE, asked
    listed = cortex("timers", "list")
    assert listed.code == exits.DONE
    timer = _latest(cortex)
    assert f"When ({timer['zone']})" in listed.out
    assert timer["due_local"] in listed.out
    assert cortex("timers", "cancel", timer["id"]).code == exits.DONE
    assert timer["id"] not in cortex("timers", "list").out


def test_a_timer_is_shown_by_the_beginning_of_its_id_with_who_said_yes(
    cortex: Callable[..., Said],
) -> None:
    asked = cortex("ask", "--yes", "block the printer in 2 hours")
    assert asked.code == exits.DONE, asked
    timer = _latest(cortex)
    shown = cortex("timers", "show", timer["id"][:-2])
    assert shown.code == exits.DONE
    assert "block_client" in shown.out
    assert "Approved by" in shown.out
    cancelled = cortex("timers", "cancel", timer["id"][:-2])
    assert "Nothing will be done." in cancelled.out
    again = cortex("timers", "cancel", timer["id"])
    assert again.code != exits.DONE
    assert "is over" in again.err
    assert timer["id"] in cortex("timers", "list", "--all").out


def test_an_id_that_there_is_not_is_named(cortex: Callable[..., Said]) -> None:
    said = cortex("timers", "cancel", "no-such")
    assert said.code != exits.DONE
    assert "'no-such'" in said.err


@pytest.mark.usefixtures("_forged")
def test_what_is_no_timer_is_listed_with_the_reason_and_dropped(
    cortex: Callable[..., Said],
) -> None:
    listed = cortex("timers", "list")
    assert listed.code == exits.DONE
    assert f"not a timer, and never done: {_FORGED}: it is not sealed" in listed.err
    assert "not sealed" in cortex("timers", "show", _FORGED).out
    dropped = cortex("timers", "cancel", _FORGED)
    assert dropped.code == exits.DONE, dropped.err
    assert "It is gone" in dropped.out
    assert _FORGED not in cortex("timers", "list").err


@pytest.mark.usefixtures("_forged")
def test_only_an_admin_hears_of_what_is_no_timer(
    cortex: Callable[..., Said], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(tokens.create(lab.home, tmp_path.name, scopes=("read", "operate"), now=1))
    file.chmod(0o600)
    monkeypatch.setenv("CORTEX_TOKEN_FILE", str(file))
    said = cortex("timers", "list")
    assert said.code == exits.DONE
    assert _FORGED not in said.err
    assert cortex("timers", "cancel", _FORGED).code != exits.DONE

"""`cortex tasks`, `cortex agents` and `cortex notify`, against a lab with its own Redis."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import bundled_url
from cortex.coordination.streams import TASKS, add
from cortex.lab.site import Lab, LabOptions, running_lab
from tests.agents.master.mailbox import hook
from tests.cli.conftest import Said

Cortex = Callable[..., Said]
_WITHIN_S = 30.0


async def send(home: Path, entries: tuple[dict[str, str], ...]) -> None:
    """Send tasks, and wait until the stream holds none of them."""
    redis = RedisClient.of(bundled_url(home))
    async with asyncio.timeout(_WITHIN_S):
        for fields in entries:
            await add(redis, TASKS, fields)
        while await redis.call("XLEN", TASKS):  # noqa: ASYNC110  # it lies on a server
            await asyncio.sleep(0.02)
    await redis.close()


@pytest.fixture
def sent(lab: Lab) -> Callable[..., None]:
    """Send tasks to the lab."""

    def sending(*entries: dict[str, str]) -> None:
        asyncio.run(send(lab.home, entries))

    return sending


def test_a_task_is_listed_and_shown_and_waits_for_no_yes(
    cortex: Cortex, sent: Callable[..., None]
) -> None:
    sent({"task_id": "cli1", "query": "list all clients", "source": "script"})
    listed = cortex("tasks", "list")
    assert (listed.code, "script:cli1" in listed.out) == (exits.DONE, True)
    shown = json.loads(cortex("tasks", "show", "cli1", "--json").out)
    assert (shown["state"], shown["status"]) == ("done", "done")
    assert cortex("tasks", "confirm", "cli1").code == exits.REFUSED
    assert "done" in cortex("tasks", "cancel", "cli1").out
    assert cortex("tasks", "show", "nothing").code == exits.REFUSED


def test_an_answer_to_a_change_that_waits_quotes_what_was_shown(
    tmp_path: Path, cortex: Cortex
) -> None:
    home = tmp_path / "home"
    senders = {"activator": {"writes": True, "task_senders": {"script": "admin"}}}
    with running_lab(LabOptions(home=home, speed=100, settings=senders), os.environ):
        asked = {"task_id": "w1", "query": "restart the garage ap", "source": "script"}
        asyncio.run(send(home, (asked,)))
        shown = cortex("tasks", "show", "w1", home=home).out
        assert "cortex tasks confirm script:w1" in shown
        declined = cortex("tasks", "confirm", "w1", "--no", home=home)
        assert (declined.code, "Nothing was changed" in declined.out) == (exits.REFUSED, True)
        assert cortex("tasks", "confirm", "w1", "--no", home=home).code == exits.REFUSED


def test_what_is_no_task_is_listed_as_dead_and_dropped(
    cortex: Cortex, sent: Callable[..., None]
) -> None:
    sent({"nonsense": "yes"})
    dead = json.loads(cortex("tasks", "dead", "--json").out)["dead_letters"]
    assert cortex("tasks", "requeue", dead[0]["id"]).code == exits.REFUSED
    assert cortex("tasks", "drop", dead[0]["id"]).code == exits.DONE
    left = json.loads(cortex("tasks", "dead", "--json").out)["dead_letters"]
    assert len(left) == len(dead) - 1


def test_the_fabric_itself_is_among_the_agents(cortex: Cortex, sent: Callable[..., None]) -> None:
    sent()
    listed = json.loads(cortex("agents", "list", "--json").out)["agents"]
    assert "unifi_network" in listed[0]["capabilities"]
    assert cortex("agents", "list").code == exits.DONE


def test_a_notice_is_tried_and_a_missing_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, config = tmp_path / "addresses", tmp_path / "cortex.yaml"
    config.write_text(f"notify: {{urls_file: {file}}}")
    assert run(["notify", "test"]) != exits.DONE
    assert "notify.urls_file" in capsys.readouterr().err

    async def tried() -> int:
        async with hook() as web:
            file.write_text(web.address)
            file.chmod(0o600)
            code = await asyncio.to_thread(run, ["notify", "test", "--config", str(config)])
            assert len(web.taken) == 1
        return code

    assert asyncio.run(tried()) == exits.DONE
    assert "every address took it" in capsys.readouterr().out

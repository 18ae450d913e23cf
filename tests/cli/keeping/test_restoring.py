"""A restore replaces all or nothing, and one that was broken off is gone on with by another."""

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.cli.keeping import redis_keys
from cortex.clients.redis import RedisClient
from cortex.errors import Malformed
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.audit.verifying import verify
from tests.cli.keeping.rooms import KEYS, filled_anew, held, recorded

BY_TYPE = {
    "stream": ("XADD", ("*", "a", "b")),
    "zset": ("ZADD", ("1", "a")),
    "hash": ("HSET", ("a", "b")),
    "string": ("SET", ("a",)),
    "list": ("RPUSH", ("a",)),
}
_MARK = "left-by-another"
PROMISED = {
    KEYS.lanes[0]: "stream",
    KEYS.dead: "stream",
    KEYS.finished: "stream",
    KEYS.delayed: "zset",
    KEYS.bodies: "hash",
    KEYS.record("a:b"): "hash",
    KEYS.idempotency("a", "k"): "string",
    "cortex:timers": "zset",
    "cortex:timers:a": "hash",
    "cortex:asked": "zset",
    "cortex:asked:chat:a": "hash",
    "cortex:answer:a": "hash",
    "cortex:answer:/final:a": "string",
    "cortex.network.tasks": "stream",
    "cortex.results": "stream",
    "cortex.outcomes": "stream",
}


@pytest.mark.anyio
async def test_a_value_of_another_type_than_its_name_promises_is_refused(
    redis: RedisClient, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    for name, promised in PROMISED.items():
        for kind, (command, arguments) in BY_TYPE.items():
            await redis.call(command, name, *arguments)
            await redis_keys.save(redis, file)
            await redis.call("DEL", name)
            if kind == promised:
                async with redis_keys.staged(redis, file):
                    assert await redis_keys.swap(redis, file) == 1
                await redis.call("DEL", name)
                continue
            with pytest.raises(Malformed, match=f"holds a {kind} and not a {promised}"):
                async with redis_keys.staged(redis, file):
                    pytest.fail("it was taken")
            assert await redis.call("DBSIZE") == 0


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    """Give a backup of the data folder, in which something was changed since."""
    file = tmp_path / "cortex.tar"
    assert run(["backup", str(file), "--home", str(home)]) == exits.DONE
    asyncio.run(filled_anew(home))
    recorded(home, "e4")
    return file


@pytest.mark.timeout(120)
def test_an_audit_log_that_is_being_written_keeps_all_from_being_replaced(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = asyncio.run(held(home))
    with AuditLog(home / "audit", home / "anchor"):
        assert run(["restore", str(file), "--yes", "--home", str(home)]) == exits.REFUSED
    assert "another process writes the audit log" in capsys.readouterr().err
    assert asyncio.run(held(home)) == before
    assert verify(home / "audit", home / "anchor").records == 4


@pytest.mark.timeout(120)
def test_a_file_that_cannot_be_put_back_keeps_all_from_being_replaced(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = asyncio.run(held(home))
    (home / "feedback.jsonl").unlink()
    (home / "feedback.jsonl").mkdir()
    assert run(["restore", str(file), "--yes", "--home", str(home)]) == exits.UNAVAILABLE
    assert "nothing was replaced" in capsys.readouterr().err
    assert asyncio.run(held(home)) == before
    assert verify(home / "audit", home / "anchor").records == 4
    left = [one.name for one in home.rglob(".*") if not one.name.endswith(".lock")]
    assert left == []


def _under_way(draft: Path) -> bool:
    """Tell whether a restore lays memory ready; what one that was killed left bears a mark."""
    return draft.exists() and not (draft / _MARK).exists()


def _until_begun(process: "subprocess.Popen[bytes]", draft: Path) -> None:
    """Wait until a restore lays memory ready, or ends before that was seen."""
    while process.poll() is None and not _under_way(draft):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.002)


@pytest.mark.timeout(150)
def test_a_restore_that_is_killed_is_done_anew_by_the_next(home: Path, file: Path) -> None:
    words = [sys.executable, "-m", "cortex", "restore", str(file), "--yes", "--home", str(home)]
    dice = random.Random(3)  # noqa: S311  # moments to kill at, no secret
    draft = home / ".memory-restoring"
    within = 0
    for after_s in (0.0, 0.0, dice.uniform(0.0, 0.3), dice.uniform(0.0, 0.3)):
        if draft.exists():
            (draft / _MARK).touch()
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:  # noqa: S603  # our own program
            _until_begun(process, draft)
            blow = threading.Timer(after_s, process.kill)
            blow.start()
            ended = process.wait(60)
            blow.cancel()
        within += ended == -signal.SIGKILL and _under_way(draft)
        points, state, _ = asyncio.run(held(home))
        assert (len(points[0]), state) == (1, "queued")
    assert within, "no restore was killed while it was under way"
    assert run(["restore", str(file), "--yes", "--home", str(home)]) == exits.DONE
    points, _, keys = asyncio.run(held(home))
    assert points[0][0].payload["template"] == "in routing_queries"
    assert b"cortex:asked:chat:t2" not in {one[0] for one in keys}
    assert verify(home / "audit", home / "anchor").records == 3
    assert not [one for one in home.iterdir() if one.name.startswith(".memory")]

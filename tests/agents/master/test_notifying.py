"""Notices that really leave: to a web hook and to a mail server."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cortex.agents.master.notices import Notice
from cortex.agents.master.notifying import Notifier
from cortex.clients.redis import RedisClient
from cortex.coordination.streams import EVENTS, add
from cortex.errors import Misconfigured, Unavailable
from cortex.settings.knobs import Notify
from tests.agents.master.company import master, until
from tests.agents.master.mailbox import Hook, hook, mailbox

pytestmark = pytest.mark.anyio
_NOTICE = Notice("failed", "key", "A change did not work", "block client on Printer.")
_FAILED = (
    '{"tool": "block_client", "status": "failed", "query_id": "q%d", "targets": [{"id": "%d"}]}'
)


def _file(folder: Path, *lines: str) -> Path:
    file = folder / "addresses"
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    return file


async def test_a_notice_reaches_a_web_hook_and_a_mailbox(tmp_path: Path) -> None:
    async with hook() as web, mailbox() as post:
        file = _file(tmp_path, "# mine", web.address, "", post.address)
        await Notifier(file).send(_NOTICE)
    assert [one["message"] for one in web.taken] == [_NOTICE.body]
    assert [one["title"] for one in web.taken] == [_NOTICE.title]
    [mail] = post.mails
    assert "ops@example.test" in mail
    assert "block client" in mail


async def test_an_address_that_does_not_take_it_is_told_without_naming_it(tmp_path: Path) -> None:
    async with hook() as web:
        web.status = 500
        notifier = Notifier(_file(tmp_path, web.address))
        with pytest.raises(Unavailable) as caught:
            await notifier.send(_NOTICE)
    assert web.address not in caught.value.message


async def test_a_trial_names_the_lines_that_do_not_take_it_and_why(tmp_path: Path) -> None:
    async with hook() as gone:
        pass
    async with hook() as web, hook() as broken:
        broken.status = 503
        lines = ("# mine", web.address, broken.address, gone.address)
        with pytest.raises(Unavailable) as caught:
            await Notifier(_file(tmp_path, *lines)).try_each(_NOTICE)
        assert len(web.taken) == len(broken.taken) == 1
    said = caught.value.message
    assert "line 3 (json): its server answered with the status 503" in said
    assert "line 4 (json): its server cannot be reached" in said
    assert "line 2" not in said
    assert "127.0.0.1" not in said


@pytest.mark.parametrize(
    "lines", [(), ("# only a remark",), ("json://127.0.0.1", "secret-nonsense")]
)
def test_a_file_without_usable_addresses_is_refused_without_repeating_it(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    with pytest.raises(Misconfigured) as caught:
        Notifier(_file(tmp_path, *lines))
    assert "secret-nonsense" not in caught.value.message


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path, "json://127.0.0.1")
    file.chmod(0o644)
    with pytest.raises(Misconfigured, match="others may read"):
        Notifier(file)


async def test_a_failed_write_is_told_once_also_across_masters(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with hook() as web:
        knobs = Notify(urls_file=_file(tmp_path, web.address), kinds=("failed",))
        async with master(tmp_path, redis, notify=knobs):
            await _happened(redis, 1, 1, 2)
            await until(_took(web, 2))
        async with master(tmp_path, redis, notify=knobs):
            await _happened(redis, 1, 3)
            await until(_took(web, 3))
    assert len(web.taken) == 3


async def test_what_happened_long_before_the_first_start_is_told_to_nobody(
    tmp_path: Path, redis: RedisClient
) -> None:
    await redis.call("XADD", EVENTS, "1000-1", "event", "queue.stale", "queue", "old", "count", 1)
    await add(redis, EVENTS, {"event": "queue.stale", "queue": "new", "count": 3})
    async with hook() as web:
        knobs = Notify(urls_file=_file(tmp_path, web.address), kinds=("outage",))
        async with master(tmp_path, redis, notify=knobs):
            await until(_took(web, 1))
    assert [one["message"] for one in web.taken] == ["queue stale: new, 3."]


async def test_kinds_that_nobody_wants_are_not_told(tmp_path: Path, redis: RedisClient) -> None:
    async with hook() as web:
        knobs = Notify(urls_file=_file(tmp_path, web.address), kinds=("outage",))
        async with master(tmp_path, redis, notify=knobs):
            await _happened(redis, 1)
            await add(redis, EVENTS, {"event": "queue.stale", "queue": "network", "count": 3})
            await until(_took(web, 1))
    assert web.taken[0]["message"] == "queue stale: network, 3."


async def test_an_event_that_is_odd_is_passed_over_and_the_next_is_told(
    tmp_path: Path, redis: RedisClient
) -> None:
    for outcome in ('{"status": []}', '{"status": {}}', "[" * 100_000, "7"):
        await add(redis, EVENTS, {"event": "outcome.write", "outcome": outcome})
    await add(redis, EVENTS, {"event": "queue.dead_letters", "queue": "network"})
    async with hook() as web:
        knobs = Notify(urls_file=_file(tmp_path, web.address), kinds=("failed",))
        async with master(tmp_path, redis, notify=knobs):
            await _happened(redis, 1)
            await until(_took(web, 2))
    assert [one["message"].partition(" on ")[0] for one in web.taken] == [
        "queue dead letters: network.",
        "block client",
    ]


async def _happened(redis: RedisClient, *numbers: int) -> None:
    for number in numbers:
        fields = {"event": "outcome.write", "outcome": _FAILED % (number, number)}
        await add(redis, EVENTS, fields)


def _took(web: Hook, count: int) -> Callable[[], Awaitable[bool]]:
    async def took() -> bool:
        return len(web.taken) >= count

    return took

"""What is remembered of sites survives a restart, is shared sealed, and is believed only if sound."""

from pathlib import Path

import msgspec
import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.failover.keeping import MOST_SITES, SEALED, Shelf
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import written
from cortex.settings.knobs import Redis
from tests.fabric.activator.peers.rooms import coordinated

pytestmark = pytest.mark.anyio
SITE = Known(
    site="default",
    site_name="Home",
    at=5.0,
    devices=({"mac": "74:ac:b9:00:00:01", "ip": "10.0.0.2"},),
)
SEALS = Seals(b"k" * 32, SEALED)
KEY = "cortex:inventory:default"
NOW = 1_000.0


def alone(home: Path) -> Shelf:
    """Return a shelf without Redis."""
    return Shelf(home / "inventory", Coordination(Redis(enabled=False), home), SEALS)


async def test_a_site_is_found_again_and_is_its_owners_alone(tmp_path: Path) -> None:
    await alone(tmp_path).save(SITE)
    assert alone(tmp_path).load(NOW) == (SITE,)
    assert (tmp_path / "inventory" / "default.json").stat().st_mode & 0o777 == 0o600
    assert await alone(tmp_path).shared("default") is None


async def test_the_name_of_a_site_is_no_path(tmp_path: Path) -> None:
    hostile = msgspec.structs.replace(SITE, site="../../keys/service")
    await alone(tmp_path).save(hostile)
    (file,) = (tmp_path / "inventory").iterdir()
    assert file.name.startswith("_")
    assert alone(tmp_path).load(NOW) == (hostile,)


async def test_the_latest_sites_are_kept_and_what_is_unsound_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "inventory"
    folder.mkdir()
    for number in range(MOST_SITES + 3):
        site = msgspec.structs.replace(SITE, site=f"s{number}", at=float(number))
        (folder / f"s{number}.json").write_bytes(written(site))
    (folder / "broken.json").write_bytes(b"{")
    (folder / "alias.json").write_bytes(written(SITE))
    (folder / "folder.json").mkdir()
    found = alone(tmp_path).load(NOW)
    assert [one.site for one in found] == [f"s{n}" for n in range(MOST_SITES + 2, 2, -1)]


async def test_sites_that_were_read_at_a_time_to_come_are_the_last_to_be_kept(
    tmp_path: Path,
) -> None:
    for number in range(MOST_SITES + 1):
        site = msgspec.structs.replace(SITE, site=f"s{number}", at=float(number))
        await alone(tmp_path).save(site)
    await alone(tmp_path).save(msgspec.structs.replace(SITE, site="ahead", at=NOW + 1))
    found = [one.site for one in alone(tmp_path).load(NOW)]
    assert len(found) == MOST_SITES
    assert "ahead" not in found
    assert alone(tmp_path).load(NOW + 1)[0].site == "ahead"


async def test_a_disk_that_takes_nothing_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "inventory").write_bytes(b"in the way")
    await alone(tmp_path).save(SITE)
    assert alone(tmp_path).load(NOW) == ()


async def test_activators_share_what_they_remember(tmp_path: Path, redis: RedisClient) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        shelf = Shelf(tmp_path / "one", one, SEALS)
        other = Shelf(tmp_path / "two", one, SEALS)
        assert await other.shared("default") is None
        await shelf.save(SITE)
        assert await other.shared("default") == SITE


async def test_what_others_put_into_redis_is_not_believed(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        shelf = Shelf(tmp_path, one, SEALS)
        await redis.call("SET", KEY, b"0" * 64 + written(SITE))
        assert await shelf.shared("default") is None
        moved = SEALS.sealed("cortex:inventory:other", written(SITE))
        await redis.call("SET", KEY, moved)
        assert await shelf.shared("default") is None
        await redis.call("SET", KEY, SEALS.sealed(KEY, b"{"))
        assert await shelf.shared("default") is None
        await redis.call("DEL", KEY)
        await redis.call("LPUSH", KEY, "x")
        assert await shelf.shared("default") is None

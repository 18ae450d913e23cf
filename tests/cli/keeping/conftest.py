"""The servers that keys are put back into, and a data folder to lose."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.keeping.rooms import filled, recorded
from tests.redis_servers import redis, redis_server

__all__ = ["home", "redis", "redis_server"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a data folder with something of everything, and secrets."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    asyncio.run(filled(home))
    recorded(home, "e1", "e2", "e3")
    for name in ("writes-stopped", "feedback.jsonl", "tokens.json", "admin-token"):
        (home / name).write_text(f"{name}\n")
    for name in ("keys/grant", "execution-unifi-api/intents.jsonl"):
        (home / name).parent.mkdir()
        (home / name).write_text(f'"{name}"\n')
    return home

"""The servers that keys are put back into, and a data folder to lose."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.keeping.rooms import filled, recorded
from tests.redis_servers import newest_server, redis

__all__ = ["home", "newest_server", "redis"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a data folder with something of everything, and secrets."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    asyncio.run(filled(home))
    recorded(home, "e1", "e2", "e3")
    for name in ("writes-stopped", "feedback.jsonl", "tokens.json", "admin-token"):
        (home / name).write_text(f"{name}\n")
    files = ("intents.jsonl", "known_hosts.json")
    layers = ["execution-unifi-api/intents.jsonl", *(f"execution-unifi-ssh/{one}" for one in files)]
    for name in ("keys/grant", *layers):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(f'"{name}"\n')
    return home

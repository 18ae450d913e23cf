"""The embedded store: the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cortex.fabric.memory.embedded import open_embedded
from cortex.fabric.memory.store import Store
from tests.fabric.memory.contract import StoreContract


class TestEmbeddedStore(StoreContract):
    """The contract, over the embedded engine."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        """Yield an empty store in a folder of its own."""
        opened = await open_embedded(tmp_path / "memory")
        yield opened
        await opened.close()

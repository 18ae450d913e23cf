"""What every test gets: one asynchronous backend."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

"""What every test gets: one asynchronous backend, and properties that do not race the clock."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "cortex", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("cortex"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "cortex")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

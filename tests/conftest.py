"""What every test gets: one asynchronous backend, properties that do not race the clock, guards.

The guards keep every test on this machine and the settings of whoever runs the tests out of them.
"""

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from cortex.cli.processes.lean import frugal
from tests.guards import forget_settings, stay_here

settings.register_profile(
    "cortex", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("cortex"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "cortex")
frugal(os.environ)
stay_here()
forget_settings()
# A trace with the values of every frame takes longer to write than a test may take.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

USUAL_S = 60.0
"""What a test may take that does not say otherwise."""


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "a real Qdrant server that the memory tests run against, in collections of their own"
    parser.addoption("--qdrant-url", default="", help=text)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests that wait long over the whole run: others use the cores meanwhile."""
    waiting = [one for one in items if _allowed_s(one) > USUAL_S]
    usual = [one for one in items if _allowed_s(one) <= USUAL_S]
    apart = len(usual) // (len(waiting) or 1)
    for number, one in enumerate(waiting):
        usual.insert(number * (apart + 1), one)
    items[:] = usual


def _allowed_s(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker and marker.args else USUAL_S


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _leaves_no_settings_behind() -> Iterator[None]:
    """Fail a test that sets a setting for those after it; ends after every other fixture."""
    yield
    left = forget_settings()
    assert not left, f"the test left {', '.join(left)} in the environment"

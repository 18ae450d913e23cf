"""What a process logs never stands in the way of what it does."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import logging
from cortex.cli.processes.logs import configure_logs
import structlog

configure_logs("test")
for number in range(20):
    structlog.get_logger().warning("a line", number=number, text="x" * 1000)
    logging.getLogger("library").warning("its line")
print("went on", flush=True)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_log_line_that_cannot_be_written_is_lost_and_nothing_fails() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-c", PROGRAM],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.stdout == "went on\n"

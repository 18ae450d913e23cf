"""JSON lines on standard error: what a process of the fabric logs, and how.

Our own modules log through structlog, libraries through `logging`; both end in the same lines. A
line that cannot be written, as on a full disk, is lost: nothing else fails because of it.
"""

import contextlib
import io
import logging
import os
import sys
from pathlib import Path
from typing import Any, TextIO, cast

from typing_extensions import override

from cortex.cli.processes.lean import lean_imports
from cortex.errors import CortexError

with lean_imports():
    import structlog

_LONGEST = 5 * 1024 * 1024


class Unfailing(io.TextIOBase):
    """A stream that loses what cannot be written, and says nothing of it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    @override
    def write(self, text: str, /) -> int:
        """Write a text if it can be written."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    @override
    def flush(self) -> None:
        """Pass on what waits if it can be written."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def configure_logs(process: str, *, file: Path | None = None, level: int = logging.INFO) -> None:
    """Send every log line of this process as JSON to standard error, or to a file."""
    stream = cast("TextIO", Unfailing(_opened(file) if file else sys.stderr))
    stamped: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    rendered = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*stamped, rendered],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    lines = logging.StreamHandler(stream)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamped],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, rendered],
        )
    )
    logging.basicConfig(handlers=[lines], level=max(level, logging.WARNING), force=True)


def log_failure(error: CortexError) -> None:
    """Say in one line why this process cannot start."""
    structlog.get_logger().error("cannot start", error=error.message, hint=error.hint)


def _opened(file: Path) -> TextIO:
    """Open a log for its owner alone; one that has grown too long is put aside first."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > _LONGEST:
        file.replace(file.with_suffix(".log.1"))
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "a", buffering=1, encoding="utf-8")

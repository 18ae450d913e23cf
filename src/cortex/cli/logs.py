"""JSON lines on standard error: what a process of the fabric logs, and how.

Our own modules log through structlog, libraries through `logging`; both end in the same lines.
"""

import logging
import sys
from typing import Any

from cortex.errors import CortexError

_UNUSED = "rich"
"""structlog draws tracebacks with it when it is there: 5 MiB that a JSON log never uses."""

if _UNUSED in sys.modules:
    import structlog
else:
    sys.modules[_UNUSED] = None  # type: ignore[assignment]
    import structlog

    del sys.modules[_UNUSED]


def configure_logs(process: str, *, level: int = logging.INFO) -> None:
    """Send every log line of this process to standard error as JSON."""
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
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    lines = logging.StreamHandler(sys.stderr)
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

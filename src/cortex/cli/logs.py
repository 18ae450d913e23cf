"""JSON lines on standard error: what a process of the fabric logs, and how.

Our own modules log through structlog, libraries through `logging`; both end in the same lines.
"""

import logging
import sys
from typing import Any

_UNUSED_TERMINAL = "rich"
"""structlog draws tracebacks with it when it is there: 5 MiB that a JSON log never uses."""


def configure_logs(process: str, *, level: int = logging.INFO) -> None:
    """Send every log line of this process to standard error as JSON."""
    structlog = _structlog()
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


def _structlog() -> Any:
    """Import structlog as if rich were not installed."""
    absent = _UNUSED_TERMINAL not in sys.modules
    if absent:
        sys.modules[_UNUSED_TERMINAL] = None  # type: ignore[assignment]
    try:
        import structlog  # noqa: PLC0415  # only a serving process logs
    finally:
        if absent:
            del sys.modules[_UNUSED_TERMINAL]
    return structlog

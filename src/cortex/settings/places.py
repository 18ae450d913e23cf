"""Where every setting may stand: its section and key in the file, its name in the environment.

Derived from the knobs, so that a new knob needs no second mention; reads nothing itself.
"""

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from cortex.settings.knobs import (
    Activator,
    Controller,
    CortexMaster,
    ExecutionApi,
    ExecutionSsh,
    Guard,
    Memory,
    Notify,
    ReasoningClassifier,
    Redis,
    Ssh,
    Telemetry,
)

PREFIX = "CORTEX_"
SECTIONS: dict[str, type[Any]] = {
    "controller": Controller,
    "guard": Guard,
    "activator": Activator,
    "execution_api": ExecutionApi,
    "ssh": Ssh,
    "execution_ssh": ExecutionSsh,
    "memory": Memory,
    "reasoning_classifier": ReasoningClassifier,
    "redis": Redis,
    "telemetry": Telemetry,
    "cortex_master": CortexMaster,
    "notify": Notify,
}
HOME = "CORTEX_HOME"
CONFIG = "CORTEX_CONFIG"
CLI_NAMES = frozenset({"CORTEX_URL", "CORTEX_TOKEN_FILE"})
"""Names that the command line reads to find a running activator."""
_WIRED = frozenset({"home", "controller", "guard", "memory", "redis", "notify", "reach", "ssh"})
"""Fields that `loading` fills from the other sections."""

NOTICES = ("undone", "approval", "failed", "outage")
"""What people can be told of."""

LIMITS: dict[str, tuple[float, float]] = {
    "activator.port": (0, 65535),
    "execution_api.port": (0, 65535),
    "activator.queue_limit": (1, 10_000),
    "activator.quota_per_minute": (1, 1_000_000),
    "activator.feedback_per_minute": (1, 1_000_000),
    "activator.start_timeout": (1, 3600),
    "activator.confirm_ttl": (1, 86_400),
    "activator.deadline_limit": (1, 86_400),
    "activator.telemetry_events": (1, 100_000),
    "activator.telemetry_wait": (1, 86_400),
    "activator.timer_grace": (1, 86_400),
    "activator.task_age": (1, 604_800),
    "activator.task_concurrency": (1, 256),
    "activator.task_quota_per_minute": (1, 1_000_000),
    "activator.task_outstanding": (1, 100_000),
    "cortex_master.port": (0, 65535),
    "cortex_master.concurrency": (1, 1_000),
    "cortex_master.patience": (1, 86_400),
    "cortex_master.lease": (1, 300),
    "notify.per_hour": (1, 1_000),
    "controller.timeout": (0.1, 600),
    "execution_api.settle_poll": (0.01, 10),
    "execution_ssh.port": (0, 65535),
    "execution_ssh.settle_poll": (0.01, 10),
    "ssh.connect_timeout": (0.1, 60),
    "ssh.command_timeout": (0.1, 300),
    "ssh.output_limit": (4_096, 16_777_216),
    "ssh.sessions": (1, 1_000),
    "ssh.concurrent": (1, 1_000),
    "ssh.idle": (1, 86_400),
    "reasoning_classifier.port": (0, 65535),
    "redis.timeout": (0.05, 60),
    "redis.kept_outcomes": (1_000, 100_000_000),
    "telemetry.port": (0, 65535),
    "telemetry.learn_after": (0, 1_000_000),
    "memory.timeout": (0.01, 60),
    "memory.similarity": (0.5, 1),
    "memory.min_samples": (1, 1_000),
    "memory.learned_bound": (0, 1),
    "memory.success_rate": (0, 1),
    "memory.half_life": (3600, 3_153_600_000),
    "memory.cache_size": (1, 100_000),
}
"""Smallest and largest values; durations in seconds."""


@dataclass(frozen=True, slots=True)
class Place:
    """One setting: where it stands and what it holds."""

    section: str
    field: str
    type: Any
    secret: bool
    hidden: bool
    """Whether its value stays out of errors."""

    @property
    def name(self) -> str:
        """The setting as the knobs name it."""
        return f"{self.section}.{self.field}"

    @property
    def key(self) -> str:
        """The key in the settings file; secrets stand there as the path of a file."""
        return f"{self.field}_file" if self.secret else self.field

    @property
    def variable(self) -> str:
        """The name in the environment; secrets may also be named with `_FILE` behind it."""
        return f"{PREFIX}{self.section}_{self.field}".upper()

    @property
    def is_path(self) -> bool:
        """Whether the value is a path that counts from the settings file's folder."""
        return bool(self.type == Path | None)


def places() -> tuple[Place, ...]:
    """List every setting, section by section."""
    return tuple(
        Place(section, one.name, get_type_hints(cls)[one.name], _is_secret(one), not one.repr)
        for section, cls in SECTIONS.items()
        for one in dataclasses.fields(cls)
        if one.name not in _WIRED
    )


def variables() -> dict[str, Place]:
    """Map each name of the environment to its setting."""
    named = {one.variable: one for one in places()}
    return named | {f"{one.variable}_FILE": one for one in places() if one.secret}


def nearest(name: str, valid: Iterable[str]) -> str:
    """Suggest the valid name that is most like a wrong one, or list what there is."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else "valid are: " + ", ".join(names)


def _is_secret(one: "dataclasses.Field[Any]") -> bool:
    return not one.repr and one.type in {str | None, "str | None"}

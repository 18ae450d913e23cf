"""Name the layers: the program behind each, or why there is none.

Leaves waking and watching to `layers.processes`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

EXECUTION_API = "execution-unifi-api"
EXECUTION_SSH = "execution-unifi-ssh"
CLASSIFIER = "reasoning-classifier"
TELEMETRY = "cortex-telemetry"
MASTER = "cortex-master"

ABSENT: Mapping[str, str] = {
    "reasoning-slm": "the language model is not part of this installation",
}
"""The layers that the fabric knows by name and cannot start here."""


@dataclass(frozen=True, slots=True)
class Program:
    """The command line that runs a layer.

    It prints one JSON line `{"listening": "http://127.0.0.1:PORT"}` on standard output once it is
    bound, answers `GET /ready`, and exits when its standard input reaches the end. `environ` is all
    that it finds in its environment.
    """

    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def programs(environ: Mapping[str, str]) -> dict[str, Program]:
    """List the layers that this installation can start, each with this environment."""
    serve = (sys.executable, "-m", "cortex", "serve")
    return {
        layer: Program((*serve, layer, "--port", "0", "--parent-pipe"), environ)
        for layer in (EXECUTION_API, EXECUTION_SSH, CLASSIFIER, TELEMETRY, MASTER)
    }

"""The scripts that change a queue in one step, each in a file of its own beside this module.

The server runs each as a whole, so no crash leaves a change half made. All keys of a queue carry
the same hash tag and each script is told the keys that it touches, so a cluster runs them too.
"""

from importlib.resources import files
from typing import Any

from cortex.clients.redis import Script
from cortex.errors import BadAnswer


def script(name: str) -> Script:
    """Read the script of this name."""
    return Script(files(__name__).joinpath(f"{name}.lua").read_text(encoding="utf-8"))


def unreadable(answer: Any, name: str) -> BadAnswer:
    """Say that a script answered nothing that its callers know."""
    return BadAnswer(f"the script {name} answered {answer!r:.200}", service="redis")

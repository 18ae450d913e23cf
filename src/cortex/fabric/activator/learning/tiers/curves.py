"""Read what the tiers' confidences are worth, as `cortex learn run` found it out.

Nothing depends on it: without the file, or with a damaged one, each tier is taken at its word.
"""

from pathlib import Path

import structlog

from cortex.errors import Malformed
from cortex.fabric.routing.experience.curve import AT_THEIR_WORD, FILE, Curves, read_curves

_FOLDER = "cortex-telemetry"
_log = structlog.get_logger()


def curves_of(home: Path) -> Curves:
    """Return the curves that hold."""
    try:
        return read_curves((home / _FOLDER / FILE).read_bytes())
    except FileNotFoundError:
        return AT_THEIR_WORD
    except (OSError, Malformed) as error:
        _log.warning("the calibration is passed over", reason=str(error))
        return AT_THEIR_WORD

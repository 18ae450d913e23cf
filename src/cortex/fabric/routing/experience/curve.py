"""What a tier's confidence is worth: a rising curve for each tier, and how curves are written.

Pure. Curves are found from what people said of answers; here they are only read and applied.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from cortex.errors import Malformed

BINS: Final = 10
FILE: Final = "calibration.json"
CENTRES: Final = tuple((number + 0.5) / BINS for number in range(BINS))
EACH: Final = msgspec.Meta(min_length=BINS, max_length=BINS)
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


@dataclass(frozen=True, slots=True)
class Curve:
    """What a confidence is worth at the middle of each tenth, rising; straight in between."""

    values: Annotated[tuple[Share, ...], EACH] = CENTRES

    def worth(self, confidence: float) -> float:
        """Return the chance of being right that a tier's confidence stands for."""
        at = min(max(bisect_right(CENTRES, confidence), 1), BINS - 1)
        low, high = self.values[at - 1], self.values[at]
        if confidence < CENTRES[0]:
            value = low - (CENTRES[0] - confidence)
        elif confidence > CENTRES[-1]:
            value = high + (confidence - CENTRES[-1])
        else:
            value = low + (high - low) * (confidence - CENTRES[at - 1]) * BINS
        return min(1.0, max(0.0, value))


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """The curve of one tier, and what it was found from."""

    curve: Curve
    cases: int
    before: float
    """The error without the last step, from 0 to 1, over these cases."""
    after: float
    at: float
    """When it was found, in Unix seconds."""


class Curves(msgspec.Struct, frozen=True, kw_only=True):
    """The curves of all tiers; a tier without one is taken at its word."""

    tiers: Mapping[str, Fitted] = {}
    earlier: tuple[Mapping[str, Fitted], ...] = ()
    """What the curves were before, oldest first."""
    used: Mapping[str, str] = {}
    """The hash of the last record of the audit log that moved a tier: up to there it is used up."""

    def worth(self, tier: str, confidence: float) -> float:
        """Return what a tier's confidence stands for."""
        fitted = self.tiers.get(tier)
        return fitted.curve.worth(confidence) if fitted else confidence


AT_THEIR_WORD: Final = Curves()
"""Every confidence is worth what it says."""


def written(curves: Curves) -> bytes:
    """Write curves as JSON."""
    return msgspec.json.format(msgspec.json.encode(curves, order="sorted"))


def read_curves(content: bytes) -> Curves:
    """Read curves.

    Raises:
        Malformed: they are none.

    """
    try:
        return msgspec.json.decode(content, type=Curves)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"the calibration cannot be read: {error}"
        raise Malformed(message, hint="remove it, and run `cortex learn run`") from error

"""Draw the chances of a world from one integer seed.

Its own small generator (splitmix64, Steele, Lea and Flood 2014) keeps a world the same on every
Python version and lets the world stay free of global randomness.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


class Dice:
    """A repeatable stream of choices."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def word(self) -> int:
        """Return the next 64 random bits."""
        self._state = (self._state + _GOLDEN) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + self.word() % (high - low + 1)

    def chance(self, percent: int) -> bool:
        """Return true about `percent` times in a hundred."""
        return self.between(0, 99) < percent

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.between(0, len(options) - 1)]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return the options in another order."""
        left = list(options)
        return [left.pop(self.between(0, len(left) - 1)) for _ in range(len(left))]

    def hexadecimal(self, digits: int) -> str:
        """Return that many lower-case hexadecimal digits."""
        return "".join(f"{self.between(0, 15):x}" for _ in range(digits))

    def mac(self, vendor_prefix: str) -> str:
        """Return a lower-case MAC address that starts with the vendor's three bytes."""
        tail = self.hexadecimal(6)
        return f"{vendor_prefix}:{tail[:2]}:{tail[2:4]}:{tail[4:]}"

    def fork(self, salt: int) -> "Dice":
        """Return an independent stream, so that one part's draws do not move another's."""
        return Dice(self.word() ^ (salt * _GOLDEN & _MASK))


class Mint:
    """Makes the 24-digit object ids a controller gives to everything it stores."""

    def __init__(self, *, epoch: float, salt: str) -> None:
        self.prefix = f"{int(epoch):08x}"[-8:] + salt[:10].rjust(10, "0")
        self.count = 0
        """How many ids it has made."""

    @classmethod
    def resumed(cls, prefix: str, count: int) -> "Mint":
        """Return one that goes on where another has stopped."""
        mint = cls(epoch=0.0, salt="")
        mint.prefix, mint.count = prefix, count
        return mint

    def new(self) -> str:
        """Return an id no other object of this world has."""
        self.count += 1
        return f"{self.prefix}{self.count:06x}"

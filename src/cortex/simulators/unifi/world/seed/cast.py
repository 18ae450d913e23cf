"""Choose the names of a world.

Seed 1 is the household the documentation speaks of. Every other seed has other people and rooms,
and the same awkwardness: an ambiguous office, several televisions, two tablets.
"""

from dataclasses import dataclass
from typing import Final

from cortex.simulators.unifi.world.dice import Dice

FAMILIAR: Final = 1
"""The seed whose names are fixed."""

_ROOMS: Final = (
    "Attic", "Cellar", "Kitchen", "Library", "Studio", "Nursery", "Sauna", "Terrace", "Dining Room",
    "Guest House", "Greenhouse", "Boathouse", "Annex", "Conservatory", "Stairwell", "Loft",
)  # fmt: skip
_PEOPLE: Final = (
    "Noor", "Tomas", "Ingrid", "Mateo", "Yuki", "Farid", "Olga", "Kwame", "Saskia", "Bruno",
    "Leila", "Anton",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """The names that differ from world to world."""

    garage: str
    living_room: str
    lobby: str
    hall: str
    meeting_room: str
    basement: str
    bedroom: str
    first: str
    second: str
    third: str


def cast_for(seed: int, dice: Dice) -> Cast:
    """Return the names a seed gives."""
    if seed == FAMILIAR:
        return Cast(
            "Garage", "Living Room", "Lobby", "Hall", "Meeting Room", "Basement", "Bedroom",
            "Emma", "Sarah", "Jonas",
        )  # fmt: skip
    return Cast(*dice.shuffled(_ROOMS)[:7], *dice.shuffled(_PEOPLE)[:3])

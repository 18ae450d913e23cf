"""Sentences from learned wordings, to train on and to try heads on.

A wording stands for many sentences: its slots are filled with things that many networks have, and
that belong to nobody. A wording is either taught or kept for trials, always the same.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from cortex.fabric.reasoning.classifier.corpus import Sentence

WRITER: Final = "learned"
_TRIED_OF: Final = 3
"""Every so many wordings, one is kept for trials."""
_SLOT: Final = re.compile(r"<[a-z]+>")
_SAID: Final[Mapping[str, tuple[str, ...]]] = {
    "<name>": ("printer", "kitchen", "nas-2", "den tv", "reception", "garage"),
    "<mac>": ("aa:bb:cc:dd:ee:ff", "3c:22:fb:10:20:30"),
    "<ip>": ("192.168.1.20", "10.0.30.7"),
    "<vlan>": ("vlan 30", "vlan 7"),
    "<port>": ("port 5", "port 12"),
    "<duration>": ("2 hours", "30 minutes"),
    "<time>": ("tomorrow", "7 pm"),
    "<number>": ("12", "5"),
    "<quoted>": ('"Sample"', '"Guests"'),
}


def sentences_of(wordings: Iterable[tuple[str, str]]) -> tuple[Sentence, ...]:
    """Make a sentence of every wording with its tool; the same wordings give the same sentences."""
    found = {
        template: Sentence(WRITER, tool, _filled(template), f"learned: {template}")
        for template, tool in sorted(wordings)
    }
    return tuple(found.values())


def is_tried(sentence: Sentence) -> bool:
    """Tell whether a sentence is kept for trials, and never taught."""
    return zlib.crc32(sentence.place.encode()) % _TRIED_OF == 0


def _filled(template: str) -> str:
    """Fill every slot; which thing stands there, the wording itself decides."""
    dice = zlib.crc32(template.encode())

    def said(slot: "re.Match[str]") -> str:
        choices = _SAID.get(slot[0], ("sample",))
        return choices[(dice + slot.start()) % len(choices)]

    return _SLOT.sub(said, template)

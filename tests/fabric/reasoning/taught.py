"""What the tests of the classifier share: the installed model, and a small corpus with a stand-in.

The stand-in for the embedding model adds up one fixed direction per word; it is as deterministic
as the real one and a thousand times as fast.
"""

import zlib
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cortex.fabric.memory.embedding import places
from cortex.fabric.reasoning.classifier.corpus import Sentence

CURE = "these tests need the embedding model; run: cortex model install --into-installation"
_WRITERS = {
    "ada": ("please {} the {}", "{} {} now"),
    "ben": ("could you {} {}", "{} our {} again"),
    "eve": ("i want you to {} that {}", "just {} {} today"),
}
_DEEDS = {
    "block_client": (("block", "ban", "lock out"), ("tablet", "laptop", "phone")),
    "restart_device": (("restart", "reboot", "bounce"), ("switch", "gateway", "router")),
    "list_clients": (("list", "show", "count"), ("clients", "gadgets", "computers")),
    "other_domain": (("cook", "bake", "paint"), ("dinner", "cake", "fence")),
    "ambiguous": (("fix", "change", "do"), ("it", "thing", "stuff")),
}


class BagOfWords:
    """One fixed direction per word, added up."""

    id = "bag-of-words"

    def encode(self, text: str) -> NDArray[np.float32]:
        """Compute a float32 vector [384] of length 1."""
        total = sum((_direction(word) for word in text.lower().split()), np.zeros(384))
        length = float(np.linalg.norm(total)) or 1.0
        return (total / length).astype(np.float32)


@cache
def _direction(word: str) -> NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(384)


def small_corpus() -> tuple[Sentence, ...]:
    """Return the sentences of three writers on three tools and two refusals."""
    return tuple(
        Sentence(writer, label, form.format(verb, noun), f"{writer}: {label}")
        for writer, forms in _WRITERS.items()
        for label, (verbs, nouns) in _DEEDS.items()
        for form, verb, noun in product(forms, verbs, nouns)
    )


def installed_model() -> Path:
    """Find the embedding model of this installation."""
    folder = places.in_installation()
    assert folder.exists(), CURE
    return folder

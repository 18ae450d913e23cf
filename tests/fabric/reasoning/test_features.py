"""Features are the same in every process, mask what is named, and take any text."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.reasoning.classifier.features import SPARSE, Features, features_of
from tests.fabric.reasoning.taught import BagOfWords


def _dense(features: Features) -> list[tuple[int, float]]:
    return list(zip(features.places.tolist(), features.values.tolist(), strict=True))


def test_another_process_with_another_hash_seed_computes_the_same() -> None:
    text = "give the lobby ap a kick"
    program = (
        "import sys; from cortex.fabric.reasoning.classifier.features import features_of\n"
        "from tests.fabric.reasoning.taught import BagOfWords\n"
        f"found = features_of({text!r}, BagOfWords())\n"
        "print(list(zip(found.places.tolist(), found.values.tolist())))"
    )
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert ended.stdout.strip() == str(_dense(features_of(text, BagOfWords())))


def test_an_address_counts_as_an_address_and_not_as_these_digits() -> None:
    one = features_of("block aa:bb:cc:dd:ee:ff", BagOfWords())
    other = features_of("block 11:22:33:44:55:66", BagOfWords())
    assert _dense(one) == _dense(other)


@given(st.text(max_size=300))
def test_any_text_has_features_that_the_head_has_room_for(text: str) -> None:
    found = features_of(text, BagOfWords())
    assert len(set(found.places.tolist())) == len(found.places)
    assert ((found.places >= 0) & (found.places < SPARSE)).all()
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize("text", ["", " ", "\x00\x1b[31m", "🤷🏽‍♂️", "a" * 10_000, "\ud800 lone"])
def test_hostile_texts_have_features(text: str) -> None:
    assert np.isfinite(features_of(text, BagOfWords()).values).all()

"""The rules of other routers on a few vectors in a plane, and finding the data set."""

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.routing import clinc150, rivals
from benchmarks.routing.clinc150 import Part
from benchmarks.routing.figures import Answers


def _part(*rows: tuple[float, int]) -> Part:
    """Take angles in degrees as the vectors of texts."""
    angles = np.radians([angle for angle, _ in rows])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Part(
        tuple(f"text {row}" for row in range(len(rows))),
        vectors,
        np.array([label for _, label in rows]),
    )


TAUGHT = _part((0, 0), (40, 0), (50, 0), (10, 1), (20, 1), (170, 2), (180, 2))


def test_the_mean_of_a_routes_nearest_decides_not_its_single_nearest() -> None:
    found = rivals.mean_of_nearest(TAUGHT, _part((3, 0)))
    assert found.routes.tolist() == [1]
    expected = (np.cos(np.radians(7)) + np.cos(np.radians(17))) / 2
    assert found.confidence[0] == pytest.approx(expected, abs=1e-5)


def test_the_fixed_cosine_needs_several_samples_of_the_route() -> None:
    answers, counts = rivals.nearest_one(TAUGHT, _part((15, 1), (45, 0), (100, 2)))
    assert answers.routes.tolist() == [1, 0, 0]
    assert counts.tolist() == [2, 2, 0]
    assert rivals.fixed(answers, counts).confidence.tolist() == [-1, -1, -1]
    assert rivals.fixed(answers, np.array([3, 3, 3])).confidence.tolist() == [1, 1, -1]


def test_platt_finds_the_curve_that_the_answers_follow() -> None:
    dice = np.random.default_rng(1)
    scores = dice.uniform(-2, 2, 20_000)
    right = dice.random(20_000) < 1 / (1 + np.exp(-(3 * scores - 1)))
    curve = rivals.platt(Answers(np.where(right, 0, 1), scores, np.zeros(20_000, np.int64)))
    assert (curve.slope, curve.offset) == pytest.approx((3, -1), abs=0.15)


def test_a_few_texts_of_every_intent_are_drawn_the_same_way_again() -> None:
    drawn = clinc150.few(TAUGHT, 2, seed=1)
    assert drawn.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert drawn.texts == clinc150.few(TAUGHT, 2, seed=1).texts


def test_a_missing_data_set_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(clinc150.Absent, match=r"data_full\.json.*CORTEX_CLINC150"):
        clinc150.find(tmp_path / "data_full.json")


def test_a_data_set_that_is_there_is_found(tmp_path: Path) -> None:
    path = tmp_path / "data_full.json"
    path.write_text(json.dumps({}))
    assert clinc150.find(path) == path


def test_a_data_set_that_nobody_named_is_looked_for_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(clinc150.VARIABLE, raising=False)
    with pytest.raises(clinc150.Absent, match=f"named nowhere.*{clinc150.VARIABLE}"):
        clinc150.find(None)

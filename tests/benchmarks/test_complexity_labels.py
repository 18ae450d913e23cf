"""The labelled queries are whole, and calibration leaves the architecture's weights alone."""

from dataclasses import asdict

from benchmarks.routing.complexity import FIXED, LEVELS, calibrated, labelled

from cortex.fabric.routing.complexity import DEFAULT_WEIGHTS

FEWEST = 16


def test_every_hand_labelled_every_level() -> None:
    hands = {one.hand for one in labelled()}
    for hand in hands:
        for level in range(len(LEVELS)):
            own = [one for one in labelled() if (one.hand, one.level) == (hand, level)]
            assert len(own) >= FEWEST, (hand, LEVELS[level])


def test_calibration_changes_no_weight_of_the_architecture() -> None:
    found, now = asdict(calibrated(labelled()[::9])), asdict(DEFAULT_WEIGHTS)
    assert {name: found[name] for name in FIXED} == {name: now[name] for name in FIXED}

"""The operator's own rules file: its weights, and what is wrong with it."""

from pathlib import Path

import pytest

from cortex.errors import Misconfigured
from cortex.fabric.activator.rulebook import load_rules
from cortex.fabric.routing.complexity import DEFAULT_WEIGHTS, Weights


def rules_file(folder: Path, weights: str) -> Path:
    file = folder / "rules.yaml"
    file.write_text(f"routing: {{keywords: []}}\n{weights}")
    return file


@pytest.mark.parametrize(
    ("weights", "place"),
    [
        ("complexity: {question: much}", "complexity.question"),
        ("complexity: {colour: 1}", "complexity.colour"),
        ("complexity: [1]", "complexity"),
    ],
)
def test_a_wrong_weight_is_refused_at_its_place(tmp_path: Path, weights: str, place: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_rules(rules_file(tmp_path, weights))
    assert caught.value.setting == place


def test_a_rules_file_may_give_weights_and_keeps_the_usual_ones_for_the_rest(
    tmp_path: Path,
) -> None:
    weighed = load_rules(rules_file(tmp_path, "complexity: {question: 60}"))
    assert weighed.weights == Weights(question=60)
    assert load_rules(rules_file(tmp_path, "")).weights == DEFAULT_WEIGHTS


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"missing\.yaml"):
        load_rules(tmp_path / "missing.yaml")


def test_a_key_given_twice_in_the_rules_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("routing:\n  keywords: []\n  keywords: []\n")
    with pytest.raises(Misconfigured, match="'keywords' is given twice"):
        load_rules(file)

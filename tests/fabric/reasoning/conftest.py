"""What several tests of the reasoning layers need."""

import pytest

from cortex.fabric.reasoning.classifier.classifying import Classifier
from tests.fabric.reasoning.taught import installed_model


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """Open the head that comes with Cortex, and the installed model."""
    return Classifier.open(installed_model())

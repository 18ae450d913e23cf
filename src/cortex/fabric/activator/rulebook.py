"""Read the routing rules: the operator's own file, or the ones that come with Cortex."""

from importlib import resources
from pathlib import Path

import yaml

from cortex.errors import Misconfigured
from cortex.fabric.routing.rules import Rules, compile_rules
from cortex.settings.documents import read_document


def load_rules(file: Path | None) -> Rules:
    """Read and compile the rules.

    Raises:
        Misconfigured: the file cannot be read, or anything in it is wrong.

    """
    place = str(file) if file else "the rules that come with Cortex"
    try:
        document = read_document(_text(file))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        message = f"the routing rules in {place} cannot be read: {error}"
        raise Misconfigured(message, setting="activator.rules_file", source=place) from error
    return compile_rules(document)


def _text(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8")
    return resources.files("cortex.fabric.routing").joinpath("rules.yaml").read_text("utf-8")

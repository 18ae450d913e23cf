"""Read a YAML document in which nothing is said twice.

YAML wants the keys of a mapping to be unique (YAML 1.2.2, section 3.2.1.1); the parser keeps the
last one in silence. It knows nothing of what the document means, and opens no file.
"""

from typing import Any

import yaml
from typing_extensions import override


def read_document(text: str) -> Any:
    """Parse a document.

    Raises:
        yaml.YAMLError: it is no YAML, or gives a key twice.

    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, only stricter


# The C parser reads a thousand rules in a tenth of the time, where the wheel has it.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]
    """The safe loader, without tolerance for a key that is given twice."""

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        _refuse_twins(node)
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def _refuse_twins(node: yaml.MappingNode) -> None:
    seen: dict[tuple[str, str], yaml.Mark] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        first = seen.setdefault((key.tag, key.value), key.start_mark)
        if first is not key.start_mark:
            problem = f"the key {key.value!r} is given twice, first in line {first.line + 1}"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key.start_mark)

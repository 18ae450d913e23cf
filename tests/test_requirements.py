"""The manifest of promises holds in both directions."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.requirements import REQUIREMENTS

TESTS = Path(__file__).parent


def _named(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id="requirement"), args=arguments):
                yield from (str(one.value) for one in arguments if isinstance(one, ast.Constant))
            case _:
                pass


HELD = {
    id_
    for path in TESTS.rglob("test_*.py")
    if path.name != "test_requirements.py"
    for id_ in _named(path)
}


def test_every_promise_has_a_test_or_says_why_not() -> None:
    assert not {id_ for id_, one in REQUIREMENTS.items() if not one.gap} - HELD


def test_every_test_names_a_promise_that_exists() -> None:
    assert not HELD - REQUIREMENTS.keys()


def test_a_gap_that_a_test_has_closed_is_no_gap() -> None:
    assert not {id_ for id_ in HELD if REQUIREMENTS[id_].gap}

"""The house rules that no linter knows: sizes, names, and words that do not belong."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "src").rglob("*.py"))
MODULE_LINES = 400
FUNCTION_LINES = 40
MODULES_IN_A_PACKAGE = 9
BANNED_NAMES = re.compile(
    r"(^|_)(utils?|common|shared|helpers?|base|misc|core|data|info)($|_)", re.IGNORECASE
)
BANNED_CLASSES = re.compile(r"(Manager|Handler|Processor|Service)$")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MODULE_LINES
    assert ast.get_docstring(ast.parse(text)), "a module needs a docstring"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_function_fits_on_one_screen(path: Path) -> None:
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in functions
        if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    }
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_names_say_what_a_thing_does(path: Path) -> None:
    assert not BANNED_NAMES.search(path.stem)
    classes = (n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef))
    assert not [name for name in classes if BANNED_CLASSES.search(name)]


@pytest.mark.parametrize("folder", sorted({p.parent for p in MODULES}), ids=_name)
def test_a_package_has_at_most_nine_modules(folder: Path) -> None:
    modules = [p for p in folder.glob("*.py") if p.name not in {"__init__.py", "__main__.py"}]
    assert len(modules) <= MODULES_IN_A_PACKAGE


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_source_is_finished(path: Path) -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    assert not unfinished.findall(path.read_text())


def test_locks_are_hashed_and_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(
            r"^(--index-url|--extra-index-url|-i |--find-links)", text, re.MULTILINE
        )

"""What the pages say there is, there is: verbs, commands, settings, links, counts."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cortex.cli import cortex
from cortex.fabric.catalogue.tools import TOOLS
from cortex.lab.scenario import STEPS
from cortex.settings.places import places

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.parent.name != "reference"]
_FENCED = re.compile(r"^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPOKEN = re.compile(r"`([^`\n]+)`")


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _code(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    for block in _FENCED.findall(text):
        yield from block.splitlines()
    yield from _SPOKEN.findall(_FENCED.sub("", text))


def _below(command: click.Command | None, name: str) -> click.Command | None:
    if not isinstance(command, click.Group):
        return None
    return command.get_command(click.Context(command), name)


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    for line in _code(page):
        for words in re.findall(r"(?:^|[\s/(])cortex ([a-z].*)", line):
            first, second = [*re.split(r"[\s`|,)]+", words), ""][:2]
            found = _below(cortex, first)
            assert found, f"{page.name}: there is no `cortex {first}`"
            if isinstance(found, click.Group) and re.fullmatch(r"[a-z][a-z-]*", second):
                assert _below(found, second), f"{page.name}: there is no `cortex {first} {second}`"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_every_setting_that_a_page_names_exists(page: Path) -> None:
    names = {f"{place.section}.{place.key}" for place in places()}
    sections = {name.partition(".")[0] for name in names}
    for code in _code(page):
        for section, knob in re.findall(r"^([a-z_]+)\.([a-z_]+)(?::.*)?$", code):
            written = f"{section}.{knob}"
            known = section not in sections or knob in {"md", "py", "json"}
            assert known or written in names, f"{page.name}: there is no setting {written}"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target} is not there"


def test_every_verb_of_the_makefile_is_told_by_its_help_and_no_other_is_named() -> None:
    makefile = _text("Makefile")
    verbs = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    told = set(re.findall(r'@echo "make ([a-z]+)', makefile))
    assert told == verbs - {"help"}
    for page in WRITTEN:
        for code in _code(page):
            for verb in re.findall(r"^make ([a-z]+)", code):
                assert verb in verbs, f"{page.name}: there is no `make {verb}`"


def test_the_readme_names_what_tests_and_measures() -> None:
    for verb in ("demo", "lab", "test", "check", "bench", "chaos"):
        assert re.search(rf"(?:`|^)make {verb}\b", _text("README.md"), re.MULTILINE), verb


def test_the_readme_counts_the_tools_and_the_steps_of_the_demo() -> None:
    api = sum(tool.layer == "execution-unifi-api" for tool in TOOLS.values())
    assert f"It knows {len(TOOLS)} tools. {api} go through" in _text("README.md")
    assert f"with {len(TOOLS)} tools ({api} through" in _text("CHANGELOG.md")
    assert f"walks through {len(STEPS)} questions" in _text("README.md")


def test_the_index_of_decisions_lists_each_of_them_once() -> None:
    folder = ROOT / "docs" / "decisions"
    kept = [page.name for page in sorted(folder.glob("0*.md"))]
    listed = re.findall(r"\]\((0[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == kept
    for name in kept:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {name[:4]} "), name
        for part in ("**Context.**", "**Choice", "**Given up.**"):
            assert part in text, f"{name}: no {part}"


def test_the_architecture_names_every_package_that_there_is() -> None:
    text = _text("docs/architecture.md").partition("## Who may import whom")[2]
    picture = text.partition("```")[2].partition("```")[0]
    source = ROOT / "src" / "cortex"
    for folder in (source, source / "fabric"):
        for package in folder.glob("*/__init__.py"):
            assert re.search(rf"\b{package.parent.name}\b", picture), package.parent.name

"""The reference pages say what the code says."""

import importlib.util
from pathlib import Path

from cortex.settings.places import places

DOCS = Path(__file__).parents[2] / "docs"


def test_the_generated_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.outdated() == [], "run `make docs`"


def test_every_setting_is_on_the_page_with_a_reason() -> None:
    page = (DOCS / "reference" / "settings.md").read_text()
    for place in places():
        assert f"`{place.variable}" in page
        said = page.partition(f"**`{place.key}`**: ")[2].partition("\n")[0]
        assert said, f"{place.name} needs a docstring in knobs.py"

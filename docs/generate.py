"""Write the reference pages from the code, or check with `--check` that they are up to date."""

import ast
import dataclasses
import importlib
import inspect
import itertools
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from cortex.cli import exits
from cortex.settings.places import LIMITS, SECTIONS, Place, places
from cortex.settings.values import duration_text

REFERENCE = Path(__file__).parent / "reference"
_MADE = "<!-- Written by `make docs` from the code; edits are lost. -->\n"
_SETTINGS = f"""# Settings

{_MADE}
Settings come from a YAML file and from the environment; the environment wins. The file is named by
`--config`, else by `CORTEX_CONFIG`, else it is `$XDG_CONFIG_HOME/cortex/cortex.yaml` (usually
`~/.config/cortex/cortex.yaml`). An unknown key, an unknown `CORTEX_…` name or a value that does not
fit stops the start and names itself.

Durations are seconds (`300`) or have units (`250ms`, `90s`, `5m`, `1h30m`). Lists stand in the
environment with commas (`a,b`), mappings as `name=value,name=value`. Relative paths in the file
count from the file's folder. Secrets stand in files of their own that others cannot read; the
settings file names them.

```yaml
controller:
  url: https://192.168.1.1
  api_key_file: unifi.key
  trust: pin
  fingerprint: 2f1c…   # all 64 digits; `cortex doctor` shows them
guard:
  protected: [NAS, Front Door Cam]
activator:
  writes: false
  cooldown: 5m
```

## The data folder

`home` in the file, or `CORTEX_HOME`: where everything that a process keeps lies. Default:
`$XDG_STATE_HOME/cortex`, usually `~/.local/state/cortex`. Mode 0700; `cortex` refuses one that
others may enter.
"""


def settings_page() -> str:
    """Describe every setting: its key, its variable, what it holds, its default, its reason."""
    parts = [_SETTINGS]
    for section, cls in SECTIONS.items():
        parts.append(f"## `{section}`\n\n{inspect.getdoc(cls)}\n")
        fields = {one.name: one for one in dataclasses.fields(cls)}
        texts = _field_texts(cls)
        parts += [
            _setting(place, fields[place.field], texts.get(place.field, ""))
            for place in places()
            if place.section == section
        ]
    return "\n".join(parts)


def exit_codes_page() -> str:
    """Describe the exit codes of the command line."""
    rows = "\n".join(f"| {code} | {text} |" for code, text in exits.MEANINGS.items())
    return (
        f"# Exit codes\n\n{_MADE}\nEvery `cortex` command leaves with one of these.\n\n"
        f"| code | meaning |\n|---|---|\n{rows}\n| 130 | interrupted with Ctrl-C |\n\n"
        "`cortex ask` maps the answer's `status`: "
        + ", ".join(f"`{status}` → {code}" for status, code in exits.BY_STATUS.items())
        + f". A `failed` answer whose cause is something unreachable leaves with "
        f"{exits.UNAVAILABLE}.\n"
    )


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "exit-codes.md": exit_codes_page,
}


def _setting(place: Place, field: "dataclasses.Field[Any]", text: str) -> str:
    variable = f"`{place.variable}`"
    if place.secret:
        variable = f"`{place.variable}_FILE` (or the secret itself in `{place.variable}`)"
    facts = [f"environment {variable}", _kind(place), _default(field)]
    if place.name in LIMITS:
        low, high = LIMITS[place.name]
        unit = " s" if place.type is timedelta else ""
        facts.append(f"from {low:,g} to {high:,.10g}{unit}")
    said = " ".join(text.split())
    return f"- **`{place.key}`**: {said}\n  *{'; '.join(one for one in facts if one)}*\n"


def _kind(place: Place) -> str:
    if place.secret:
        return "a file with one line"
    if get_origin(place.type) is Literal:
        return "one of " + ", ".join(f"`{one}`" for one in get_args(place.type))
    kinds: dict[Any, str] = {
        str: "text",
        int: "number",
        bool: "`true` or `false`",
        timedelta: "duration",
    }
    kinds |= {tuple: "list", dict: "mapping"}
    known = kinds.get(get_origin(place.type) or place.type)
    return known or ("path" if place.is_path else "text")


def _default(field: "dataclasses.Field[Any]") -> str:
    value = field.default
    if value is dataclasses.MISSING or value is None or value in {"", ()}:
        return ""
    if isinstance(value, timedelta):
        return f"default `{duration_text(value)}`"
    return f"default `{str(value).lower() if isinstance(value, bool) else value}`"


def _field_texts(cls: type[Any]) -> dict[str, str]:
    """Read the docstring under each field, which only the source has."""
    module = importlib.import_module(cls.__module__)
    tree = ast.parse(inspect.getsource(module))
    body = next(
        one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == cls.__name__
    ).body
    texts: dict[str, str] = {}
    for field, text in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            texts[field.target.id] = str(text.value.value)
    return texts


def outdated() -> list[str]:
    """Name the pages that are not what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (REFERENCE / name).exists()
        or (REFERENCE / name).read_text(encoding="utf-8") != _tidy(page())
    ]


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def main() -> int:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        wrong = outdated()
        for name in wrong:
            print(f"docs/reference/{name} is not up to date: make docs")
        return 1 if wrong else 0
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(_tidy(page()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

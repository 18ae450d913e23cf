"""Write the reference pages from the code, or check with `--check` that they are up to date."""

import ast
import dataclasses
import importlib
import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from cortex.cli import exits
from cortex.fabric.catalogue.tool import Act, Direction, DirectionBy, Risk, TargetKind, Tool, Verb
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, Disagreed, Reason, agree, explain
from cortex.fabric.routing.frame import Frame, Mood, Polarity
from cortex.fabric.routing.language import read
from cortex.settings.places import LIMITS, SECTIONS, Place, places
from cortex.settings.values import duration_text

DOCS = Path(__file__).parent
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


_REFUSALS = """
## What is refused, and why

The same action in words that do not order it. Each text is held against `block_client`.
"""
_REFUSED = (
    "sperre den Drucker",
    'say "block the printer"',
    "she said block the printer",
    "don't block the printer",
    "if it fails, block the printer",
    "block the printer at 7",
    "what happens if I block the printer?",
    "I blocked the printer",
    "maybe block the printer",
    "block the printer and restart the garage AP",
    "restart the printer",
    "unblock the printer",
    "block the guest wifi",
    "block all printers",
    "please",
)


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
        + f". A `failed` or `refused` answer whose cause is that something is unreachable, as a "
        f"change that waits for the controller, leaves with {exits.UNAVAILABLE}.\n"
    )


_SAFETY = f"""# What may happen, and what it takes

{_MADE}
A tool that changes something is performed only when the words ask for exactly that. This page is the
table behind it, made by holding every tool against every frame that a text can have: each verb, in
each direction, to each kind of thing, in each mood, wanted or not. What does not stand here is not
done; the answer then says why, or asks.

For all of it: the text is English, orders one thing, and every name in it is bound to exactly one
thing on the network, or to one timer. Changes of the network are off altogether until the operator
allows them, the kill switch stops them, protected things are left alone, and nobody may cut off the
own way in. Cancelling a timer changes nothing on the network, so it is possible meanwhile.

## What may run unasked

Only these, only from a plain command (not a polite request), only through the rules tier, only to one
bound target, and only while the setting `activator.unasked` is on. Everything else is shown first and
waits for a yes. A MAC or IP address says as much as the kind of thing does.
"""
_PARTS = """
## What waits for a yes

A yes replays exactly the call that was shown, once, within two minutes. A destructive one wants the
target's name typed at the terminal. A model, or a chat, cannot say it.
"""


def safety_page() -> str:
    """Enumerate which frames each changing tool agrees with, and which of them run unasked."""
    changing = [tool for tool in TOOLS.values() if tool.writes]
    unasked = [row for tool in changing for row in _safety_rows(tool, unasked=True)]
    asked = [row for tool in changing for row in _safety_rows(tool, unasked=False)]
    head = "| tool | said as | to | mood | undo |\n|---|---|---|---|---|"
    return "\n".join([_SAFETY, head, *unasked, _PARTS, head, *asked, _REFUSALS, refusals()])


def refusals() -> str:
    """Show one text for each reason to refuse, held against the tool that blocks a client."""
    tool, rows = TOOLS["block_client"], dict[Reason, str]()
    for text in _REFUSED:
        frame = read(text)
        verdict = agree(tool, {}, frame)
        if isinstance(verdict, Disagreed):
            said = explain(verdict.reason, frame, tool)
            rows[verdict.reason] = f"| {verdict.reason} | {text} | {said} |"
    return "\n".join(["| reason | text | answer |\n|---|---|---|", *rows.values()])


def tools_page() -> str:
    """Describe every tool: what it does, its arguments, its risk, and how to ask for it."""
    parts = [f"# Tools\n\n{_MADE}\nOne vocabulary: `client`, `device`, `port`, `wlan`, `network`, "]
    parts[0] += "`rule` and so on name one thing each, by name, hostname, MAC, IP or id.\n"
    for tool in TOOLS.values():
        arguments = ", ".join(
            f"`{one.name}`" + ("" if one.required else "?") for one in tool.arguments
        )
        says = "; ".join(f"\u201c{text}\u201d" for text in tool.examples)
        layer = "" if tool.layer == "execution-unifi-api" else f" Layer: `{tool.layer}`."
        parts.append(
            f"## `{tool.name}`\n\n{tool.summary} *{tool.risk.value}*.{layer}\n\n"
            f"Arguments: {arguments or 'none'}.\n\nSay: {says}.\n"
        )
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "reference/settings.md": settings_page,
    "reference/exit-codes.md": exit_codes_page,
    "reference/tools.md": tools_page,
    "safety.md": safety_page,
}


def _safety_rows(tool: Tool, *, unasked: bool) -> list[str]:
    """Write a row for each verb and direction of a tool that some frame agrees with."""
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for frame, arguments in _every_frame(tool):
        verdict = agree(tool, arguments, frame)
        if isinstance(verdict, Agreed) and verdict.unasked is unasked and frame.verb:
            kinds, moods = found.setdefault((frame.verb, frame.direction), (set(), set()))
            kinds.add(frame.target.value if frame.target else "a name alone")
            moods.add(frame.mood.value)
    return [
        f"| `{tool.name}`{' (destructive)' if tool.risk is Risk.DESTRUCTIVE else ''} "
        f"| {verb}{'' if way == Direction.NONE else f' ({way})'} | {', '.join(sorted(kinds))} "
        f"| {', '.join(sorted(moods))} | {_plain(tool.undo)} |"
        for (verb, way), (kinds, moods) in found.items()
    ]


def _plain(template: str) -> str:
    return re.sub(r"\{(\w+)\}", r"the \1", template)


def _every_frame(tool: Tool) -> Iterator[tuple[Frame, dict[str, Any]]]:
    for act in tool.acts:
        for verb, way, kind, mood, polarity in itertools.product(
            Verb, Direction, (None, *TargetKind), Mood, Polarity
        ):
            arguments = _arguments_for(act, way)
            frame = Frame(
                text="", language="en", mood=mood, polarity=polarity, verb=verb,
                direction=way, target=kind,
            )  # fmt: skip
            yield frame, arguments


def _arguments_for(act: Act, way: Direction) -> dict[str, Any]:
    """Make up the argument that decides a direction, so that it goes this way if it can."""
    match act.direction:
        case DirectionBy(argument=argument, on_values=on_values):
            return {argument: on_values[0] if way is Direction.ON else "off"}
        case _:
            return {}


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
        if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != _tidy(page())
    ]


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def main() -> int:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        wrong = outdated()
        for name in wrong:
            print(f"docs/{name} is not up to date: make docs")
        return 1 if wrong else 0
    (DOCS / "reference").mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(_tidy(page()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

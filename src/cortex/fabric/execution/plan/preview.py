"""Write what a write would do, from the catalogue's templates, with bound names and ids."""

from collections.abc import Mapping

from cortex.fabric.catalogue.tool import REFERENCE_KINDS
from cortex.fabric.execution.call import BoundCall
from cortex.fabric.execution.change import C, Change
from cortex.fabric.execution.wording import filled, shown_argument, with_id
from cortex.fabric.messages import Preview

_ALSO_REFERENCES = REFERENCE_KINDS | {"mac"}
_EVERYTHING: Mapping[str, str] = {"all": "all devices", "internet": "the internet"}
"""Words for what stands in place of a reference."""


def preview_of(call: C, change: Change[C] | None, *, warnings: tuple[str, ...]) -> Preview:
    """Return the preview of a change; without one, what a read shows."""
    tool = call.tool
    if change is None:
        return Preview(what=tool.summary, on=_on(call), warnings=warnings)
    template = change.asks(call)
    what = filled(template, words(call, ids=True))
    plain = words(call, ids=False)
    return Preview(
        what=f"{what.rstrip('.')}{_rest(call, template, plain=not callable(change.what))}.",
        on=_on(call),
        blast_radius=filled(change.harm(call) or tool.blast_radius, plain),
        undo=filled(tool.undo, plain),
        warnings=warnings,
    )


def words(call: BoundCall, *, ids: bool) -> dict[str, str]:
    """Return each argument in words: a bound reference by name, with its id where asked."""
    shown: dict[str, str] = {}
    for argument in call.tool.arguments:
        value = call.get(argument.name)
        if value is None:
            continue
        if value in argument.choices and value in _EVERYTHING:
            shown[argument.name] = _EVERYTHING[value]
        elif argument.kind in _ALSO_REFERENCES:
            target = call.target(argument.name)
            shown[argument.name] = with_id(target) if ids else target.name
        else:
            shown[argument.name] = shown_argument(call.tool, argument.name, value)
    return _ports_without_their_device(call, shown)


def _ports_without_their_device(call: BoundCall, shown: dict[str, str]) -> dict[str, str]:
    """Where a template names both, as "port 5 of Core", the port's own name says it twice."""
    if "port" not in shown:
        return shown
    return shown | {"port": str(call.get("port"))}


def _rest(call: BoundCall, template: str, *, plain: bool) -> str:
    """Add what was asked for and the template does not hold, as the channel of a radio."""
    said = [
        f"{argument.name.replace('_', ' ')} {shown_argument(call.tool, argument.name, value)}"
        for argument in call.tool.arguments
        if (value := call.get(argument.name)) is not None
        and argument.kind not in {*REFERENCE_KINDS, "secret", "mac"}
        and f"{{{argument.name}}}" not in template
        and value != argument.default
        and plain
    ]
    return f" ({', '.join(said)})" if said else ""


def _on(call: BoundCall) -> tuple[str, ...]:
    """Name what a call is about, with ids."""
    if call.targets:
        return tuple(with_id(target) for target in call.targets)
    return ("all devices",) if call.get("device") == "all" else ()

"""Commands that are printed for people to run, with the options that this one was given.

Who named a data folder on the command line names it again in what is pasted; what the environment
says is there anyway. Decides nothing about what a command does.
"""

import os
import re
import shlex
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from cortex.errors import Misconfigured
from cortex.settings.loading import home_of

_QUOTED = re.compile(r"`(cortex [^`\n]+)`")


@dataclass(frozen=True, slots=True)
class _Meant:
    """What was given, and where the options of other commands are looked up."""

    root: click.Command | None = None
    options: dict[str, str] = field(default_factory=dict)


_MEANT: ContextVar[_Meant] = ContextVar("cortex-meant", default=_Meant())  # noqa: B039  # frozen


def forget() -> None:
    """Forget what the command was given that has ended."""
    _MEANT.set(_Meant())


def noted(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Note what an option was given on the command line; the callback of such options."""
    given = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    if given and value is not None:
        name = max(option.opts, key=len)
        _note(context.find_root().command, name, value)
    return value


def means_home(home: Path) -> None:
    """Note which data folder is meant, where another option named it."""
    if context := click.get_current_context(silent=True):
        _note(context.find_root().command, "--home", home)


def completed(command: str) -> str:
    """Write a command with the options that were given and that it knows as well."""
    meant = _MEANT.get()
    if not meant.options or meant.root is None:
        return command
    words = command.split()
    known = _options(meant.root, words[1:])
    missing = (
        f"{name} {shlex.quote(value)}"
        for name, value in meant.options.items()
        if name in known and name not in words
    )
    return " ".join((command, *missing))


def pasted(text: str) -> str:
    """Complete every command that a text names between backquotes."""
    return _QUOTED.sub(lambda found: f"`{completed(found[1])}`", text)


def option(*names: str, **described: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Describe an option that is noted when it is given."""
    return click.option(*names, callback=noted, **described)


def _note(root: click.Command, name: str, value: Any) -> None:
    told = str(value.absolute()) if isinstance(value, Path) else str(value)
    if name == "--home" and told == _usual_home():
        return
    _MEANT.set(_Meant(root, {**_MEANT.get().options, name: told}))


def _usual_home() -> str:
    try:
        return str(home_of(os.environ).absolute())
    except Misconfigured:
        return ""


def _options(command: click.Command, words: Iterable[str]) -> set[str]:
    """Name the options of the command that these words call."""
    for word in words:
        inner = None
        if isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
        if inner is None:
            break
        command = inner
    return {name for one in command.params for name in one.opts}

"""Every reason for which a device is not asked says whether the wording is to blame for it."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cortex.clients.ssh
import cortex.fabric.execution.ssh
from cortex.fabric.activator.learning.lessons import tells
from cortex.fabric.messages import ErrorBody, QueryResponse

OWN_FAULT = frozenset({"no-such-port"})
"""Reasons that the call gave itself: it names what the device does not have."""


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(one.name)


def reasons(module: ModuleType) -> Iterator[str]:
    """Find what a module gives as a reason: a text, or a name for one."""
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for given in node.keywords:
                match given:
                    case ast.keyword(arg="reason", value=ast.Constant(value=str(text))):
                        yield text
                    case ast.keyword(arg="reason", value=ast.Name(id=name)):
                        yield str(getattr(module, name))


def counts(reason: str) -> bool:
    error = ErrorBody(code="rejected", message="m", reason=reason)
    told = tells(QueryResponse(query_id="q", status="failed", answer="", error=error))
    assert told is not None
    return told[2]


def test_only_what_a_call_names_wrongly_counts_against_its_wording() -> None:
    packages = (cortex.clients.ssh, cortex.fabric.execution.ssh)
    given = {reason for one in packages for module in modules(one) for reason in reasons(module)}
    assert {"not-adopted", "no-command", "host-key-changed", "auth"} <= given
    assert {reason for reason in given if counts(reason)} == OWN_FAULT

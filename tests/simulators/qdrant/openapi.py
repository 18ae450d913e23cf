"""Hold requests and answers to Qdrant's published OpenAPI document, beside this module.

The document says neither that an object has no other members nor that an envelope is whole; here
both are asked for, so that a misspelt name does not pass as one more member that nobody reads.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker
from typing_extensions import override

_PLAIN = {401, 403}
"""Answers of a server to a wrong key, which are plain text, whatever the document says."""


class Checked(httpx.AsyncBaseTransport):
    """Checks everything that passes, and counts the operations that it saw."""

    def __init__(self, inside: httpx.AsyncBaseTransport) -> None:
        self._inside = inside
        self.seen: set[tuple[str, str, int]] = set()
        """Method, path of the document, and status."""

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path, operation = find(request.method, request.url.path)
        check_request(operation, request)
        response = await self._inside.handle_async_request(request)
        await response.aread()
        self.seen.add((request.method, path, response.status_code))
        check_response(operation, response)
        return response

    @override
    async def aclose(self) -> None:
        await self._inside.aclose()


def find(method: str, path: str) -> tuple[str, Any]:
    """Return the path of the document and the operation that a request means."""
    parts = path.split("/")
    for template, operations in document()["paths"].items():
        names = template.split("/")
        if len(names) == len(parts) and all(
            name == part or name.startswith("{") for name, part in zip(names, parts, strict=True)
        ):
            return template, operations[method.lower()]
    message = f"no operation {method} {path}"
    raise AssertionError(message)


def check_request(operation: Any, request: httpx.Request) -> None:
    known = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
    for name, value in request.url.params.items():
        assert name in known, name
        check(json.loads(value), known[name]["schema"])
    body = request.content
    if "requestBody" not in operation:
        assert not body
        return
    assert request.headers["content-type"] == "application/json"
    check(json.loads(body), operation["requestBody"]["content"]["application/json"]["schema"])


def check_response(operation: Any, response: httpx.Response) -> None:
    media = response.headers["content-type"]
    if response.status_code in _PLAIN and media.startswith("text/plain"):
        return
    assert media == "application/json"
    answers = operation["responses"]
    answer = answers["200"] if response.status_code == 200 else answers["4XX"]
    schema = dict(answer["content"]["application/json"]["schema"])
    schema["required"] = ["status", "time", *(["result"] if response.status_code == 200 else [])]
    check(response.json(), schema)
    assert response.status_code == 200 or response.json()["status"]["error"]


def check(value: Any, schema: Any) -> None:
    whole = json.dumps(schema, sort_keys=True)
    error = next(iter(_validator(whole).iter_errors(value)), None)
    assert error is None, f"{error.json_path if error else ''}: {str(error)[:800]}"


@cache
def document() -> Any:
    return json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))


@cache
def _validator(schema: str) -> Draft202012Validator:
    asked = json.loads(schema) | {"components": document()["components"]}
    return Draft202012Validator(_strict(asked), format_checker=FormatChecker(["uuid"]))


def _strict(schema: Any) -> Any:
    """Say in JSON Schema what OpenAPI 3.0 says with `nullable`, and close objects."""
    match schema:
        case [*members]:
            return [_strict(one) for one in members]
        case {"nullable": True, **rest} if not rest:
            return {"type": "null"}
        case {"nullable": True, "type": str() as kind, **rest}:
            return _strict({"type": kind, **rest}) | {"type": [kind, "null"]}
        case {"properties": properties, **rest}:
            closed = {"additionalProperties": False} | {k: _strict(v) for k, v in rest.items()}
            return closed | {"properties": {k: _strict(v) for k, v in properties.items()}}
        case dict():
            return {name: _strict(one) for name, one in schema.items()}
        case _:
            return schema

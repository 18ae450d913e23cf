"""Describe the activator's HTTP as an OpenAPI 3.1 document, from the bodies themselves."""

from typing import Any

import msgspec

from cortex.fabric.activator.journal import Entry
from cortex.fabric.activator.web.bodies import TaskConfirmRequest, UnreadableRow
from cortex.fabric.activator.web.memory import MigrateRequest, PutRequest, SearchRequest
from cortex.fabric.activator.web.routes import RollbackRequest
from cortex.fabric.activator.web.views import LayerRow, WritesRequest
from cortex.fabric.messages import (
    ConfirmRequest,
    ErrorBody,
    FeedbackRequest,
    QueryRequest,
    QueryResponse,
)

_BODIES = (
    QueryRequest,
    QueryResponse,
    ConfirmRequest,
    FeedbackRequest,
    WritesRequest,
    RollbackRequest,
    PutRequest,
    SearchRequest,
    MigrateRequest,
    LayerRow,
    Entry,
    ErrorBody,
    UnreadableRow,
    TaskConfirmRequest,
)
_JSON = "application/json"
_ERRORS = {
    "400": "The request cannot be read.",
    "401": "The bearer token is missing, unknown or revoked.",
    "403": "The token lacks the scope.",
}
_LATER = {
    "429": "The quota is used up; `Retry-After` says for how long.",
    "503": "Too many wait already; `Retry-After` says for how long.",
}


def document(version: str) -> dict[str, Any]:
    """Write the whole document."""
    schemas, components = msgspec.json.schema_components(
        _BODIES, ref_template="#/components/schemas/{name}"
    )
    known = dict(zip((one.__name__ for one in _BODIES), schemas, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cortex activator",
            "version": version,
            "description": "Ask and command a network in plain language.",
        },
        "paths": _paths(known),
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _paths(known: dict[str, Any]) -> dict[str, Any]:
    answer, error = known["QueryResponse"], known["ErrorBody"]
    shown: dict[str, Any] = {"type": "object"}
    query = _post("Ask or command; progress comes as server-sent events when accepted.",
                  known["QueryRequest"], answer, error)  # fmt: skip
    query["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"type": "string"}}
    confirm = _post("Say yes or no to a paused call.", known["ConfirmRequest"], answer, error)
    confirm["responses"]["409"] = _failure("Unknown, used or expired.", error)
    feedback = _post("Judge an answer.", known["FeedbackRequest"], shown, error)
    feedback["responses"]["409"] = _failure("No such answer is known.", error)
    return {
        "/v1/query": {"post": query},
        "/v1/confirm": {"post": confirm},
        "/v1/explain": {
            "post": _post("Show the way a query would take, without taking it.",
                          known["QueryRequest"], answer, error)
        },
        "/v1/feedback": {"post": feedback},
        "/v1/layers": {"get": _get("The layers as they are now.",
                                   _layers(known["LayerRow"]), error)},
        "/v1/coordination": {"get": _get("Redis, and what activators share over it.",
                                         shown, error)},
        "/v1/tools": {"get": _get("What Cortex can do.", _list_of("tools", shown), error)},
        "/v1/events": {"get": _get("What happened lately.",
                                   _list_of("events", known["Entry"]), error)},
        "/v1/writes": {
            "get": _get("Whether anything may be changed now.", shown, error),
            "post": _post("Stop all changes, or allow them again.",
                          known["WritesRequest"], shown, error),
        },
        **_remembered(known, shown, error),
        **_timed(known, shown, error),
        **_tasked(known, shown, error),
        "/health": {"get": _open("Whether the process lives.")},
        "/ready": {"get": _open("Whether it takes queries.")},
        "/metrics": {"get": _open("Counts in Prometheus' text format.")},
    }  # fmt: skip


def _remembered(
    known: dict[str, Any], shown: dict[str, Any], error: dict[str, Any]
) -> dict[str, Any]:
    """Describe what is about memory and the routes in it."""
    routes = _list_of("routes", shown)
    routes["properties"]["learned"] = {"type": "array", "items": shown}
    forget = _get("Let a learned route count for nothing.", shown, error)
    put = _post("Add points, or replace them.", known["PutRequest"], shown, error)
    found = _list_of("hits", shown)
    page = _get("The points, page by page.", _list_of("points", shown), error)
    return {
        "/v1/routes": {"get": _get("The rules, and what was learned.", routes, error)},
        "/v1/routes/export": {"get": _get("Trusted routes as rules.", shown, error)},
        "/v1/routes/rollback": {
            "post": _post("Take back what was learned since a time.",
                          known["RollbackRequest"], shown, error)
        },
        "/v1/routes/{route_id}": {
            "parameters": [_in_path("route_id")],
            "get": _get("A learned route, and what it comes from.", shown, error),
            "delete": forget,
        },
        "/v1/memory": {"get": _get("Whether memory works, and what is in it.", shown, error)},
        "/v1/memory/migrate": {
            "post": _post("Copy everything to a Qdrant server.",
                          known["MigrateRequest"], shown, error)
        },
        "/v1/memory/{collection}": {
            "parameters": [_in_path("collection")],
            "get": page,
            "put": put,
        },
        "/v1/memory/{collection}/search": {
            "parameters": [_in_path("collection")],
            "post": _post("Find the nearest points.", known["SearchRequest"], found, error),
        },
    }  # fmt: skip


def _timed(known: dict[str, Any], shown: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    """Describe what is about timers."""
    cancel = _get("Cancel a timer; what was done stays as it is.", shown, error)
    cancel["responses"]["409"] = _failure("There is none, or it is over.", error)
    rows = _list_of("timers", shown)
    rows["properties"]["unreadable"] = {"type": "array", "items": known["UnreadableRow"]}
    rows["required"].append("unreadable")
    listed = _get("What is to come, and what came of it.", rows, error)
    for one in (cancel, listed):
        one["responses"]["503"] = _failure("Redis, which keeps them, is away.", error)
    return {
        "/v1/timers": {"get": listed},
        "/v1/timers/{timer_id}": {"parameters": [_in_path("timer_id")], "delete": cancel},
    }


def _tasked(known: dict[str, Any], shown: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    """Describe what is about tasks of other systems, and about agents."""
    letter = [_in_path("queue"), _in_path("letter_id")]
    confirm = _post("Say yes or no to what a task waits for.", known["TaskConfirmRequest"],
                    known["QueryResponse"], error)  # fmt: skip
    cancel = _get("Cancel a task.", shown, error)
    paths: dict[str, Any] = {
        "/v1/tasks": {"get": _get("The latest tasks, and the queues.", shown, error)},
        "/v1/tasks/{task_id}": {
            "parameters": [_in_path("task_id")],
            "get": _get("How far a task is, and what it waits for.", shown, error),
        },
        "/v1/tasks/{task_id}/cancel": {"parameters": [_in_path("task_id")], "post": cancel},
        "/v1/tasks/{task_id}/confirm": {"parameters": [_in_path("task_id")], "post": confirm},
        "/v1/dead-letters": {
            "get": _get("What was given up.", _list_of("dead_letters", shown), error)
        },
        "/v1/dead-letters/{queue}/{letter_id}/requeue": {
            "parameters": letter,
            "post": _get("Put a task that was given up back.", shown, error),
        },
        "/v1/dead-letters/{queue}/{letter_id}": {
            "parameters": letter,
            "delete": _get("Let go of something that was given up.", shown, error),
        },
        "/v1/agents": {"get": _get("Who is there to work.", _list_of("agents", shown), error)},
    }
    for path in paths.values():
        for one in path.values():
            if isinstance(one, dict):
                one["responses"]["409"] = _failure("There is none, or not any more.", error)
                one["responses"]["503"] = _failure("Redis is away.", error)
    return paths


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _layers(row: dict[str, Any]) -> dict[str, Any]:
    """Describe the page of the layers; an outage of the controller is on it while there is one."""
    listed = _list_of("layers", row)
    facts = {"since": {"type": "number"}, "why": {"type": "string"}}
    listed["properties"]["outage"] = {"type": "object", "properties": facts}
    return listed


def _list_of(name: str, item: dict[str, Any]) -> dict[str, Any]:
    listed = {"type": "array", "items": item}
    return {"type": "object", "properties": {name: listed}, "required": [name]}


def _get(summary: str, answer: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": _responses(answer, error, _ERRORS)}


def _post(
    summary: str, body: dict[str, Any], answer: dict[str, Any], error: dict[str, Any]
) -> dict[str, Any]:
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {_JSON: {"schema": body}}},
        "responses": _responses(answer, error, _ERRORS | _LATER),
    }


def _open(summary: str) -> dict[str, Any]:
    return {"summary": summary, "security": [], "responses": {"200": {"description": "Yes."}}}


def _responses(
    answer: dict[str, Any], error: dict[str, Any], failures: dict[str, str]
) -> dict[str, Any]:
    done = {"description": "The answer.", "content": {_JSON: {"schema": answer}}}
    return {"200": done} | {status: _failure(text, error) for status, text in failures.items()}


def _failure(text: str, error: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "object", "properties": {"error": error}, "required": ["error"]}
    return {"description": text, "content": {_JSON: {"schema": body}}}

"""One key after an answer that was guessed or remembered: wrong, meant otherwise, or no word.

Decides what is worth asking about; what a verdict changes is the activator's.
"""

from typing import Any

import click
import msgspec

from cortex.cli import render
from cortex.clients.activator import ActivatorClient
from cortex.errors import CortexError
from cortex.fabric.messages import FeedbackRequest, QueryResponse, TierName

_LEARNED: frozenset[TierName] = frozenset({"cache", "similarity", "classifier"})
_ASKED = "  not what you meant? [Enter] let it stand  [w] wrong  [t] wrong target  [c] I meant …"
_VERDICTS = {"w": "wrong_tool", "t": "wrong_target", "c": "correction"}
_GONE = (KeyboardInterrupt, EOFError, click.Abort)


def worth_judging(response: QueryResponse) -> bool:
    """Tell whether a person's verdict may teach something: the call was guessed or learned.

    It was made, or led to a question back that offers nothing to pick.
    """
    ended = response.status == "done" or (response.status == "clarify" and not response.choices)
    return ended and response.route is not None and response.route.tier in _LEARNED


def ask_verdict(client: ActivatorClient, response: QueryResponse) -> None:
    """Wait for one key, and send what it says; any other key says nothing, and so does leaving."""
    click.echo(click.style(_ASKED, dim=True), err=True)
    try:
        verdict = _VERDICTS.get(click.getchar().lower(), "")
        correction = _meant() if verdict == "correction" else ""
    except _GONE:
        click.echo(err=True)
        return
    if verdict and bool(correction) == (verdict == "correction"):
        send(client, response.query_id, verdict, correction)


def _meant() -> str:
    said = click.prompt("what did you mean?", default="", show_default=False, err=True)
    return str(said).strip()


def send(client: ActivatorClient, query_id: str, verdict: str, correction: str = "") -> None:
    """Send a verdict and say what was learned from it; a refusal is told, and is no failure."""
    body: dict[str, Any] = {"query_id": query_id, "feedback": verdict, "correction": correction}
    request = msgspec.convert(body, FeedbackRequest)
    try:
        reply = client.call("POST", "/v1/feedback", msgspec.to_builtins(request))
    except CortexError as error:
        click.echo(f"  not noted: {render.lines(error.message)}", err=True)
        return
    learned = str(reply.get("learned", ""))
    click.echo(f"  {render.lines(learned) if learned else 'noted'}", err=True)

"""`cortex ask`, `explain` and `feedback`: a question, its answer, and what to do about it.

A person at a terminal picks among choices and says yes; without one, nothing is picked and
nothing is confirmed, except by `--yes` what can be taken back.
"""

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args, get_type_hints

import click
import msgspec
from typing_extensions import override

from cortex.cli import exits, render
from cortex.cli.connection import Address, address_options, connect, connected
from cortex.cli.memory import judging
from cortex.clients.activator import ActivatorClient
from cortex.errors import BadAnswer
from cortex.fabric.catalogue.tool import Risk, Tool
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.messages import Choice, Confirmation, FeedbackRequest, QueryResponse

_VERDICTS = get_args(get_type_hints(FeedbackRequest)["feedback"])
_SLOW_S = 0.25
_UNSURE = "unsure"
"""The code of an answer that offers readings: whoever picks one teaches what the words mean."""
_NO = frozenset({"", "0", "n", "no", "nope", "none", "neither"})
_YES = frozenset({"y", "yes"})
_MOST_TURNS = 5
"""How often one question may lead to another before the terminal is given back."""

_ASK_HELP = """Ask a question, or give a command, in plain language.

\b
cortex ask "who is online?"
cortex ask "block the xbox"
cortex ask "restart the garage AP"
cortex ask "is it back?"

At a terminal, questions that follow each other are one conversation: "it", "the second one" and
"undo that" are what was spoken of before, for half an hour.
"""


@click.command("ask", help=_ASK_HELP, short_help="Ask a question or give a command.")
@click.argument("query", nargs=-1, required=True)
@click.option("--site", default="", help="The site, if not the default one.")
@click.option("--deadline", type=float, help="Seconds to wait at most, instead of the usual 60.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Confirm a write that can be undone, and no other.")
@click.option(
    "--conversation",
    help="The conversation that it belongs to; at a terminal that terminal's own, else none.",
)
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@click.option("--quiet", "-q", is_flag=True, help="No progress on standard error.")
@address_options
def ask_command(query: tuple[str, ...], **options: Any) -> int:
    """Ask a question, or give a command, in plain language."""
    request = {
        "query": " ".join(query),
        "site": options["site"],
        "deadline_ms": None if (most := options["deadline"]) is None else int(most * 1000),
        "dry_run": options["dry_run"],
        "conversation_id": _conversation(options["conversation"]),
    }
    address = Address(options["url"], options["token_file"], options["home"])
    with connect(address) as client:
        talk = _Talk(client, yes=options["yes"], raw=options["raw"], quiet=options["quiet"])
        return talk.hold(request)


@click.command("explain", short_help="Show the way a question would take, without running it.")
@click.argument("query", nargs=-1, required=True)
@click.option("--json", "raw", is_flag=True, help="Print the raw response.")
@address_options
def explain_command(query: tuple[str, ...], **options: Any) -> int:
    """Show how a text is understood and which way it would take. Nothing is run."""
    with connected(options) as client:
        body = client.call("POST", "/v1/explain", {"query": " ".join(query)}, timeout_s=60)
    if options["raw"]:
        click.echo(json.dumps(body, indent=2, ensure_ascii=True))
        return exits.DONE
    response = _understood(body)
    click.echo(render.lines(response.answer))
    for proposal in response.data.get("proposals", ()):
        render.show_body({"facts": proposal})
    click.echo("read as:")
    render.show_body({"facts": {name: one for name, one in response.frame.items() if one}})
    return exits.DONE


@click.command("feedback", short_help="Say what was wrong, or right, with an answer.")
@click.argument("query_id")
@click.argument("verdict", type=click.Choice(_VERDICTS))
@click.option("--correction", default="", help="What was meant, in words.")
@address_options
def feedback_command(query_id: str, verdict: Any, correction: str, **options: Any) -> int:
    """Say what you think of an answer; its id is on the line below it, and in --json."""
    body = FeedbackRequest(query_id=query_id, feedback=verdict, correction=correction)
    with connected(options) as client:
        reply = client.call("POST", "/v1/feedback", msgspec.to_builtins(body))
    click.echo(render.lines(str(reply.get("learned") or "noted")))
    return exits.DONE


class _Talk:
    """One question with the turns it takes until it is answered."""

    def __init__(self, client: ActivatorClient, *, yes: bool, raw: bool, quiet: bool) -> None:
        self._client = client
        self._yes = yes
        self._raw = raw
        self._quiet = quiet
        self._person = sys.stdin.isatty() and not raw
        # Nobody who sends the answer elsewhere is kept waiting for a word on it.
        self._watched = self._person and not quiet and sys.stdout.isatty()
        self._progress = None if quiet or raw else _progress

    def hold(self, request: dict[str, Any]) -> int:
        """Ask, and go on asking as far as the person at the terminal picks a way."""
        for _ in range(_MOST_TURNS):
            response = self._ask(request)
            picked = self._picked(response)
            if picked is None:
                return self._conclude(response)
            if isinstance(picked, str):
                # A yes that was given beforehand was given to the question before.
                self._yes, query = False, picked
            else:
                query = picked.query
                if response.error is not None and response.error.code == _UNSURE:
                    judging.send(self._client, response.query_id, "correction", query)
            request = request | {"query": query}
        return exits.CLARIFY

    def _ask(self, request: Mapping[str, Any]) -> QueryResponse:
        body = self._client.query(request, self._progress)
        return self._shown(body)

    def _shown(self, body: dict[str, Any]) -> QueryResponse:
        response = _understood(body)
        if self._raw:
            click.echo(json.dumps(body, indent=2, ensure_ascii=True))
        else:
            render.show_answer(response)
            render.show_choices(response.choices, examples=not _pickable(response))
            if not self._quiet:
                render.show_trail(response)
        return response

    def _picked(self, response: QueryResponse) -> Choice | str | None:
        """Ask which choice is meant; words that name none of them are the next question."""
        if not self._person or not _pickable(response):
            return None
        picked: Choice | str | None = click.prompt(
            "which one? (its number or name, Enter for none, or another question)",
            type=_ChoiceOf(response.choices),
            default="0",
            show_default=False,
            err=True,
        )
        return picked

    def _conclude(self, response: QueryResponse) -> int:
        if response.status == "confirm" and response.confirmation is not None:
            tool = TOOLS.get(response.route.tool) if response.route else None
            return self._confirm(response.confirmation, tool)
        if self._watched and judging.worth_judging(response):
            judging.ask_verdict(self._client, response)
        return exit_of(response)

    def _confirm(self, confirmation: Confirmation, tool: Tool | None) -> int:
        if not self._raw:
            render.show_preview(confirmation)
        if not self._agreed(confirmation, tool):
            if self._person:
                self._client.confirm(confirmation.token, yes=False)
                click.echo("nothing was changed")
            return exits.NEEDS_YES
        body = self._client.confirm(confirmation.token, yes=True, progress=self._progress)
        return exit_of(self._shown(body))

    def _agreed(self, confirmation: Confirmation, tool: Tool | None) -> bool:
        # A tool that this side does not know is treated as the worst there is.
        risk = tool.risk if tool else Risk.DESTRUCTIVE
        undone = bool(tool and risk is Risk.WRITE and tool.inverse)
        if self._yes and undone:
            return True
        if not self._person:
            click.echo(f"  {self._why_no_yes(tool, undone=undone)}", err=True)
            return False
        if risk is Risk.DESTRUCTIVE and confirmation.preview.on:
            shown = render.lines(confirmation.preview.on[0])
            name = shown.rpartition(" (")[0] or shown
            typed = click.prompt(
                f'type "{name}" to do it', default="", show_default=False, err=True
            )
            return bool(typed == name)
        return click.confirm("do it?", default=False, err=True)

    def _why_no_yes(self, tool: Tool | None, *, undone: bool) -> str:
        """Say why nobody was asked, and how a yes can be given."""
        if undone:
            return f"it needs a yes{self._nobody()}: ask again at a terminal, or with --yes"
        name = tool.name if tool else "this one, which is unknown here,"
        why = (
            f"--yes covers only writes that can be undone; {name} cannot"
            if self._yes
            else f"it needs a yes{self._nobody()}"
        )
        return f"{why}: ask again at a terminal, or confirm over POST /v1/confirm"

    def _nobody(self) -> str:
        return ", and --json asks nobody" if self._raw else ", and there is no terminal to ask at"


class _ChoiceOf(click.ParamType[Choice | str | None]):
    """A choice by its number or its name; nothing for 0 or a no; else what is asked instead."""

    name = "choice"

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._choices = choices

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Choice | str | None:
        said = str(value).strip()
        plain = said.casefold()
        named = [one for one in self._choices if plain in _names(one)]
        if not named and plain in _NO:
            return None
        if not named and plain in _YES:
            named = list(self._choices)
        if said.isdecimal() and 0 < int(said) <= len(self._choices):
            return self._choices[int(said) - 1]
        if len(named) > 1:
            self._refuse(said, "says not which one" if plain in _YES else "names several of them")
        if not named and said.isdecimal():
            self._refuse(said, "is none of them")
        return named[0] if named else said

    def _refuse(self, said: str, wrong: str) -> NoReturn:
        wanted = f"type a number from 1 to {len(self._choices)}, or 0 for none"
        self.fail(f"{said!r} {wrong}; {wanted}")


def _names(choice: Choice) -> set[str]:
    target = choice.target
    names = (choice.label, *((target.name, target.id, target.mac) if target else ()))
    return {one.casefold() for one in names if one}


def _understood(body: Mapping[str, Any]) -> QueryResponse:
    try:
        return msgspec.convert(body, QueryResponse)
    except msgspec.ValidationError as error:
        message = f"the answer has an unknown shape: {error}"
        raise BadAnswer(message, service="cortex-activator", hint="update both sides") from error


def exit_of(response: QueryResponse) -> int:
    """Map an answer to its exit code."""
    undone = response.status in {"failed", "refused"}
    if undone and response.error and exits.is_unavailable(response.error.code):
        return exits.UNAVAILABLE
    if response.status == "accepted" and (response.data.get("facts") or {}).get("timer"):
        return exits.DONE  # what was asked for is to be kept until its time, and that it is
    return exits.BY_STATUS[response.status]


def _pickable(response: QueryResponse) -> bool:
    """Tell whether a choice means what was asked, rather than being an example of something near.

    An example names things of its own: running it would act on what nobody spoke of.
    """
    nearest = response.error is not None and response.error.code == "not_understood"
    return response.status == "clarify" and bool(response.choices) and not nearest


def _conversation(named: str | None) -> str:
    """Name the conversation: as was said, or by the terminal and whoever opened it."""
    if named is not None or not sys.stdin.isatty():
        return named or ""
    leader = os.getsid(0)
    # A process id is used again some day; together with when it began it is not.
    told = Path(f"/proc/{leader}/stat")
    began = told.read_text("utf-8").rpartition(")")[2].split()[19] if told.exists() else ""
    opened = f"{os.uname().nodename} {os.getuid()} {leader} {began}"
    return "terminal-" + hashlib.sha256(opened.encode()).hexdigest()[:32]


def _progress(event: Mapping[str, Any]) -> None:
    """Tell how far a question is, once it takes long enough to be wondered about."""
    elapsed = float(event.get("elapsed_ms", 0)) / 1000
    if elapsed >= _SLOW_S:
        said = render.lines(str(event.get("message", "")))
        click.echo(click.style(f"  … {said} ({elapsed:.1f} s)", dim=True), err=True)

"""`cortex learn`: what was learned and from what, learning from it, and taking that back."""

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from cortex.cli import exits
from cortex.cli.connection import address_options, connected, home_option, own_home
from cortex.cli.memory.exporting import write
from cortex.cli.pasting import pasted
from cortex.cli.processes.lean import frugal
from cortex.cli.telemetry.evidence import Learned, in_words, learned_by
from cortex.errors import CortexError, Misconfigured
from cortex.fabric.reasoning.classifier import promotion
from cortex.fabric.routing.experience.curve import Curves
from cortex.fabric.routing.experience.evidence import Stage
from cortex.fabric.telemetry import standing
from cortex.fabric.telemetry.exporting import chat, classification
from cortex.fabric.telemetry.figures import Figures
from cortex.fabric.telemetry.keeping import Places, places_of
from cortex.fabric.telemetry.learning.account import (
    Account,
    account_in,
    judged_in,
    put_account,
)
from cortex.fabric.telemetry.learning.recalibrating import (
    Step,
    curves_in,
    recalibrate,
    step_back,
)
from cortex.fabric.telemetry.stream.balance import TOOL as LOST
from cortex.settings.knobs import Telemetry
from cortex.settings.loading import Settings, load

_KINDS = {"classification": classification, "chat": chat}
_JUDGED = "  judged is an answer that somebody remarked on, or a change that got its yes"
_HEAD, _CALIBRATION = "head", "calibration"


@click.group("learn", short_help="Show what was learned, learn from it, or take it back.")
def learn_command() -> None:
    """Look at what Cortex has learned from outcomes, and have it learn."""


@learn_command.command("report")
@click.option("--json", "raw", is_flag=True, help="Print the report as JSON.")
@click.option("--replay", is_flag=True, help="Try the heads on the tools' examples; takes a while.")
@address_options
def report_command(*, raw: bool, replay: bool, **options: Any) -> int:
    """Show what was learned, from what evidence, and what it changed."""
    settings, home = load(os.environ), own_home(options["home"])
    learned, why = _routes_of(options)
    places = _places(settings, home)
    with in_words(places):
        figures = standing.restored(places.figures, places.log)
        curves, promotions = curves_in(places.figures), promotion.promotions_in(home)
        last = account_in(places.figures)
    if raw:
        told = _told(learned, figures, curves, promotions) | {"last": msgspec.to_builtins(last)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=True))
        return exits.DONE
    for lines in (
        _about_routes(learned, why),
        _about_calls(figures),
        _about_curves(curves),
        _about_heads(promotions),
        _about_last(last),
        _replayed(settings, home) if replay else (),
    ):
        for line in lines:
            click.echo(line)
    return exits.DONE


@learn_command.command("run")
@click.option("--no-head", is_flag=True, help="Calibrate, and train no new head.")
@address_options
def run_command(*, no_head: bool, **options: Any) -> int:
    """Calibrate the tiers, train a head in shadow, and promote it if it is better.

    Takes some minutes. A head is tried on the examples of every tool and on learned wordings that
    it was not taught, and comes into effect at the classifier's next start; a calibration within a
    minute. Without scikit-learn no head is trained. Telemetry does the same by itself
    (`telemetry.learn_after`).
    """
    # Before numpy is imported, which reads it: the order of sums depends on the number of threads.
    frugal(os.environ)
    settings, home = load(os.environ), own_home(options["home"])
    places = _places(settings, home)
    with in_words(places), _accounted(places) as say:
        say(_about_steps(recalibrate(places.figures, places.log, at=time.time())))
        if no_head:
            return exits.DONE
        with connected(options) as client:
            trusted = [(one.route.template, one.route.tool) for one in learned_by(client)
                       if one.trusted]  # fmt: skip
        say(trained(settings, home, trusted))
    return exits.DONE


@contextlib.contextmanager
def _accounted(places: Places) -> Iterator[Callable[[Iterable[str]], None]]:
    """Print what comes of learning, and write it down for the report, also where it ends early."""
    said = list[str]()
    begun, figures = time.time(), standing.restored(places.figures, places.log)

    def say(lines: Iterable[str]) -> None:
        for line in lines:
            said.append(line)
            click.echo(line)

    try:
        yield say
    except CortexError as error:
        said.append(f"it ended early: {error.message}")
        raise
    finally:
        account = Account(at=begun, judged=judged_in(figures), lines=tuple(said))
        put_account(places.figures, account)


@learn_command.command("rollback")
@click.argument("what", type=click.Choice([_HEAD, _CALIBRATION]))
@home_option
def rollback_command(what: str, home: Path | None) -> int:
    """Put the head, or the calibration, before the last one in use again."""
    chosen = own_home(home)
    if what == _HEAD:
        last = promotion.go_back(chosen)
        counts = last is not None and last.against == promotion.digest_of()
        named = (
            f"the one promoted at {_time(last.at)}"
            if last and counts
            else "the one that comes with Cortex"
        )
        click.echo(f"the head in use is {named}, from the classifier's next start on")
        return exits.DONE
    places = _places(load(os.environ), chosen)
    with in_words(places):
        left = step_back(places.figures)
    click.echo(f"one step was taken back; {len(left)} tiers are calibrated, within a minute")
    return exits.DONE


@learn_command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(list(_KINDS)), default="classification",
              show_default=True)  # fmt: skip
@address_options
def export_command(file: Path, form: str, **options: Any) -> int:
    """Write trusted routes to FILE as examples to train on, one a line.

    Names are slots in them, and what is not surely free of names and secrets is left out.
    """
    with connected(options) as client:
        routes = [one.route for one in learned_by(client) if one.trusted]
    export = _KINDS[form](routes)
    write(file, "".join(f"{line}\n" for line in export.lines))
    count = len(export.lines)
    examples = "1 example is" if count == 1 else f"{count} examples are"
    click.echo(f"{examples} in {file}; left out: {export.left_out}")
    return exits.DONE


def _places(settings: Settings, home: Path) -> Places:
    return places_of(settings.telemetry if home == settings.home else Telemetry(home=home))


def _routes_of(options: dict[str, Any]) -> tuple[tuple[Learned, ...], str]:
    """Read the routes where Cortex runs; else say why not."""
    try:
        with connected(options) as client:
            return learned_by(client), ""
    except CortexError as error:
        return (), error.message


def _replayed(settings: Settings, home: Path) -> Iterator[str]:
    from cortex.cli.telemetry.retraining import replayed  # noqa: PLC0415
    from cortex.fabric.memory.embedding.places import model_folder  # noqa: PLC0415

    usual, own = replayed(
        home, model_folder(settings.reasoning_classifier.memory.model_folder, home)
    )
    yield f"examples of the tools: {usual.total()} sentences, by what comes of them"
    for result in ("right", "asked", "wrong", "wrong_write"):
        yield f"  {result:<12} {usual[result]:>5} with the head of Cortex, {own[result]:>5} in use"


def trained(settings: Settings, home: Path, trusted: list[tuple[str, str]]) -> Iterator[str]:
    """Train a head with trusted wordings, and say what came of it."""
    from cortex.cli.telemetry.retraining import FEWEST, retrain  # noqa: PLC0415
    from cortex.fabric.memory.embedding.places import model_folder  # noqa: PLC0415

    model = model_folder(settings.reasoning_classifier.memory.model_folder, home)
    try:
        found = retrain(home, model, trusted, at=time.time())
    except Misconfigured as error:
        yield f"head: not trained, only calibrated: {error.message}"
        return
    if found.decision is None:
        yield f"head: not trained; it takes {FEWEST} trusted wordings, and there are {len(trusted)}"
        return
    decision = found.decision
    verdict = "promoted" if decision.promote else "not promoted"
    yield f"head: {verdict}: {decision.reason}"
    yield f"  taught {found.taught} learned wordings beside Cortex' own sentences"
    yield f"  tried on {decision.sentences} sentences, {found.tried} of them learned"
    yield f"  {decision.gained} better, {decision.lost} worse; by luck with {decision.chance:.1%}"
    for text in decision.wrong_writes:
        yield f"  only the new one would change something for: {exits.inert(text)}"


def _about_steps(steps: tuple[Step, ...]) -> Iterator[str]:
    if not steps:
        yield "calibration: nobody has judged an answer yet"
    for one in steps:
        found = one.found
        yield f"calibration of {one.tier}: {found.verdict}, from {found.cases} judged answers"
        yield f"  error {found.before:.1%} before, {found.after:.1%} after"
    if steps:
        yield _JUDGED


def _about_routes(learned: tuple[Learned, ...], why: str) -> Iterator[str]:
    if why:
        yield f"routes: cannot be read now: {exits.inert(why)}"
        return
    yield f"routes: {len(learned)} learned"
    for stage in Stage:
        own = [one.evidence for one in learned if one.evidence.stage is stage]
        if own:
            came = sum(one.successes for one in own)
            failed = sum(one.failures for one in own)
            yield f"  {stage.value:<8} {len(own):>5}   {came:.0f} came off, {failed:.0f} did not"


def _about_calls(figures: Figures) -> Iterator[str]:
    tally = figures.overall
    low, high = tally.interval
    yield f"calls: {tally.tried} on record, {tally.share:.1%} came off ({low:.1%} to {high:.1%})"
    yield f"  people seconded {tally.seconded} answers and disputed {tally.disputed}"
    if figures.lost:
        yield pasted(f"  {figures.lost} events never came: `cortex audit show --tool {LOST}`")


def _about_curves(curves: Curves) -> Iterator[str]:
    if not curves.tiers:
        yield "calibration: every tier is taken at its word"
    for tier, one in sorted(curves.tiers.items()):
        yield f"calibration of {tier}: from {one.cases} judged answers, {_time(one.at)}"
        yield f"  error {one.before:.1%} before the last step, {one.after:.1%} after"
    if curves.tiers:
        yield _JUDGED


def _about_heads(promotions: tuple[promotion.Promotion, ...]) -> Iterator[str]:
    if not promotions:
        yield "head: the one that comes with Cortex"
    for one in promotions:
        yield f"head: {one.sha256[:12]}, promoted {_time(one.at)}, {_use(one, promotions)}"
        yield f"  taught {one.learned} learned wordings; of {one.canaries} trial sentences"
        yield f"  {one.gained} got better and {one.lost} worse; by luck with {one.chance:.1%}"


def _about_last(last: Account | None) -> Iterator[str]:
    if last is None:
        yield "nothing was learned from judged answers yet"
        return
    yield f"last learned {_time(last.at)}, after {last.judged} judged answers:"
    for line in last.lines:
        yield f"  {exits.inert(line)}"


def _use(one: promotion.Promotion, promotions: tuple[promotion.Promotion, ...]) -> str:
    if one is not promotions[-1]:
        return "before"
    if one.against == promotion.digest_of():
        return "in use"
    return "set aside: Cortex comes with another head since, which is in use"


def _told(
    learned: tuple[Learned, ...],
    figures: Figures,
    curves: Curves,
    promotions: tuple[promotion.Promotion, ...],
) -> dict[str, Any]:
    low, high = figures.overall.interval
    return {
        "routes": dict(Counter(one.evidence.stage.value for one in learned)),
        "calls": {**msgspec.to_builtins(figures.overall), "between": [low, high]},
        "events_lost": figures.lost,
        "calibration": msgspec.to_builtins(curves.tiers),
        "heads": msgspec.to_builtins(promotions),
    }


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")

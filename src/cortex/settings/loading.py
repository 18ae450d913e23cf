"""Read the knobs from a settings file and an environment, both given as arguments.

The environment wins over the file, the file over the defaults. Every error names the setting
and the place it came from. It creates nothing but, when asked, the data folder; whether a
controller answers, `cortex doctor` finds out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cortex.errors import Misconfigured
from cortex.settings.knobs import (
    Activator,
    Controller,
    CortexMaster,
    ExecutionApi,
    ExecutionSsh,
    Guard,
    Memory,
    Notify,
    Reach,
    ReasoningClassifier,
    Redis,
    Ssh,
    Telemetry,
)
from cortex.settings.places import (
    CLI_NAMES,
    CONFIG,
    HOME,
    LIMITS,
    NOTICES,
    PREFIX,
    SECTIONS,
    Place,
    nearest,
    places,
    variables,
)
from cortex.settings.secret_files import read_secret
from cortex.settings.values import Unreadable, convert

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}|(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the processes of one installation need to know."""

    activator: Activator
    execution_api: ExecutionApi
    execution_ssh: ExecutionSsh
    reasoning_classifier: ReasoningClassifier
    telemetry: Telemetry
    cortex_master: CortexMaster
    home: Path
    config_file: Path | None


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as somebody wrote it, and where."""

    raw: object
    source: str
    folder: Path | None = None


def load(environ: Mapping[str, str], *, file: Path | None = None) -> Settings:
    """Read all settings.

    Raises:
        Misconfigured: a key is unknown, a value cannot be used, or a file cannot be read.

    """
    config_file = _config_file(environ, file)
    document = _document(config_file) if config_file else {}
    given = _from_file(document, config_file) | _from_environment(environ)
    home = _home(environ, document, config_file)
    kept = {
        place.name: _value(place, given[place.name]) for place in places() if place.name in given
    }
    sources = {name: one.source for name, one in given.items()}
    controller = Controller(**_section("controller", kept))
    _check_controller(controller, sources)
    guard = Guard(**_section("guard", kept))
    wired: dict[str, Any] = {"home": home, "controller": controller, "guard": guard}
    notify = Notify(**_section("notify", kept))
    _check_notify(notify, sources)
    memory, redis = Memory(**_section("memory", kept)), Redis(**_section("redis", kept))
    activator = _section("activator", kept) | {"home": home, "reach": _reach(controller, kept)}
    inherited = _inherited(environ, home, config_file)
    activator["layer_environ"] = inherited | activator.get("layer_environ", {})
    return Settings(
        activator=Activator(memory=memory, redis=redis, notify=notify, **activator),
        execution_api=ExecutionApi(**wired, **_section("execution_api", kept)),
        execution_ssh=_execution_ssh(home, guard, kept),
        reasoning_classifier=ReasoningClassifier(
            home=home, memory=memory, **_section("reasoning_classifier", kept)
        ),
        telemetry=_telemetry(home, redis, kept, sources),
        cortex_master=CortexMaster(
            home=home, redis=redis, notify=notify, **_section("cortex_master", kept)
        ),
        home=home,
        config_file=config_file,
    )


def _execution_ssh(home: Path, guard: Guard, kept: Mapping[str, Any]) -> ExecutionSsh:
    ssh = Ssh(**_section("ssh", kept))
    return ExecutionSsh(home=home, guard=guard, ssh=ssh, **_section("execution_ssh", kept))


def _reach(controller: Controller, kept: Mapping[str, Any]) -> Reach:
    """Return what the activator knows of the ways to the network."""
    logins = ("username", "console_password", "console_key_file")
    by_ssh = any(kept.get(f"ssh.{name}") for name in logins)
    return Reach(controller=controller.url, site=controller.site, ssh=by_ssh)


def _telemetry(
    home: Path, redis: Redis, kept: Mapping[str, Any], sources: Mapping[str, str]
) -> Telemetry:
    telemetry = Telemetry(home=home, redis=redis, **_section("telemetry", kept))
    log, anchor = telemetry.log_folder, telemetry.anchor_folder
    if log is not None and log == anchor:
        name = "telemetry.anchor_folder"
        message = f"{name}: the anchor cannot lie beside the log in {str(log)!r}"
        hint = "name another folder, best on another disk"
        raise Misconfigured(message, setting=name, source=sources.get(name, ""), hint=hint)
    return telemetry


def _check_notify(notify: Notify, sources: Mapping[str, str]) -> None:
    name = "notify.kinds"
    for kind in notify.kinds:
        if kind not in NOTICES:
            message = f"{name}: {kind!r} is told to nobody ({sources.get(name, 'the default')})"
            hint = f"there are {', '.join(NOTICES)}"
            raise Misconfigured(message, setting=name, source=sources.get(name, ""), hint=hint)
    if notify.kinds and notify.urls_file is None:
        message = f"{name}: {', '.join(notify.kinds)} would be told to nobody"
        hint = "name a file with addresses in `notify.urls_file`"
        raise Misconfigured(message, setting=name, source=sources.get(name, ""), hint=hint)


def home_of(environ: Mapping[str, str]) -> Path:
    """Name the data folder, whatever else the settings say.

    Raises:
        Misconfigured: the settings file cannot be read, or names no folder.

    """
    config_file = _config_file(environ, None)
    return _home(environ, _document(config_file) if config_file else {}, config_file)


def prepare_home(home: Path) -> None:
    """Create the data folder for its owner alone, and refuse one that others may enter.

    Raises:
        Misconfigured: it cannot be created, or its permissions are too wide.

    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = home.stat().st_mode & 0o777
    except OSError as error:
        message = f"home: the data folder {str(home)!r} cannot be created: {error.strerror}"
        raise Misconfigured(
            message, setting="home", hint=f"set {HOME} to a folder of yours"
        ) from error
    if mode & 0o077:
        message = f"home: others may enter the data folder {str(home)!r} (mode {mode:o})"
        raise Misconfigured(message, setting="home", hint=f"chmod 700 {home}")


def _inherited(environ: Mapping[str, str], home: Path, file: Path | None) -> dict[str, str]:
    """Give layer processes what makes them load the same settings."""
    ours = {name: one for name, one in environ.items() if name in variables()}
    named = {CONFIG: str(file)} if file else {}
    return ours | named | {HOME: str(home)}


def _config_file(environ: Mapping[str, str], file: Path | None) -> Path | None:
    if file is None and (named := environ.get(CONFIG)):
        file = _expanded(Path(named))
    if file is not None:
        return file.absolute()
    folder = Path(environ.get("XDG_CONFIG_HOME") or _user_home(environ) / ".config")
    usual = folder / "cortex" / "cortex.yaml"
    return usual if usual.is_file() else None


def _home(environ: Mapping[str, str], document: Mapping[str, Any], file: Path | None) -> Path:
    if named := environ.get(HOME):
        return _expanded(Path(named)).absolute()
    if "home" in document and file is not None:
        source = f"home in {file}"
        given = _Given(document["home"], source, file.parent)
        return _path(Path(str(_converted("home", given, Path))), given.folder)
    state = environ.get("XDG_STATE_HOME") or _user_home(environ) / ".local" / "state"
    return Path(state).absolute() / "cortex"


def _user_home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def _document(file: Path) -> dict[str, Any]:
    # A process without a settings file need not carry the parser.
    import yaml  # noqa: PLC0415

    from cortex.settings.documents import read_document  # noqa: PLC0415

    try:
        document = read_document(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        message = f"the settings file {str(file)!r} cannot be read: {reason}"
        raise Misconfigured(message, setting="config", source=str(file)) from error
    except yaml.YAMLError as error:
        message = f"the settings file {str(file)!r} is not valid YAML: {_where(error)}"
        raise Misconfigured(message, setting="config", source=str(file)) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        message = f"the settings file {str(file)!r} must hold sections, such as `controller:`"
        raise Misconfigured(message, setting="config", source=str(file))
    return {str(name): value for name, value in document.items()}


def _where(error: Exception) -> str:
    """Tell where a YAML document breaks, without repeating its text: it may hold a secret."""
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})" if mark else str(problem)


def _from_file(document: Mapping[str, Any], file: Path | None) -> dict[str, _Given]:
    found: dict[str, _Given] = {}
    for section, body in document.items():
        if section == "home":
            continue
        if section not in SECTIONS:
            raise _unknown(section, [*SECTIONS, "home"], f"{file}")
        if not isinstance(body, dict | None):
            message = f"{section}: a section with keys is wanted, not {body!r} ({file})"
            raise Misconfigured(message, setting=section, source=str(file))
        keys = {one.key: one for one in places() if one.section == section}
        for key, raw in (body or {}).items():
            source = f"{section}.{key} in {file}"
            place = keys.get(str(key)) or _missing(section, str(key), keys, source)
            found[place.name] = _Given(raw, source, file.parent if file else None)
    return found


def _missing(section: str, key: str, keys: Mapping[str, Place], source: str) -> Place:
    name = f"{section}.{key}"
    if any(one.field == key and one.secret for one in keys.values()):
        message = f"{name}: a secret does not belong into the settings file ({source})"
        hint = f"put it into a file of its own, chmod 600, and name that file with `{key}_file`"
        raise Misconfigured(message, setting=name, source=source, hint=hint)
    raise _unknown(name, list(keys), source)


def _unknown(name: str, valid: list[str], source: str) -> Misconfigured:
    # The value is left out on purpose: under a misspelt name it may well be a secret.
    message = f"unknown setting {name!r} ({source})"
    return Misconfigured(
        message, setting=name, source=source, hint=nearest(name.rpartition(".")[2], valid)
    )


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Given]:
    known = variables()
    found: dict[str, _Given] = {}
    for name, raw in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in {HOME, CONFIG, *CLI_NAMES}:
            continue
        if name not in known:
            raise _unknown(name, [HOME, CONFIG, *CLI_NAMES, *known], "the environment")
        place = known[name]
        if place.name in found:
            message = f"{place.name}: both {place.variable} and {place.variable}_FILE are set"
            raise Misconfigured(message, setting=place.name, source="the environment")
        inline = place.secret and name == place.variable
        found[place.name] = _Given(
            _Secret(raw.strip()) if inline else raw, f"{name} in the environment"
        )
    return found


class _Secret(str):
    """A secret given in the environment itself rather than as the name of a file."""

    __slots__ = ()


def _value(place: Place, given: _Given) -> Any:
    if place.secret:
        if isinstance(given.raw, _Secret):
            return str(given.raw) or None
        file = _path(Path(str(_converted(place.name, given, Path))), given.folder)
        return read_secret(file, setting=place.name, source=given.source)
    value = _converted(place.name, given, place.type, hidden=place.hidden)
    _check_limits(place, value, given.source)
    return _path(value, given.folder) if place.is_path else value


def _converted(name: str, given: _Given, wanted: Any, *, hidden: bool = False) -> Any:
    try:
        return convert(given.raw, wanted)
    except Unreadable as error:
        said = "the value" if hidden else repr(given.raw)
        message = f"{name}: {said} does not fit: {error} ({given.source})"
        raise Misconfigured(message, setting=name, source=given.source) from error


def _check_limits(place: Place, value: Any, source: str) -> None:
    smallest, largest = LIMITS.get(place.name, (float("-inf"), float("inf")))
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(number, int | float) and not smallest <= number <= largest:
        message = f"{place.name}: {number:g} is outside {smallest:g} to {largest:g} ({source})"
        raise Misconfigured(message, setting=place.name, source=source)


def _path(path: Path, folder: Path | None) -> Path:
    return (folder or Path()).joinpath(_expanded(path)).absolute()


def _expanded(path: Path) -> Path:
    """Put a user's home for `~`; a user that there is not is left to whoever opens the file."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _section(section: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{section}."
    return {name.removeprefix(prefix): one for name, one in kept.items() if name.startswith(prefix)}


def _check_controller(controller: Controller, sources: Mapping[str, str]) -> None:
    for field, text, hint in _problems(controller):
        name = f"controller.{field}"
        source = sources.get(name, "the default")
        message = f"{name}: {text} ({source})"
        raise Misconfigured(message, setting=name, source=source, hint=hint)


def _problems(controller: Controller) -> Iterator[tuple[str, str, str]]:
    """Name what is wrong with the settings taken together: field, text, hint."""
    if controller.url and not _is_address(controller.url):
        yield "url", f"{controller.url!r} is no address such as https://192.168.1.1", ""
    if controller.trust == "ca" and controller.ca_file is None:
        yield "ca_file", "`trust: ca` needs it", "name the CA's PEM file"
    if controller.trust == "pin" and not _FINGERPRINT.fullmatch(controller.fingerprint):
        text = f"`trust: pin` needs a SHA-256 fingerprint, not {controller.fingerprint!r}"
        yield "fingerprint", text, "`cortex doctor` shows the one it sees"
    if controller.password and not controller.username:
        yield "username", "a password is given without it", "name the local admin it belongs to"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.port is None or 0 < parts.port < 65536  # noqa: PLR2004  # TCP's range
    except ValueError:
        return False
    plain = parts.username is None and not parts.query and not parts.fragment
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and usable and plain

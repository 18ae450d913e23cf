"""Keep the bearer tokens: named, hashed, with scopes; created, rotated and revoked.

The file `$CORTEX_HOME/tokens.json` is changed under a lock and replaced whole, so that the command
line and a running activator can share it; `TokenFile` notices a change by the file's identity.
A token is 256 random bits, so a plain SHA-256 of it cannot be searched. Its identity stays when it
is rotated; a name that was revoked and given anew has another.
"""

import contextlib
import hashlib
import re
import secrets
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from cortex.errors import Conflict, Malformed, Misconfigured, Unauthenticated, Unavailable
from cortex.fabric.activator.access.principal import SCOPES, Principal, Scope
from cortex.files import LONGEST_S, holding, write_over, write_private, write_together

ADMIN = "admin"
_PREFIX = "cortex_"
_IDENTITY = 32
"""Hexadecimal digits of an identity."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Token(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of one token; times are Unix seconds."""

    name: str
    sha256: str
    scopes: tuple[Scope, ...]
    tools: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    created: float
    revoked: float | None = None
    id: str = ""
    """Random, and the token's for as long as it is in use; see `identity`."""

    @property
    def identity(self) -> str:
        """What tells it from any other, also of its name; of an entry without an id, derived."""
        made = msgspec.json.encode((self.name, self.created, self.sha256))
        return self.id or hashlib.sha256(made).hexdigest()[:_IDENTITY]


_NO_ADMIN = Token(name=ADMIN, sha256="", scopes=SCOPES, created=0)


class TokenFile:
    """The tokens as a running activator sees them, read again whenever the file changed."""

    def __init__(self, home: Path) -> None:
        self._file = _file(home)
        self._seen: tuple[int, int, int] | None = None
        self._by_hash: dict[str, Token] = {}

    def holder_of(self, secret: str) -> Principal:
        """Find who holds a token.

        Raises:
            Unauthenticated: nobody does, or it was revoked.
            Misconfigured: the file cannot be read, and so nobody is let in.

        """
        self._refresh()
        token = self._by_hash.get(_sha256(secret))
        if token is None or token.revoked is not None:
            message = "the bearer token is unknown" if token is None else "the token was revoked"
            raise Unauthenticated(message, hint="`cortex tokens create` makes a new one")
        return _principal(token)

    def named(self, name: str) -> Principal | None:
        """Find who holds the token of this name; nobody when there is none in use.

        Raises:
            Misconfigured: the file cannot be read.

        """
        self._refresh()
        for token in self._by_hash.values():
            if _in_use((token,), name):
                return _principal(token)
        return None

    def identified(self, identity: str) -> Principal | None:
        """Find who holds the token of this identity; nobody when it is not in use any more.

        Raises:
            Misconfigured: the file cannot be read.

        """
        self._refresh()
        for token in self._by_hash.values():
            if token.revoked is None and token.identity == identity:
                return _principal(token)
        return None

    def _refresh(self) -> None:
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            self._seen, self._by_hash = None, {}
            return
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._by_hash = {one.sha256: one for one in _read(self._file)}
            self._seen = seen


def _principal(token: Token) -> Principal:
    return Principal(
        name=token.name,
        identity=token.identity,
        scopes=frozenset(token.scopes),
        tools=frozenset(token.tools),
        targets=frozenset(one.lower() for one in token.targets),
    )


def create(
    home: Path,
    name: str,
    *,
    scopes: Iterable[str],
    now: float,
    tools: Iterable[str] = (),
    targets: Iterable[str] = (),
) -> str:
    """Create a token and return its secret, which is kept nowhere.

    Raises:
        Malformed: the name or a scope is not a usable one.
        Conflict: a token of this name is in use.

    """
    secret = _new_secret()
    token = Token(
        name=_checked_name(name),
        sha256=_sha256(secret),
        scopes=_checked_scopes(scopes),
        tools=tuple(tools),
        targets=tuple(targets),
        created=now,
        id=_new_identity(),
    )
    _add(home, token)
    return secret


def rotate(home: Path, name: str, *, now: float) -> str:
    """Give a token a new secret; the old one is void at once.

    The admin token is made anew where there is none, and left in its file: whoever owns the data
    folder cannot be locked out.

    Raises:
        Conflict: no token of this name is in use.

    """
    secret = _new_secret()
    with _locked(home):
        known = _read(_file(home))
        anew = name == ADMIN and not _in_use(known, name)
        old = _NO_ADMIN if anew else _active(known, name)
        identity = _new_identity() if anew else old.identity
        new = msgspec.structs.replace(old, sha256=_sha256(secret), created=now, id=identity)
        contents = {_file(home): _written((*(one for one in known if one is not old), new))}
        if name == ADMIN:
            contents[admin_token_file(home)] = secret.encode() + b"\n"
        write_together(contents)
    return secret


def revoke(home: Path, name: str, *, now: float) -> None:
    """Make a token void at once, also where the disk is full.

    Raises:
        Conflict: no token of this name is in use.

    """
    with _locked(home):
        known = _read(_file(home))
        old = _active(known, name)
        void = msgspec.structs.replace(old, revoked=now)
        kept = tuple(void if one is old else one for one in known)
        try:
            _write(home, kept)
        except OSError:
            write_over(_file(home), _within(kept, _file(home).stat().st_size))


def _within(tokens: tuple[Token, ...], room: int) -> bytes:
    """Write tokens in so much room: those that are void are let go of where it takes that."""
    whole = msgspec.json.encode(tokens)
    in_use = tuple(one for one in tokens if one.revoked is None)
    return whole if len(whole) <= room else msgspec.json.encode(in_use)


def listed(home: Path) -> tuple[Token, ...]:
    """List every token, also the revoked ones."""
    return _read(_file(home))


def is_owners(home: Path, name: str) -> bool:
    """Tell whether a token in use is the one that `$CORTEX_HOME/admin-token` holds."""
    try:
        left = _sha256(admin_token_file(home).read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError):
        return False
    return any(one.sha256 == left for one in listed(home) if _in_use((one,), name))


def ensure_admin(home: Path, *, now: float) -> None:
    """Leave an admin token in `$CORTEX_HOME/admin-token` where there never was one.

    Also where other tokens were created before the very first start. One that was revoked, or
    whose file was lost, is made anew only by `rotate`.

    Raises:
        Unavailable: another process has been changing the tokens for too long.

    """
    if not _lacks_admin(home):
        return
    with _locked(home):
        known = _read(_file(home))
        if _lacks_admin(home):
            secret = _new_secret()
            admin = msgspec.structs.replace(
                _NO_ADMIN, sha256=_sha256(secret), created=now, id=_new_identity()
            )
            left = {admin_token_file(home): secret.encode() + b"\n"}
            write_together(left | {_file(home): _written((*known, admin))})


def _lacks_admin(home: Path) -> bool:
    """Tell whether there never was an admin token, as far as is left of it.

    Where the disk is full, a revoked one is let go of; then its file tells that there was one.
    """
    if not _file(home).exists():
        return True
    known = any(one.name == ADMIN for one in _read(_file(home)))
    return not known and not admin_token_file(home).exists()


def admin_token_file(home: Path) -> Path:
    """Say where the first start leaves the admin token."""
    return home / "admin-token"


def _file(home: Path) -> Path:
    return home / "tokens.json"


def _add(home: Path, token: Token) -> None:
    with _locked(home):
        known = _read(_file(home))
        if _in_use(known, token.name):
            message = f"a token named {token.name!r} is in use"
            raise Conflict(message, hint="rotate or revoke it, or choose another name")
        _write(home, (*known, token))


def _new_identity() -> str:
    return secrets.token_hex(_IDENTITY // 2)


def _new_secret() -> str:
    return _PREFIX + secrets.token_urlsafe(32)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name for a token: letters, digits, dots and dashes, up to 64"
        raise Malformed(message)
    return name


def _checked_scopes(scopes: Iterable[str]) -> tuple[Scope, ...]:
    wanted = frozenset(scopes)
    if unknown := wanted - frozenset(SCOPES):
        message = f"there is no scope {min(unknown)!r}; there are {', '.join(SCOPES)}"
        raise Malformed(message)
    if not wanted:
        message = f"a token needs a scope: {', '.join(SCOPES)}"
        raise Malformed(message)
    return tuple(one for one in SCOPES if one in wanted)


def _in_use(known: Iterable[Token], name: str) -> bool:
    return any(one.name == name and one.revoked is None for one in known)


def _active(known: Iterable[Token], name: str) -> Token:
    for one in known:
        if _in_use((one,), name):
            return one
    message = f"no token named {name!r} is in use"
    raise Conflict(message, hint="`cortex tokens list` shows them")


def _read(file: Path) -> tuple[Token, ...]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[Token, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError) as error:
        message = f"the tokens in {str(file)!r} cannot be read: {error}"
        raise Misconfigured(message, setting="tokens", source=str(file)) from error


def _write(home: Path, tokens: tuple[Token, ...]) -> None:
    write_private(_file(home), _written(tokens))


def _written(tokens: tuple[Token, ...]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(tokens)) + b"\n"


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Change the tokens alone.

    Raises:
        Unavailable: another process has been changing them for too long.

    """
    file = home / "tokens.lock"
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(holding(file))
        except TimeoutError as error:
            message = f"nothing was changed: another process holds {str(file)!r}"
            find = f"fuser {shlex.quote(str(file))}"
            hint = f"it has for more than {LONGEST_S:g} s; `{find}` finds it: end it"
            raise Unavailable(message, hint=hint) from error
        yield

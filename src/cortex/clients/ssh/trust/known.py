"""The host keys accepted for devices, kept in one file of the data folder.

What an accepted key is good for is decided by `keys`. Several processes may share the file: it is
read afresh each time, changed under a lock beside it, and replaced at once or not at all.
"""

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from cortex.clients.ssh.trust.keys import Accepted, demand_fingerprint, normal
from cortex.errors import Misconfigured, Unavailable
from cortex.files import LONGEST_S, holding, write_private


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    fingerprint: str
    by_hand: bool
    since: float = 0.0

    def told(self) -> Accepted:
        return Accepted(self.fingerprint, self.by_hand, self.since)


class KnownHosts:
    """The accepted host key of each device, by its id; only the file's owner may read it."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    def of(self, device: str) -> Accepted | None:
        """Return the key accepted for a device, or None.

        Raises:
            Misconfigured: The file cannot be read; taking it for empty would trust anew.

        """
        return self.everything().get(device)

    def everything(self) -> Mapping[str, Accepted]:
        """Return the accepted keys of all devices.

        Raises:
            Misconfigured: The file cannot be read.

        """
        return {device: kept.told() for device, kept in sorted(self._read().items())}

    def accept(self, device: str, fingerprint: str) -> None:
        """Keep a key that a person accepted, in the place of the one before.

        Raises:
            Malformed: It is no fingerprint of a key.
            Misconfigured: The file cannot be read or written.
            Unavailable: Another process has been changing it for too long.

        """
        demand_fingerprint(fingerprint)
        with self._changing() as kept:
            kept[device] = _Kept(normal(fingerprint), by_hand=True, since=self._clock())

    def first_seen(self, device: str, fingerprint: str) -> Accepted:
        """Keep a key seen first unless one is kept already, and return the one that is kept.

        Raises:
            Misconfigured: The file cannot be read or written.
            Unavailable: Another process has been changing it for too long.

        """
        with self._changing() as kept:
            new = _Kept(normal(fingerprint), by_hand=False, since=self._clock())
            found = kept.setdefault(device, new)
        return found.told()

    def forget(self, device: str) -> bool:
        """Drop a device's key and tell whether there was one.

        Raises:
            Misconfigured: The file cannot be read or written.
            Unavailable: Another process has been changing it for too long.

        """
        with self._changing() as kept:
            return kept.pop(device, None) is not None

    def _read(self) -> dict[str, _Kept]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Kept])
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(error.strerror or "it cannot be read") from error
        except msgspec.DecodeError as error:
            why = "it is not what this program writes"
            raise self._unusable(why) from error

    @contextmanager
    def _changing(self) -> Iterator[dict[str, _Kept]]:
        """Hold the lock, lend out what is kept, and write it if it was changed."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone():
                kept = self._read()
                before = dict(kept)
                yield kept
                if kept != before:
                    write_private(self._path, msgspec.json.format(msgspec.json.encode(kept)))
        except OSError as error:
            raise self._unusable(error.strerror or "it cannot be written") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self._path.with_name(f"{self._path.name}.lock")
        with ExitStack() as held:
            try:
                held.enter_context(holding(lock))
            except TimeoutError as error:
                message = (
                    f"the accepted host keys were not changed: another process holds {str(lock)!r}"
                )
                find = f"fuser {shlex.quote(str(lock))}"
                hint = f"it has for more than {LONGEST_S:g} s; `{find}` finds it: end it"
                raise Unavailable(message, hint=hint) from error
            yield

    def _unusable(self, why: str) -> Misconfigured:
        return Misconfigured(
            f"the file of accepted host keys {str(self._path)!r} cannot be used: {why}",
            setting="home",
            source=str(self._path),
            hint="mend it, or remove it and accept the keys anew",
        )

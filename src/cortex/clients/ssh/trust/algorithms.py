"""Which algorithms are offered to a device: what the library has by default, less what is weak.

SHA-1 is left out, and with it `ssh-rsa` and `ssh-dss` host keys; a device whose firmware has
nothing better must be named for it (`Door.old_keys`). The largest Diffie-Hellman groups are left
out as well: each would hold up every other session for as long as its one sum takes. The names are
those of RFC 4253, 5656, 6668, 8268, 8332, 8709, 8731 and of OpenSSH.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LARGE = "*group17-*,*group18-*,rsa2048-*"
_KEY_EXCHANGE, _OLD_KEY_EXCHANGE = f"-*sha1*,{_LARGE}", f"-{_LARGE}"
_MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
_ED25519 = ("ssh-ed25519",)
_ECDSA = ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
_RSA = ("rsa-sha2-512", "rsa-sha2-256")
_OLD_RSA, _OLD_DSA = ("ssh-rsa",), ("ssh-dss",)
_OLD_KEYS = (*_OLD_RSA, *_OLD_DSA)
_OLD_MACS = ("hmac-sha1",)
_OLD = frozenset({*_OLD_KEYS, *_OLD_MACS, "diffie-hellman-group14-sha1"})
_FAMILIES = (_ED25519, _ECDSA, (*_RSA, *_OLD_RSA), _OLD_DSA)
_AEAD = re.compile("gcm|poly1305")
_LENGTH, _COOKIE, _LISTS = 4, 17, 6
_NEEDED, _CIPHER, _MAC = (0, 1, 2), 2, 4
"""At which places in an offer key exchanges, host keys and ciphers are listed, and MACs."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered in one handshake."""

    key_exchange: str
    """What is taken from the library's own, in the notation of OpenSSH."""
    macs: tuple[str, ...]
    host_keys: tuple[str, ...]
    signatures: tuple[str, ...]
    """What our own key may sign with."""

    def without(self, kind: str) -> "Offer | None":
        """Return an offer for the other host keys that a device may have, or None for none."""
        family = next((each for each in _FAMILIES if kind in each), (kind,))
        rest = tuple(name for name in self.host_keys if name not in family)
        if not rest or rest == self.host_keys:
            return None
        return Offer(self.key_exchange, self.macs, rest, self.signatures)


def offer(*, old: bool) -> Offer:
    """Return what is offered to a device; `old` adds what rests on SHA-1, last of all."""
    keys = (*_ED25519, *_ECDSA, *_RSA)
    return Offer(
        _OLD_KEY_EXCHANGE if old else _KEY_EXCHANGE,
        _MACS + (_OLD_MACS if old else ()),
        keys + (_OLD_KEYS if old else ()),
        keys + (_OLD_RSA if old else ()),
    )


def unmatched(greetings: bytes) -> tuple[str, ...] | None:
    """Return what old algorithms a device offered where no other would do, None if others do.

    `greetings` is what the sums of a key exchange begin with: the versions of both sides and then
    their offers, each after its length (RFC 4253, sections 7.1 and 8). The library's client leaves
    it to the server to notice that there is no common type of host key; it is noticed here.
    """
    _, _, ours, theirs = (*map(_lists, _strings(greetings)), (), (), (), ())[:4]
    if not ours or not theirs:
        return None
    apart = [at for at in _NEEDED if not set(ours[at]) & set(theirs[at])]
    cipher = next((name for name in ours[_CIPHER] if name in theirs[_CIPHER]), "")
    if not _AEAD.search(cipher) and not set(ours[_MAC]) & set(theirs[_MAC]):
        apart.append(_MAC)
    if not apart:
        return None
    return tuple(sorted({name for at in apart for name in theirs[at] if name in _OLD}))


def _strings(packed: bytes) -> Iterator[bytes]:
    """Return byte strings that stand one behind the other, each after its length."""
    at = 0
    while at + _LENGTH <= len(packed):
        start = at + _LENGTH
        at = start + int.from_bytes(packed[start - _LENGTH : start], "big")
        yield packed[start:at]


def _lists(offered: bytes) -> tuple[tuple[str, ...], ...]:
    """Return the lists of names in an offer, or nothing if it is none."""
    lists = tuple(_strings(offered[_COOKIE:]))[:_LISTS]
    if len(lists) < _LISTS:
        return ()
    return tuple(tuple(each.decode("ascii", errors="replace").split(",")) for each in lists)

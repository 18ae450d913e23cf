"""What may fill a slot of a command: a host, a count, a port, our own inform address. Pure.

Decides on the words alone; which commands there are is in `diagnostics` and `writes`. Nothing is
repaired: what is not plainly valid is refused, so that no word of a command is ever a surprise.
"""

import ipaddress
import re
from typing import Final, NewType

from cortex.decoding import LAST_TCP_PORT
from cortex.errors import Malformed
from cortex.fabric.execution.wording import inert

MOST_COUNT: Final = 10
"""How many packets a ping may send."""
MOST_LINES: Final = 500
"""How many lines of a log may be asked for."""
_NAME_LENGTH: Final = 253
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBERLIKE: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_INFORM: Final = re.compile(r"https?://([A-Za-z0-9.-]{1,253}):([0-9]{1,5})/inform")
_SHOWN: Final = 60

InformUrl = NewType("InformUrl", str)
"""The inform address of our own controller, as `inform_url` accepted it."""


def shown(value: object) -> str:
    """Quote a refused value for people: on one line, cut, and without characters that act."""
    # Python refuses to write an integer of more than 4,300 digits.
    if isinstance(value, int) and value.bit_length() > _SHOWN:
        return "of that size"
    return repr(inert(value, limit=_SHOWN))


def target(value: str) -> str:
    """Return a host to probe: an IPv4 or IPv6 address, or a host name as in RFC 1123.

    Raises:
        Malformed: it is neither.

    """
    if _is_host(value):
        return value
    message = f"the target {shown(value)} is neither an IP address nor a host name"
    raise Malformed(message, hint="name a host as 192.0.2.7, 2001:db8::7 or printer.example.com")


def _is_host(value: str) -> bool:
    return _is_address(value) or _is_host_name(value)


def _is_address(value: str) -> bool:
    # A zone (`fe80::1%eth0`) is free text after the percent sign.
    if not value.isascii() or "%" in value:
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_host_name(value: str) -> bool:
    if not value or len(value) > _NAME_LENGTH:
        return False
    labels = value.split(".")
    # Resolvers read 127.1, 0x7f.1 and 2130706433 as addresses: such a last label makes no name.
    return all(map(_LABEL.fullmatch, labels)) and not _NUMBERLIKE.fullmatch(labels[-1])


def bounded(value: object, *, what: str, most: int) -> str:
    """Return a whole number from 1 to `most` as the word that stands for it.

    Raises:
        Malformed: it is no whole number, or out of bounds.

    """
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return f"{value:d}"
    message = f"the {what} {shown(value)} is not a whole number from 1 to {most}"
    raise Malformed(message, hint=f"give a {what} from 1 to {most}")


def inform_url(value: str) -> InformUrl:
    """Accept the inform address of our own controller; it comes from settings, never from a query.

    Raises:
        Malformed: it is not `http(s)://host:port/inform`.

    """
    found = _INFORM.fullmatch(value)
    if found and _is_host(found[1]) and 1 <= int(found[2]) <= LAST_TCP_PORT:
        return InformUrl(value)
    message = f"the inform address {shown(value)} cannot be given to a device"
    raise Malformed(message, hint="write it as http://controller.example.com:8080/inform")

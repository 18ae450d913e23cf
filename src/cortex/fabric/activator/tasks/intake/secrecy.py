"""Tell whether words speak of a password or another secret: such tasks are not taken.

Pure. What lies on a stream is read by everybody who reads it, and kept on the server's disk: the
net is wide, and a word too many costs its sender a way round it.
"""

import re
import unicodedata

from cortex.fabric.routing.language.nouns import speaks_of_secret
from cortex.fabric.routing.language.text import normalise

_SAID = """pw pwd pwort credential credentials creds apikey api-key passkey pre-shared preshared
    schlüssel schluessel schlussel geheimnis bearer jwt clave senha heslo haslo parola sifre"""
_WORDS = frozenset(_SAID.split())
_STEMS = re.compile(
    r"passw|pasw|pass[ -]word|passphr|pass[ -]phrase|passcode|kennw[oö]rt|zugangscode|contrase|"
    r"mot[ _-]?de[ _-]?passe|wachtwoord|palavra[ -]?passe|losenord|adgangskode|salasana|jelszo|"
    r"parol[ae]?\b|парол|密码|密碼|パスワード|authorization\s*[:=]"
)
_TOKEN = re.compile(r"cortex_[\w-]{20}")
"""How a token of ours begins."""
_LOOK_ALIKES = str.maketrans(
    "авеёкмнорстухіїјѕԁɡһӏαβεικνορτυχωı0134579$@!|ł",  # noqa: RUF001  # the table itself
    "abeekmhopctyxiijsdghlabeikvoptuxwioleastgsaill",
)
"""Letters of other scripts, digits and marks that stand for a Latin letter (after UTS 39)."""


def speaks(*texts: str) -> bool:
    """Tell whether any of these texts is about a secret, or holds one, or may."""
    return any(_speaks(one) for one in texts)


def names_secret(*names: str) -> bool:
    """Tell whether any of these names, such as `pin-1234`, seems to be made of a secret."""
    return speaks(*names, *(re.sub(r"[\W_]+", " ", one) for one in names))


def _speaks(text: str) -> bool:
    plain = normalise(text)
    if _TOKEN.search(plain):
        return True
    read = plain.casefold()
    return _said(read) or _said(_latin(read))


def _said(text: str) -> bool:
    words = frozenset(re.findall(r"[\w-]+", text))
    return speaks_of_secret(text) or not _WORDS.isdisjoint(words) or bool(_STEMS.search(text))


def _latin(text: str) -> str:
    """Return a text as it looks: other scripts' letters as Latin ones, without their accents."""
    parts = unicodedata.normalize("NFKD", text.translate(_LOOK_ALIKES))
    bare = "".join(char for char in parts if not unicodedata.combining(char))
    return bare.translate(_LOOK_ALIKES)

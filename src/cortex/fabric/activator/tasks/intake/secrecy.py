"""Tell whether words speak of a password or another secret: such tasks are not taken.

Pure. What lies on a stream is read by everybody who reads it, and kept on the server's disk: the
net is wide, and a word too many costs its sender a way round it.
"""

import re

from cortex.fabric.routing.language.nouns import speaks_of_secret
from cortex.fabric.routing.language.text import normalise

_SAID = """pw pwd pwort credential credentials creds apikey api-key passkey pre-shared preshared
    schlüssel schluessel geheimnis"""
_WORDS = frozenset(_SAID.split())
_STEMS = re.compile(
    r"passw|pasw|pass[ -]word|passphr|pass[ -]phrase|passcode|kennw[oö]rt|zugangscode|contrase|"
    r"mot de passe"
)


def speaks(*texts: str) -> bool:
    """Tell whether any of these texts is about a secret, and so may hold one."""
    return any(_speaks(normalise(one).casefold()) for one in texts)


def _speaks(text: str) -> bool:
    words = frozenset(re.findall(r"[\w-]+", text))
    return speaks_of_secret(text) or not _WORDS.isdisjoint(words) or bool(_STEMS.search(text))

"""A password that shows itself only when asked to."""

import copy
import pickle
from pathlib import Path

import pytest

from cortex.clients.ssh import Login, Secret

WORD = "correct-horse-1002"


def test_a_secret_shows_itself_to_nobody_but_who_reveals_it() -> None:
    secret = Secret(WORD)
    assert secret.reveal() == WORD
    assert WORD not in f"{secret} {secret!r} {Login('admin', secret, Path('key'))!r}"


def test_a_secret_does_not_leave_the_process() -> None:
    with pytest.raises(TypeError, match="does not leave"):
        pickle.dumps(Secret(WORD))


def test_secrets_are_the_same_if_their_words_are() -> None:
    secret = Secret(WORD)
    assert copy.copy(secret) is copy.deepcopy(secret) is secret
    assert secret == Secret(WORD)
    assert hash(secret) == hash(Secret(WORD))
    assert secret != Secret("another")
    assert secret != WORD

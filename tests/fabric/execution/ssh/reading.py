"""What the tests of the readers lean on: the samples, and texts that no device would send."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from cortex.fabric.execution.ssh.parsing.text import Unparsed

SAMPLES = Path(__file__).parent / "samples"
BY_NAME = {path.stem: path.read_text() for path in sorted(SAMPLES.glob("*-*.*"))}


def sample(name: str) -> str:
    return BY_NAME[name]


def question_of(name: str) -> str:
    return name.partition("-")[0]


def unreadable(read: Callable[[str], object], text: str) -> str:
    """Return why a text cannot be read; empty where it can."""
    try:
        read(text)
    except Unparsed as error:
        return str(error)
    return ""


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    """Draw a real text, of which pieces are missing, doubled, or replaced by something hostile."""
    pieces = st.sampled_from(
        [
            "\x00",
            "\x1b[2J",
            "99999999999999999999999",
            "-1",
            "{",
            '"',
            "\n",
            "é",
            "٣",
            "\u202e",
            ": ",
            "--",
        ]
    )
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = draw(st.integers(at, min(len(text), at + 40)))
        middle = draw(st.one_of(st.just(""), pieces, st.just(text[at:end] * 2)))
        text = text[:at] + middle + text[end:]
    return text


HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet="0123456789:./- \n\t|UDFH@", max_size=400),
    st.sampled_from(sorted(BY_NAME.values())).flatmap(mutations),
)

"""What may be chosen when a simulated Qdrant server is started, checked before it starts."""

from dataclasses import dataclass, field, fields
from typing import Final

_LAST_PORT: Final = 65_535
_LONGEST_S: Final = 3_600


class OptionError(ValueError):
    """An option that cannot be used; the message names it and says what would do."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}")
        self.option = option


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class QdrantOptions:
    """How a simulated Qdrant server is started."""

    port: int = field(default=0, metadata=_help("Port on 127.0.0.1; 0 takes any that is free."))
    api_key: str = field(
        default="", repr=False, metadata=_help("Key that every request must carry; none asks none.")
    )
    read_only_api_key: str = field(
        default="", repr=False, metadata=_help("Key that opens only what changes nothing.")
    )
    lag_s: float = field(
        default=0.5,
        metadata=_help("Seconds after which a change is seen that was sent with wait=false."),
    )
    slow_s: float = field(
        default=0.0, metadata=_help("Seconds that the server thinks before every answer.")
    )

    def __post_init__(self) -> None:
        """Check every option.

        Raises:
            OptionError: one cannot be used.

        """
        self._check_range("port", _LAST_PORT)
        self._check_range("lag_s", _LONGEST_S)
        self._check_range("slow_s", _LONGEST_S)

    def _check_range(self, name: str, high: float) -> None:
        value = getattr(self, name)
        if not 0 <= value <= high:
            problem = f"{value!r} is out of range; give 0 to {high}"
            raise OptionError(name, problem)


def help_texts() -> dict[str, str]:
    """Return the help of every option, by field name."""
    return {each.name: str(each.metadata["help"]) for each in fields(QdrantOptions)}

"""What can go wrong, in words that a user can act on.

Every error says what was expected, what came, where, and the nearest good name. The doors map the
classes to exit codes and HTTP status in one table each.
"""

from collections.abc import Iterable, Sequence

SHOWN = 5  # faults printed in one message; the exception carries all of them


class KnockonError(Exception):
    """Base of every error that knockon raises on purpose."""


class InputError(KnockonError):
    """A source cannot be read, or what it says contradicts itself.

    `faults` holds every fault found, not only those that fit into the message.
    """

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults) or (message,)

    @classmethod
    def of(cls, faults: Sequence[str]) -> "InputError":
        """One error for all faults of one input."""
        if len(faults) == 1:
            return cls(faults[0])
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        return cls(f"{len(faults)} faults: " + "; ".join(faults[:SHOWN]) + more, faults)


class UnknownEntityError(KnockonError):
    """No entity has this id or name. `nearest` holds (id, name) of the closest ones.

    whole: the text is that of a parent of entities, though it is no entity itself
    """

    def __init__(
        self, asked: str, nearest: Sequence[tuple[str, str]], whole: str | None = None
    ) -> None:
        above = f'; others name it as their parent: --whole "{clip(whole)}"' if whole else ""
        hint = f"; nearest: {', '.join(_label(i, n) for i, n in nearest)}" if nearest else ""
        super().__init__(f"no entity has the id or name {clip(asked)!r}{above}{hint}")
        self.nearest, self.whole = tuple(nearest), whole


class AmbiguousEntityError(KnockonError):
    """A name fits several entities: the id must be given. `matches` holds their (id, name)."""

    def __init__(self, asked: str, matches: Sequence[tuple[str, str]]) -> None:
        ids = some(repr(clip(i)) for i, _ in matches)
        super().__init__(
            f"{len(matches)} entities have the name {clip(asked)!r}; give the id of one: {ids}; "
            "or take all of them with --all-named"
        )
        self.matches = tuple(matches)


class ScenarioError(KnockonError):
    """A scenario asks for something that cannot be."""


class MemoryLimitError(KnockonError):
    """The question needs more memory than it may take."""


class ClusterError(KnockonError):
    """A Spark Connect server cannot be reached, or what its workers gave is no answer."""


class RenderError(KnockonError):
    """A picture could not be drawn within its limits."""


class StoreError(KnockonError):
    """The store of answers cannot be read or written; nothing is there in part. away: its server
    does not take connections, and may do so later."""

    away = False


class StoreTimeoutError(StoreError):
    """The store did not answer in time: it may be there, and even have done what was asked."""

    away = True

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the store did not answer within {seconds:g} seconds")
        self.seconds = seconds


def clip(text: str, width: int = 80) -> str:
    """The text in one line of at most `width` characters, for use in a message."""
    line = " ".join(str(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def some(items: Iterable[str], shown: int = SHOWN) -> str:
    """The first few items, and how many more there are."""
    listed = list(items)
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(listed[:shown]) + more


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'outage'?` where a known word is near, else the list of known words."""
    words = list(known)
    near = find_nearest(word.lower(), words, 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(words)}"


def find_nearest(word: str, known: Iterable[str], count: int, least: float) -> list[str]:
    """The known words that are most like this one, the nearest first.

    least: of the likeness, 0..1 (Ratcliff and Obershelp, `difflib`)
    """
    from difflib import get_close_matches

    return get_close_matches(word, list(known), count, least)


def _label(identifier: str, name: str) -> str:
    short = clip(identifier)
    return repr(short) if identifier == name else f"{clip(name)!r} ({short})"

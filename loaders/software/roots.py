"""What a bill of materials lists without saying whose it is: what it describes contains that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence


def find_unreached(
    roots: Iterable[str], parts: Sequence[Sequence[str]], needs: Mapping[str, list[str]]
) -> Iterator[str]:
    """The parts that no root depends on, so that all of them are reached once these are.

    parts: ids in the order in which they are asked for; of each list first come those that nothing
        depends on, then what only circles lead to
    needs: the ids that an id depends on
    """
    held = {one for found in needs.values() for one in found}
    reached: set[str] = set()
    for root in roots:
        _reach(root, needs, reached)
    for listed in parts:
        for part in [*(p for p in listed if p not in held), *listed]:
            if part not in reached:
                _reach(part, needs, reached)
                yield part


def _reach(start: str, needs: Mapping[str, list[str]], reached: set[str]) -> None:
    """Add the start to what is reached, and all that it depends on; each is looked at once."""
    reached.add(start)
    stack = [start]
    while stack:
        for one in needs.get(stack.pop(), ()):
            if one not in reached:
                reached.add(one)
                stack.append(one)

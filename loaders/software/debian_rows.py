"""The dependencies of a Debian index, column by column, and who fulfils what they ask for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from knockon.graph.errors import InputError
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.rows import STANDS_FOR
from knockon.loaders.software.debian_version import fulfils

_ANY = "()"  # a version is asked for, and any will do
MAX_ROWS = 20_000_000  # what is stated has no end either
Clause = tuple[tuple[str, str], ...]  # names, and the version of each that is asked for, if any


class Virtuals:
    """Which packages fulfil a name: the package itself, and those that provide it.

    packages: the names of packages that are there, each with its versions
    shared: entities that stand for all that fulfil a name -> these; empty until `share`
    stated: how many provided names the index states
    """

    def __init__(self, packages: Mapping[str, Collection[str]]) -> None:
        self._packages = packages
        self._providers: dict[str, list[tuple[str, str]]] = {}  # with the version that is provided
        self._found: dict[str, tuple[list[str], list[str]]] = {}
        self.shared: dict[str, list[str]] = {}
        self.stated = 0

    def add(self, package: str, name: str, version: str) -> None:
        """The package provides a name, perhaps in a version."""
        self.stated += 1
        self._providers.setdefault(name, []).append((package, version))

    def share(self, clauses: Iterable[Clause]) -> None:
        """Let names that clauses ask for and several packages fulfil be entities of their own."""
        self._found.clear()
        asked = {(name, version): None for clause in clauses for name, version in clause}
        for name, version in asked:
            fulfil = self._list_fulfilling(name, version)
            if len(fulfil) > 1:
                self.shared[self._name_node(name, version)] = fulfil

    def _name_node(self, name: str, version: str) -> str:
        """Of clauses that the same packages fulfil the same."""
        any_version = len(self._list_fulfilling(name, _ANY))
        which = (
            version if len(self._list_fulfilling(name, version)) < any_version else "(versioned)"
        )
        return f"virtual:{name}{f' {which}' if version else ''}"

    def _list_fulfilling(self, name: str, version: str) -> list[str]:
        """Of a name in a version: what is of another, or provided in another or in none, is not."""
        own = [name] if any(fulfils(v, version) for v in self._packages.get(name, ())) else []
        given = self._providers.get(name, ())
        provide = [p for p, v in given if not version or (v and fulfils(v, version))]
        return list(dict.fromkeys((*own, *provide)))

    def find_candidates(self, text: str, clause: Clause) -> tuple[list[str], list[str]]:
        """The packages that fulfil a clause, each once, and the names that none fulfils.

        Where none fulfils any, the names themselves, and none lost.
        """
        if len(clause) == 1 and clause[0][0] not in self._providers:
            return [clause[0][0]], []  # most are such; what is not kept need not be collected
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = self._look_for(clause)
        return found

    def _look_for(self, clause: Clause) -> tuple[list[str], list[str]]:
        found: dict[str, None] = {}
        lost: dict[str, str] = {}
        for name, version in clause:
            node = self._name_node(name, version) if self.shared else ""
            if node in self.shared:
                found[node] = None
                continue
            fulfil = self._list_fulfilling(name, version)
            found.update(dict.fromkeys(fulfil))
            if not fulfil:
                known = name in self._packages or name in self._providers
                lost[name] = f"{name} {version}" if known else name
        if found:
            return list(found), list(lost.values())
        return list(lost), []

    def frame(self) -> pl.DataFrame:
        """The entities that stand for several packages."""
        names = pl.Series("name", list(self.shared), pl.String)
        return pl.DataFrame({"name": names}).with_columns(
            ("deb:" + pl.col("name")).alias("id"), pl.lit("component").alias("kind")
        )


@dataclass
class DebianRows:
    """The dependencies: there are hundreds of thousands."""

    dependents: list[str] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    sure_from: int | None = None  # the first that holds by definition; all after it do

    def add(
        self,
        dependent: str,
        candidates: Sequence[str],
        clause: str,
        file: str,
        line: int,
        by_definition: bool = False,
    ) -> None:
        """The dependent runs one of the candidates; those that hold by definition come last."""
        if len(self.dependents) + len(candidates) > MAX_ROWS:
            raise InputError(f"{file}:{line}: more than {MAX_ROWS:,} dependencies; not read")
        if by_definition and self.sure_from is None:
            self.sure_from = len(self.dependents)
        group = clause if len(candidates) > 1 else None
        for candidate in candidates:
            self.dependents.append(dependent)
            self.providers.append(candidate)
            self.groups.append(group)
            self.files.append(file)
            self.lines.append(line)

    def frame(self, source: str) -> pl.DataFrame:
        frame = pl.DataFrame(
            {
                "dependent": pl.Series(self.dependents, dtype=pl.String),
                "provider": pl.Series(self.providers, dtype=pl.String),
                "group": pl.Series(self.groups, dtype=pl.String),
                FILE: pl.Series(self.files, dtype=pl.String),
                LINE: pl.Series(self.lines, dtype=pl.Int64),
            }
        )
        frame = frame.with_columns(
            ("deb:" + pl.col(end)).alias(end) for end in ("dependent", "provider")
        ).with_columns(
            pl.lit("runs").alias("relation"),
            pl.lit(source).alias("source"),
        )
        if self.sure_from is None:
            return frame
        sure = pl.int_range(pl.len()) >= self.sure_from
        return frame.with_columns(
            pl.when(sure).then(pl.lit(STANDS_FOR)).otherwise("relation").alias("relation"),
            pl.when(sure).then(1.0).alias("probability"),
        )

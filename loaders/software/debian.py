"""Debian package indexes: `Packages` files, plain or compressed, a folder of them, dpkg's status.

After the Debian Policy Manual, chapters 5 (control files) and 7 (relationships).

| in the index | here |
|---|---|
| `Package` | an entity `deb:NAME` of kind `component`; of several versions the highest |
| `Depends`, `Pre-Depends`: a clause that one package fulfils | the package `runs` that one |
| a clause `a or b`, or one that several packages provide | a group of them, of which 1 is needed |
| a clause that no package of the index fulfils | kept: entities that only dependencies name |
| an alternative that none fulfils, beside some that are | dropped and counted |

Installed software stands on one's own machine: it survives the outage of a mirror, not a bad update
or a compromise of what it runs (`runs`). A versioned clause takes versioned `Provides` only;
otherwise versions, `:any`, `[arch]` and `<profile>` are ignored, and so are Recommends and weaker
fields. `Essential: yes` is a dependency of everything that no package states: it is noted, not
added. All of it stands in the report.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Finding, Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.debian_version import version_key

IS_INDEX = re.compile(r"(^|_)Packages(\.(gz|xz|lz4|bz2))?$")
_WANTED = (
    "Package", "Version", "Architecture", "Section", "Source", "Essential", "Status",
    "Depends", "Pre-Depends", "Provides",
)  # fmt: skip
_FIELD = re.compile(
    rf"^({'|'.join(_WANTED)}):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE | re.IGNORECASE
)
_CANONICAL = {word.lower(): word for word in _WANTED}
_STRAY = re.compile(r"^(?![!-9;-~]+:|[ \t#\r]|$).*", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t\r]+(?=\n)")
_NAME = r"[^\s:()\[\]<>|,]+"
_ALTERNATIVE = re.compile(
    rf"({_NAME})(?::{_NAME})?\s*(\([^()]*\))?\s*(\[[^\[\]]*\])?\s*((?:<[^<>]*>\s*)*)"
)
MAX_ROWS = 20_000_000  # the main index gives 300,000; what many provide and many need has no end
MAX_BYTES = 512 * 1024 * 1024  # of one index, unpacked: the main one of Debian has 50 million

Stanza = dict[str, str]
Clause = tuple[tuple[str, bool], ...]  # names, and whether each is asked for in some version


def read_debian(source: SourceLike) -> Tables:
    """The packages of an index and what they depend on.

    A folder is read as one index of all its `Packages` files. Raises InputError with file and
    line for what is no control file: a stanza without Package, a line that is no field, a clause
    that cannot be read.
    """
    source = Source.of(source)
    index = _Index()
    files = [source]
    if source.is_folder:
        named = sorted(n for n in source.names if IS_INDEX.search(n))
        files = [source.member(n) for n in named if (source.path / n).is_file()]
    for file in files:
        index.add(file)
    if index.faults:
        raise InputError.of(index.faults)
    return index.tables(source.name)


@dataclass
class _Package:
    """A stanza that is kept, and where it stands."""

    stanza: Stanza
    file: str
    line: int


@dataclass
class _Index:
    """Packages by name, who provides what, and what was odd."""

    findings: Findings = field(default_factory=Findings)
    faults: list[str] = field(default_factory=list)
    packages: dict[str, _Package] = field(default_factory=dict)
    read: int = 0
    recommends: int = 0
    _clauses: dict[str, Clause] = field(default_factory=dict)

    def add(self, source: Source) -> None:
        source.refuse_larger(MAX_BYTES, "text")
        text = source.text.replace("\r\n", "\n")
        stray = _STRAY.search(text)
        if stray:
            line = text.count("\n", 0, stray.start()) + 1
            what = f"expected a field such as 'Package: name', found {clip(stray[0], 60)!r}"
            raise InputError(f"{source.name}:{line}: {what}")
        self.recommends += len(re.findall(r"^Recommends:", text, re.MULTILINE | re.IGNORECASE))
        for line, stanza in _stanzas(_BLANK.sub("\n", text)):
            self.read += 1
            self._keep(_Package(stanza, source.name, line))

    def _keep(self, package: _Package) -> None:
        place = f"{package.file}:{package.line}"
        name, status = package.stanza.get("Package", ""), package.stanza.get("Status")
        if not re.fullmatch(_NAME, name):
            found = f", found {clip(name, 60)!r}" if name else ""
            self.faults.append(f"{place}: expected a stanza with the name of a package{found}")
        elif status is not None and status.split()[-1:] != ["installed"]:
            reason = "a package that is not installed, as dpkg's status says"
            self.findings.add("dropped", reason, f"{clip(name, 60)} at {place}")
        elif name not in self.packages:
            self.packages[name] = package
        else:
            first = self.packages[name]
            versions = [p.stanza.get("Version", "") for p in (first, package)]
            if version_key(versions[1]) > version_key(versions[0]):
                self.packages[name] = package
            reason = "another stanza of a package; the highest version is kept"
            where = f"{name} {' and '.join(clip(v, 40) for v in versions)} at {place}"
            self.findings.add("dropped", reason, where)

    def tables(self, name: str) -> Tables:
        rows = _Rows()
        provided, versioned = self._list_providers()
        for package in self.packages.values():
            for place, text, clause in self._needs(package):
                candidates, lost = self._candidates(clause, provided, versioned)
                if lost:
                    reason = "an alternative that no package of the index is or provides"
                    self.findings.add("dropped", reason, f"{some(lost)} at {place}")
                rows.add(package, text, candidates)
        if self.faults:
            raise InputError.of(self.faults)
        self._notes()
        read = Finding("read", self.read, "stanzas of packages")
        return Tables(
            entities=self._entities(),
            dependencies=rows.frame(f"Debian index {name}"),
            title=f"Debian packages of {name}",
            report=(read, *self.findings.report(), *self._unread()),
        )

    def _list_providers(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """The packages that provide a name, in any way and with a version."""
        provided: dict[str, list[str]] = {}
        versioned: dict[str, list[str]] = {}
        for package in self.packages.values():
            for _, _, clause in self._split(package, "Provides"):
                for name, with_version in clause:
                    provided.setdefault(name, []).append(package.stanza["Package"])
                    if with_version:
                        versioned.setdefault(name, []).append(package.stanza["Package"])
        return provided, versioned

    def _needs(self, package: _Package) -> Iterator[tuple[str, str, Clause]]:
        for key in ("Pre-Depends", "Depends"):
            yield from self._split(package, key)

    def _split(self, package: _Package, key: str) -> Iterator[tuple[str, str, Clause]]:
        """The clauses of a field: place, text, and what it says."""
        text = package.stanza.get(key)
        for part in text.split(",") if text else ():
            part = part.strip()
            if not part:
                continue  # policy allows a comma at the end
            clause = self._clauses.get(part)
            place = f"{package.file}:{package.line}"
            if clause is None:
                found = [_ALTERNATIVE.fullmatch(one.strip()) for one in part.split("|")]
                if not all(found):
                    what = f"{key}: expected packages such as 'a (>= 1) | b'"
                    self.faults.append(f"{place}: {what}, found {clip(part, 60)!r}")
                clause = tuple((one[1], one[2] is not None) for one in found if one)
                self._clauses[part] = clause
            yield place, part, clause

    def _candidates(
        self, clause: Clause, provided: dict[str, list[str]], versioned: dict[str, list[str]]
    ) -> tuple[list[str], list[str]]:
        """The packages that fulfil a clause, each once, and the names that none fulfils.

        Where none fulfils any, the names themselves, and none lost.
        """
        found: dict[str, None] = {}
        lost = []
        for name, with_version in clause:
            providers = (versioned if with_version else provided).get(name, ())
            if name in self.packages:
                found[name] = None
            elif not providers:
                lost.append(name)
            found.update(dict.fromkeys(providers))
        if found:
            return list(found), lost
        return list(dict.fromkeys(lost)), []

    def _notes(self) -> None:
        essential = [n for n, p in self.packages.items() if p.stanza.get("Essential") == "yes"]
        reason = "a package that is Essential: all others may need it unsaid; nothing was added"
        for name in essential:
            self.findings.add("note", reason, name)
        qualified = [c for c in self._clauses if any(mark in c for mark in "(:[<")]
        reason = "a clause with a version or architecture: versions are not compared"
        for clause in qualified:
            self.findings.add("note", reason, clause)

    def _unread(self) -> tuple[Finding, ...]:
        if not self.recommends:
            return ()
        reason = "a package with Recommends: neither they nor weaker fields are read"
        return (Finding("note", self.recommends, reason),)

    def _entities(self) -> pl.DataFrame:
        stanzas = [p.stanza for p in self.packages.values()]
        names = pl.Series("name", list(self.packages), pl.String)
        texts = {
            ours: pl.Series([s.get(theirs) for s in stanzas], dtype=pl.String)
            for ours, theirs in (
                ("version", "Version"), ("architecture", "Architecture"),
                ("archive_section", "Section"), ("source_package", "Source"),
            )
        }  # fmt: skip
        places = {
            FILE: pl.Series([p.file for p in self.packages.values()], dtype=pl.String),
            LINE: pl.Series([p.line for p in self.packages.values()], dtype=pl.Int64),
        }
        return pl.DataFrame({"name": names, **texts, **places}).with_columns(
            ("deb:" + pl.col("name")).alias("id"), pl.lit("component").alias("kind")
        )


@dataclass
class _Rows:
    """The dependencies, column by column: there are hundreds of thousands."""

    dependents: list[str] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, package: _Package, clause: str, candidates: list[str]) -> None:
        if len(self.dependents) + len(candidates) > MAX_ROWS:
            place = f"{package.file}:{package.line}"
            raise InputError(f"{place}: more than {MAX_ROWS:,} dependencies; not read")
        group = clause if len(candidates) > 1 else None
        for candidate in candidates:
            self.dependents.append(package.stanza["Package"])
            self.providers.append(candidate)
            self.groups.append(group)
            self.files.append(package.file)
            self.lines.append(package.line)

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
        return frame.with_columns(
            ("deb:" + pl.col(end)).alias(end) for end in ("dependent", "provider")
        ).with_columns(
            pl.lit("runs").alias("relation"),
            pl.lit(source).alias("source"),
        )


def _stanzas(text: str) -> Iterator[tuple[int, Stanza]]:
    """The stanzas of a control file: the line on which each starts, and its fields."""
    line = 1
    for block in text.split("\n\n"):
        if block.strip():
            start = line + len(block) - len(block.lstrip("\n"))
            stanza: Stanza = {}
            for key, value in _FIELD.findall(block):
                stanza.setdefault(_CANONICAL[key.lower()], " ".join(value.split()))
            yield start, stanza
        line += block.count("\n") + 2

"""Debian package indexes: `Packages` files, plain or compressed, a folder of them, dpkg's status.

After the Debian Policy Manual, chapters 5 (control files) and 7 (relationships).

| in the index | here |
|---|---|
| `Package` | an entity `deb:NAME` of kind `component`; of several versions the highest |
| `Depends`, `Pre-Depends`: a clause that one package fulfils | the package `runs` that one |
| a clause `a or b`, or one that several packages provide | a group of them, of which 1 is needed |
| a clause that no package of the index fulfils | kept: entities that only dependencies name |
| an alternative that none fulfils, beside some that are | dropped and counted |
| a virtual package that very many need and very many provide | an entity between them |

Installed software stands on one's own machine: it survives the outage of a mirror, not a bad update
or a compromise of what it runs (`runs`). A versioned clause takes versioned `Provides` only (7.5),
and of several packages those of the version that it asks for; otherwise versions are ignored, and
so are `:any`, `[arch]` and `<profile>`, Recommends and weaker fields. `Essential: yes` is a
dependency of everything that no package states: it is noted, not added. All of it stands in the
report.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Finding, Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.debian_rows import Clause, DebianRows, Virtuals
from knockon.loaders.software.debian_stanzas import Stanza, read_stanzas
from knockon.loaders.software.debian_version import read_provided, version_key

IS_INDEX = re.compile(r"(^|_)Packages(\.(gz|xz|lz4|bz2|zst))?$")
_STRAY = re.compile(r"^(?![!-9;-~]+:|[ \t#\r]|$).*", re.MULTILINE)
_NAME = r"[^\s:()\[\]<>|,]+"
_ALTERNATIVE = re.compile(
    rf"({_NAME})(?::{_NAME})?\s*(\([^()]*\))?\s*(\[[^\[\]]*\])?\s*((?:<[^<>]*>\s*)*)"
)
SHARED_FROM, MANY_TIMES = 20_000, 4  # dependencies; of the main index there are 300,000, 1.1 times
MAX_BYTES = 512 * 1024 * 1024  # of one index, unpacked: the main one of Debian has 50 million


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
    versions: dict[str, list[str]] = field(default_factory=dict)
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
        for placed in read_stanzas(text):
            self.read += 1
            where = f"{source.name}:{placed.line}"
            if placed.joined:
                reason = "a stanza without a blank line before it: read as one of its own"
                self.findings.add("note", reason, where)
            for name in placed.repeated:
                reason = "a field that stands twice in a stanza: the first counts"
                self.findings.add("dropped", reason, f"{name} at {where}")
            self._keep(_Package(placed.stanza, source.name, placed.line))

    def _keep(self, package: _Package) -> None:
        place = f"{package.file}:{package.line}"
        name, status = package.stanza.get("Package", ""), package.stanza.get("Status")
        if not re.fullmatch(_NAME, name):
            found = f", found {clip(name, 60)!r}" if name else ""
            self.faults.append(f"{place}: expected a stanza with the name of a package{found}")
            return
        if status is not None and status.split()[-1:] != ["installed"]:
            reason = "a package that is not installed, as dpkg's status says"
            self.findings.add("dropped", reason, f"{clip(name, 60)} at {place}")
            return
        self.versions.setdefault(name, []).append(package.stanza.get("Version", ""))
        if name not in self.packages:
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
        virtuals = self._list_virtuals()
        packages, texts = self._list_needs()
        self._share(virtuals, texts)
        rows = DebianRows()
        for package, text in zip(packages, texts, strict=True):
            candidates, lost = virtuals.find_candidates(text, self._clauses[text])
            if lost:
                reason = "an alternative that no package of the index is or provides"
                where = f"{some(lost)} at {package.file}:{package.line}"
                self.findings.add("dropped", reason, where)
            rows.add(package.stanza["Package"], candidates, text, package.file, package.line)
        if self.faults:
            raise InputError.of(self.faults)
        for node, providers in virtuals.shared.items():
            first = self.packages[providers[0]]
            rows.add(node, providers, node, first.file, first.line, by_definition=True)
        self._notes()
        read = Finding("read", self.read, "stanzas of packages")
        return Tables(
            entities=pl.concat([self._entities(), virtuals.frame()], how="diagonal"),
            dependencies=rows.frame(f"Debian index {name}"),
            title=f"Debian packages of {name}",
            report=(read, *self.findings.report(), *self._unread()),
        )

    def _list_virtuals(self) -> Virtuals:
        """The packages that provide a name, in any way and with a version."""
        virtuals = Virtuals(self.versions)
        for package in self.packages.values():
            for text in self._split(package, "Provides"):
                for name, relation in self._clauses[text]:
                    virtuals.add(package.stanza["Package"], name, read_provided(relation))
        return virtuals

    def _share(self, virtuals: Virtuals, texts: Sequence[str]) -> None:
        """Put virtual packages between those that need and those that provide them, where the
        dependencies of each on each would be many times what the index states."""
        rows, written = 0, virtuals.stated
        for text in texts:
            clause = self._clauses[text]
            rows += len(virtuals.find_candidates(text, clause)[0])
            written += len(clause)
        if rows > SHARED_FROM + MANY_TIMES * written:
            virtuals.share(self._clauses[text] for text in dict.fromkeys(texts))
            reason = (
                f"a virtual package stands between those that need and those that provide it: "
                f"{rows:,} dependencies of {written:,} names would be too many"
            )
            for node in virtuals.shared:
                self.findings.add("note", reason, node)

    def _list_needs(self) -> tuple[list[_Package], list[str]]:
        """The packages, each once for each of its clauses, and these: two lists of equal length."""
        packages: list[_Package] = []
        texts: list[str] = []
        for package in self.packages.values():
            for key in ("Pre-Depends", "Depends"):
                for text in self._split(package, key):
                    packages.append(package)
                    texts.append(text)
        return packages, texts

    def _split(self, package: _Package, key: str) -> Iterator[str]:
        """The texts of the clauses of a field; what they say stands in `_clauses`."""
        text = package.stanza.get(key)
        for part in text.split(",") if text else ():
            part = part.strip()
            if not part:
                continue  # policy allows a comma at the end
            if part not in self._clauses:
                found = [_ALTERNATIVE.fullmatch(one.strip()) for one in part.split("|")]
                if not all(found):
                    what = f"{key}: expected packages such as 'a (>= 1) | b'"
                    place = f"{package.file}:{package.line}"
                    self.faults.append(f"{place}: {what}, found {clip(part, 60)!r}")
                self._clauses[part] = tuple((m[1], m[2] or "") for m in found if m)
            yield part

    def _notes(self) -> None:
        essential = [n for n, p in self.packages.items() if p.stanza.get("Essential") == "yes"]
        reason = "a package that is Essential: all others may need it unsaid; nothing was added"
        for name in essential:
            self.findings.add("note", reason, name)
        qualified = [c for c in self._clauses if any(mark in c for mark in "(:[<")]
        reason = "a clause with a version or architecture: compared is the version of alternatives"
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

"""The descriptors of a Backstage catalog: a file or folder with all that Locations lead to, or what
the API of a catalog answers (`/api/catalog/entities`, `/entities/by-query`): a list of entities."""

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

ENTRIES = ("all.yaml", "catalog-info.yaml", "catalog.yaml")  # where a folder begins, if it has one
GROUP = re.compile(r"(?:.+\.)?backstage\.io/")
MAX_FILES = 10_000
_NAMES = ("catalog-info.yaml", "catalog-info.yml")  # of a file within the folder of a component
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Descriptor:
    """One entity as described: `where` is its file and line.

    relations: type, reference and line of each, as the API of a catalog tells them, both ways
    stored:    it comes from the API: what a Location leads to is in the same list
    """

    kind: str
    name: str
    namespace: str
    title: str
    spec: YamlMap
    file: str
    line: int
    relations: tuple[tuple[str, str, int], ...] = ()
    stored: bool = False

    @property
    def where(self) -> str:
        return self.at(self.line)

    def at(self, line: int) -> str:
        return f"{self.file}:{line}"

    def texts(self, key: str, findings: Findings) -> list[tuple[str, int]]:
        """The texts under a key of the spec, one or a list, each with its line."""
        value = self.spec.get(key)
        if value is None:
            return []
        line = self.spec.lines.get(key, self.line)
        pairs = (
            zip(value, value.lines, strict=True) if isinstance(value, YamlList) else [(value, line)]
        )
        found = []
        for item, at in pairs:
            if isinstance(item, str) and item.strip():
                found.append((item.strip(), at))
            else:
                findings.add("dropped", f"a value in {key} that is no text", self.at(at))
        return found


def find_descriptors(source: Source, findings: Findings) -> Iterator[Descriptor]:
    """Every descriptor of the source. Files outside its folder are refused and counted."""
    root = (source.path if source.is_folder else source.path.parent).resolve()
    waiting = _find_entries(root, findings) if source.is_folder else [root / source.name]
    seen = set(waiting)
    for file in waiting:
        if len(seen) > MAX_FILES:
            raise InputError(f"{source.name}: more than {MAX_FILES:,} files in one catalog")
        for descriptor in _read(source, file.relative_to(root).as_posix(), findings):
            yield descriptor
            if descriptor.kind.lower() != "location" or descriptor.stored:
                continue
            for text, line in _find_targets(descriptor, findings):
                for other in _find_files(text, file, root, descriptor.at(line), findings):
                    if other not in seen:
                        seen.add(other)
                        waiting.append(other)


def _find_entries(root: Path, findings: Findings) -> list[Path]:
    """The file with which a folder begins, else all its files, else those of the folders below."""
    named = [root / name for name in ENTRIES if (root / name).is_file()]
    if named:
        _note_unreached(root, named[0], findings)
        return named[:1]
    found = sorted(p for p in root.iterdir() if p.suffix in _SUFFIXES and p.is_file())
    if not found:
        below = sorted(p for p in root.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
        found = [p for p in below if p.name in _NAMES] or below
    for file in found:
        if not file.resolve().is_relative_to(root):
            findings.add("dropped", "a link to a file outside the folder; not read", file.name)
    return [file for file in found if file.resolve().is_relative_to(root)]


def _note_unreached(root: Path, entry: Path, findings: Findings) -> None:
    """Tell of catalog files in folders below, which count only where a Location leads to them."""
    below = sorted(p for name in _NAMES for p in root.rglob(name) if p != entry)
    if below:
        reason = f"a catalog file in a folder below: read where {entry.name} leads to it"
        places = [p.relative_to(root).as_posix() for p in below]
        findings.add_all("note", reason, places, len(below))


def _read(source: Source, name: str, findings: Findings) -> Iterator[Descriptor]:
    for answer in source.member(name).yaml_documents:
        listed = _list_entities(answer, name, findings)
        for document in [answer] if listed is None else listed:
            line = getattr(document, "line", 1)
            if not _is_entity(document, stored=listed is not None):
                reason = "a document that is no entity of Backstage"
                findings.add("dropped", reason, f"{name}:{line}")
                continue
            kind, metadata, spec = (document.get(key) for key in ("kind", "metadata", "spec"))
            own = metadata.get("name") if isinstance(metadata, YamlMap) else None
            if not isinstance(kind, str) or not isinstance(own, str) or not own.strip():
                reason = "an entity without kind or metadata.name"
                findings.add("dropped", reason, f"{name}:{line}")
                continue
            texts = {k: v for k, v in metadata.items() if isinstance(v, str)}
            yield Descriptor(
                kind.strip(), own.strip(), texts.get("namespace", "").strip(),
                texts.get("title", "").strip(),
                spec if isinstance(spec, YamlMap) else YamlMap(line), name, line,
                tuple(_find_relations(document)), stored=listed is not None,
            )  # fmt: skip


def _list_entities(answer: Any, name: str, findings: Findings) -> list[Any] | None:
    """The entities of an answer of the API, which may be a page of several; None of a file."""
    if isinstance(answer, YamlList):
        return answer
    if not isinstance(answer, YamlMap) or "kind" in answer:
        return None
    items = answer.get("items")
    if not isinstance(items, YamlList):
        return None
    page = answer.get("pageInfo")
    if isinstance(page, YamlMap) and page.get("nextCursor"):
        total = answer.get("totalItems")
        reason = "a page of the catalog with more behind it: the file holds only its beginning"
        findings.add("note", reason, f"{len(items):,} of {total or 'more'} in {name}")
    return items


def _is_entity(document: Any, *, stored: bool) -> bool:
    group = document.get("apiVersion") if isinstance(document, YamlMap) else None
    return isinstance(group, str) and (stored or GROUP.match(group) is not None)


def _find_relations(document: YamlMap) -> Iterator[tuple[str, str, int]]:
    listed = document.get("relations")
    for one in listed if isinstance(listed, YamlList) else ():
        if not isinstance(one, YamlMap):
            continue
        target, type_ = one.get("target"), one.get("type")
        reference = one.get("targetRef")
        if not isinstance(reference, str) and isinstance(target, YamlMap):  # before version 1.0
            kind, space, own = (target.get(key) for key in ("kind", "namespace", "name"))
            reference = f"{kind}:{space or 'default'}/{own}" if kind and own else None
        if isinstance(type_, str) and isinstance(reference, str) and reference:
            yield type_, reference, one.line


def _find_targets(descriptor: Descriptor, findings: Findings) -> list[tuple[str, int]]:
    return [*descriptor.texts("target", findings), *descriptor.texts("targets", findings)]


def _find_files(text: str, beside: Path, root: Path, where: str, findings: Findings) -> list[Path]:
    """The files that a target names, `*` for many; none that lies outside the root."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        findings.add("note", "a target on the web; not fetched", f"{clip(text, 80)} at {where}")
        return []
    try:
        target = os.path.normpath(beside.parent / text)
        # a pattern must not even list what is outside
        listed = "*" in text and Path(target).is_relative_to(root)
        found = glob.glob(target) if listed else [target]
        files = sorted(Path(one).resolve() for one in found)
    except (OSError, ValueError, RuntimeError):
        files = []
    inside = [file for file in files if file.is_relative_to(root)]
    for file in files:
        if file not in inside:
            reason = "a target outside the folder of the catalog; not read"
            findings.add("dropped", reason, f"{clip(text, 80)} at {where}")
    present = [file for file in inside if file.is_file()]
    if not present and len(inside) == len(files):
        findings.add("dropped", "a target that is not there", f"{clip(text, 80)} at {where}")
    return present

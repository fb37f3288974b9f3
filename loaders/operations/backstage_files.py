"""The descriptors of a Backstage catalog, from a file or folder and all that Locations lead to."""

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

ENTRIES = ("all.yaml", "catalog-info.yaml", "catalog.yaml")  # where a folder begins, if it has one
GROUP = "backstage.io/"
MAX_FILES = 10_000


@dataclass(frozen=True)
class Descriptor:
    """One entity as described: `where` is its file and line."""

    kind: str
    name: str
    namespace: str
    title: str
    spec: YamlMap
    file: str
    line: int

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


def descriptors(source: Source, findings: Findings) -> Iterator[Descriptor]:
    """Every descriptor of the source. Files outside its folder are refused and counted."""
    root = (source.path if source.is_folder else source.path.parent).resolve()
    waiting = _entries(root, findings) if source.is_folder else [root / source.name]
    seen = set(waiting)
    for file in waiting:
        if len(seen) > MAX_FILES:
            raise InputError(f"{source.name}: more than {MAX_FILES:,} files in one catalog")
        for descriptor in _read(source, file.relative_to(root).as_posix(), findings):
            yield descriptor
            if descriptor.kind.lower() != "location":
                continue
            for text, line in _targets(descriptor, findings):
                for other in _files(text, file, root, descriptor.at(line), findings):
                    if other not in seen:
                        seen.add(other)
                        waiting.append(other)


def _entries(root: Path, findings: Findings) -> list[Path]:
    """The file with which a folder begins, else all its YAML files that lie in it."""
    named = [root / name for name in ENTRIES if (root / name).is_file()]
    if named:
        return named[:1]
    found = sorted(p for p in root.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
    for file in found:
        if not file.resolve().is_relative_to(root):
            findings.add("dropped", "a link to a file outside the folder; not read", file.name)
    return [file for file in found if file.resolve().is_relative_to(root)]


def _read(source: Source, name: str, findings: Findings) -> Iterator[Descriptor]:
    for document in source.member(name).yaml_documents:
        group = document.get("apiVersion") if isinstance(document, YamlMap) else None
        line = getattr(document, "line", 1)
        if not isinstance(group, str) or not group.startswith(GROUP):
            findings.add("dropped", "a document that is no entity of Backstage", f"{name}:{line}")
            continue
        kind, metadata, spec = (document.get(key) for key in ("kind", "metadata", "spec"))
        own = metadata.get("name") if isinstance(metadata, YamlMap) else None
        if not isinstance(kind, str) or not isinstance(own, str) or not own.strip():
            findings.add("dropped", "an entity without kind or metadata.name", f"{name}:{line}")
            continue
        texts = {k: v for k, v in metadata.items() if isinstance(v, str)}
        yield Descriptor(
            kind.strip(), own.strip(), texts.get("namespace", "").strip(),
            texts.get("title", "").strip(), spec if isinstance(spec, YamlMap) else YamlMap(line),
            name, line,
        )  # fmt: skip


def _targets(descriptor: Descriptor, findings: Findings) -> list[tuple[str, int]]:
    return [*descriptor.texts("target", findings), *descriptor.texts("targets", findings)]


def _files(text: str, beside: Path, root: Path, where: str, findings: Findings) -> list[Path]:
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

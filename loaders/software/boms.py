"""Bills of materials together: a folder of them, or one JSON file that holds several.

Each is read as it is by itself, and what several hold is one by its id. What is no BOM in a folder
is passed over and counted; a BOM that cannot be read is told, and the others are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, Finding, Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.unite import unite
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.signs import find_wrapped, is_bom, walk_files

MAX_FILES = 20_000  # that are looked into


def read_boms(source: SourceLike, strict: bool = False) -> Tables:
    """The tables of all bills of materials in a folder and below it.

    strict: also hold each to its official schema (needs `knockon[validate]`)
    Raises InputError where none of them can be read, and for more than MAX_FILES files.
    """
    source = Source.of(source)
    findings = Findings()
    parts: dict[str, Tables] = {}
    faults: list[str] = []
    for name, file in _find_files(source, findings):
        try:
            parts[name] = _read_file(name, file, strict)
        except InputError as error:
            told = [f"{name}{fault.removeprefix(file.name)}" for fault in error.faults]
            told = [t if t.startswith(f"{name}:") else f"{name}: {t[len(name) :]}" for t in told]
            faults += told
            reason = "a bill of materials that cannot be read"
            findings.add("dropped", reason, clip("; ".join(told), 200))
    if not parts or (strict and faults):
        raise InputError.of(faults or [f"{source.name}: no bill of materials can be read"])
    return _put_together(source, parts, findings)


def read_wrapped_boms(source: SourceLike, strict: bool = False) -> Tables:
    """The tables of all bills of materials that one JSON file holds.

    strict: also hold each to its official schema (needs `knockon[validate]`)
    Raises InputError for the first that cannot be read.
    """
    source = Source.of(source)
    return _put_together(source, dict(_read_wrapped(source, source.stem, strict)), Findings())


def _find_files(source: Source, findings: Findings) -> Iterator[tuple[str, Source]]:
    """The bills of materials of a folder: name within it, and file. What is none is counted."""
    for name, file in walk_files(source, MAX_FILES):
        if not name:
            raise InputError(f"{source.name}: more than {MAX_FILES:,} files; at most are read")
        if file is not None and is_bom(file):
            yield name, file
        else:
            findings.add("note", "a file that is no bill of materials: not read", clip(name, 80))


def _read_file(name: str, file: Source, strict: bool) -> Tables:
    stem = str(PurePath(name).with_suffix(""))
    wrapped = dict(_read_wrapped(file, stem, strict))
    if len(wrapped) > 1:
        return unite(list(wrapped.values()))
    if file.looks_like_json:
        from knockon.loaders.software.wrapped import find_documents

        path, document = (find_documents(file.json) or [("", file.json)])[0]
        return _read_document(file, document, path, stem, strict)
    if file.xml_root[1] == "bom":
        from knockon.loaders.software.cyclonedx import read_bom
        from knockon.loaders.software.cyclonedx_xml import bom_of

        return read_bom(file, bom_of(file.xml), stem=stem, strict=strict)
    from knockon.loaders.software.spdx import read_spdx

    return read_spdx(file, strict=strict)


def _read_wrapped(source: Source, stem: str, strict: bool) -> Iterator[tuple[str, Tables]]:
    for path, document in find_wrapped(source):
        yield path, _read_document(source, document, path, f"{stem}#{path}", strict)


def _read_document(
    source: Source, document: Mapping[str, Any], path: str, stem: str, strict: bool
) -> Tables:
    if "bomFormat" in document:
        from knockon.loaders.software.cyclonedx import read_bom

        return read_bom(source, document, path, stem, strict)
    from knockon.loaders.software.spdx import read_document

    return read_document(source, document, path, strict=strict)


def _put_together(source: Source, parts: Mapping[str, Tables], findings: Findings) -> Tables:
    """The tables of all, each row with its file in the folder, what is noticed added up."""
    placed = []
    for name, part in parts.items():
        folder = str(PurePath(name).parent) if source.is_folder else "."
        start = pl.lit("" if folder == "." else f"{folder}/")
        entities, dependencies = (
            frame.with_columns((start + pl.col(FILE)).alias(FILE)) if FILE in frame else frame
            for frame in (part.entities, part.dependencies)
        )
        placed.append(replace(part, entities=entities, dependencies=dependencies, report=()))
        for one in part.report:
            where = [e if name in e else f"{name}: {e}" for e in one.examples] or [name]
            findings.add_all(one.action, one.reason, where, one.count)
    tables = unite(placed)
    read = Finding("read", len(parts), "bills of materials")
    title = f"{len(parts):,} bills of materials of {source.name}"
    return replace(tables, title=title, report=(read, *findings.report(), *tables.report))

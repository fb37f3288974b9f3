"""How software is told: bills of materials, alone, inside other JSON, in folders; indexes."""

import os
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from knockon.graph.errors import InputError
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_rules import ONE

_CYCLONEDX = "http://cyclonedx.org/schema/bom"
_SPDX_RDF = "{http://spdx.org/rdf/terms#}"
_INDEX = re.compile(r"(^|_)Packages(\.(gz|xz|lz4|bz2|zst))?$")
_FIELD = re.compile(r"^([!-9;-~]+):", re.MULTILINE)
_PEEKED = 200  # files of a folder that are looked into
_PACKED = (".gz", ".xz", ".bz2", ".zst", ".lz4")
_SUFFIXES = (".json", ".jsonl", ".xml", ".cdx", ".spdx", ".rdf", ".yaml", ".yml", ".tag", ".txt")
_SIGNS = (b"cyclonedx", b"spdx", b"payloadtype")
_MODULES = re.compile(r"[^\s@,;]+(?:@[^\s,;]+)?[ \t]+[^\s@,;]+(?:@[^\s,;]+)?")
_MODULE_VERSION = re.compile(r"@v\d|\s(?:go|toolchain)@")
_MENTIONED = re.compile(r'"(?:bomFormat|spdxVersion|SPDXID|@graph|payloadType)"')
_TEXT = re.compile(r"<text>.*?(?:</text>|\Z)", re.DOTALL)


def find_wrapped(source: Source) -> list[tuple[str, dict[str, Any]]]:
    """The bills of materials inside other JSON, or on lines of JSON, each with its path."""
    if not source.looks_like_json or not _MENTIONED.search(source.head_text):
        return []
    from knockon.loaders.software.wrapped import find_documents

    if source.first_record:
        lines = source.json_lines if find_documents(source.first_record) else []
        found = [(f"line {n}", *one) for n, value in lines for one in find_documents(value)]
        return [(f"{line}.{path}".rstrip("."), document) for line, path, document in found]
    return [(path, document) for path, document in find_documents(source.parsed_json) if path]


def _is_wrapped(source: Source, key: str) -> bool:
    """Whether one such document with this key is all that there is."""
    found = find_wrapped(source)
    return len(found) == 1 and key in found[0][1]


def is_cyclonedx(source: Source) -> bool:
    if source.looks_like_json:
        if _is_wrapped(source, "bomFormat"):
            return True
        value = source.parsed_json
        named = value.get("bomFormat") == "CycloneDX" if isinstance(value, dict) else value is None
        return named and "bomFormat" in source.json_keys
    namespace, local = source.xml_root
    return local == "bom" and namespace.startswith(_CYCLONEDX)


def is_tag_value(source: Source) -> bool:
    """Whether this is SPDX in lines of tags and values, told by those outside of texts."""
    tags = _FIELD.findall(_TEXT.sub("", source.head_text))
    return not source.looks_like_json and "SPDXVersion" in tags


def is_spdx(source: Source) -> bool:
    if source.looks_like_json:
        bare = _is_spdx_3(source) or bool({"spdxVersion", "SPDXID"} & set(source.json_keys))
        return bare or _is_wrapped(source, "spdxVersion") or _is_wrapped(source, "@graph")
    local = source.xml_root[1]
    if local == "RDF":
        return _SPDX_RDF[1:-1] in source.head_text and any(
            element.tag.startswith(_SPDX_RDF) for element in source.xml.walk()
        )
    if local:
        return local == "Document" and source.xml.first("spdxVersion") is not None
    keys = ("spdxVersion", "SPDXID")
    return is_tag_value(source) or any(source.yaml_mappings(k, rules=ONE) for k in keys)


def _is_spdx_3(source: Source) -> bool:
    """JSON-LD whose context is that of SPDX 3, or whose elements have an `spdxId`."""
    value = source.parsed_json
    if not isinstance(value, dict):
        return False
    context, graph = value.get("@context"), value.get("@graph")
    contexts = context if isinstance(context, list) else [context]
    if any(isinstance(one, str) and "spdx.org/rdf/3." in one for one in contexts):
        return True
    return isinstance(graph, list) and any(
        isinstance(element, dict) and "spdxId" in element for element in graph
    )


def is_bom(source: Source) -> bool:
    """Whether a file is a bill of materials of any kind, or one that is too damaged to tell."""
    try:
        return is_cyclonedx(source) or is_spdx(source) or is_several(source)
    except InputError:
        return True


def is_several(source: Source) -> bool:
    return len(find_wrapped(source)) > 1


def is_folder_of_boms(source: Source) -> bool:
    if not source.is_folder:
        return False
    return any(is_bom(file) for _, file in walk_files(source, _PEEKED) if file is not None)


def walk_files(source: Source, limit: int) -> Iterator[tuple[str, Source | None]]:
    """The files in a folder and below it, by name within the folder, in order.

    Hidden ones are not looked at. None for what cannot be a bill of materials, by its name or its
    beginning. The last of more than `limit` files is called ``.
    """
    for number, name in enumerate(_walk_names(source)):
        if number >= limit:
            yield "", None
            return
        plain = name.lower()
        for end in _PACKED:
            plain = plain.removesuffix(end)
        file = _open(source, name) if plain.endswith(_SUFFIXES) else None
        mentioned = file is not None and any(sign in file.head.lower() for sign in _SIGNS)
        yield name, file if mentioned else None


def _walk_names(source: Source) -> Iterator[str]:
    for folder, folders, names in os.walk(source.path):
        below = PurePath(os.path.relpath(folder, source.path))
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(n for n in names if not n.startswith(".")):
            yield str(below / name)


def _open(source: Source, name: str) -> Source | None:
    try:
        return source.member(name)
    except InputError:  # empty, or no file
        return None


def is_debian(source: Source) -> bool:
    """A folder with indexes, or a first stanza that is one of a package."""
    if source.is_folder:
        return any(_INDEX.search(name) for name in source.names)
    stanza = re.split(r"\n[ \t\r]*\n", source.head_text.strip(), maxsplit=1)[0]
    fields = {field.title() for field in _FIELD.findall(stanza)}
    return "Package" in fields and bool({"Version", "Architecture", "Depends"} & fields)


def is_go_modules(source: Source) -> bool:
    """Lines of two modules each, with a version after `@` somewhere."""
    if source.is_folder or source.looks_like_json or source.xml_root[1]:
        return False
    lines = source.head_text.splitlines()
    lines = [one for one in (lines[:-1] if len(lines) > 1 else lines) if one.strip()]
    return (
        bool(lines)
        and all(_MODULES.fullmatch(one.strip()) for one in lines)
        and any(_MODULE_VERSION.search(one) for one in lines)
    )


def is_npm_list(source: Source) -> bool:
    """Projects with the packages below them as objects; a lock file says other things so."""
    value = source.parsed_json
    roots = value if isinstance(value, list) else [value]
    return any(
        isinstance(root, dict)
        and "lockfileVersion" not in root
        and any(_is_installed(root.get(key)) for key in ("dependencies", "devDependencies"))
        for root in roots[:_PEEKED]
    )


def _is_installed(listed: Any) -> bool:
    told = {"version", "missing", "required", "resolved", "problems"}
    return isinstance(listed, dict) and any(
        isinstance(one, dict) and bool(told & one.keys()) for one in listed.values()
    )


def is_pip_tree(source: Source) -> bool:
    value = source.parsed_json
    return isinstance(value, list) and any(
        isinstance(one, dict)
        and isinstance(one.get("dependencies"), list)
        and _is_python_package(one.get("package", one))
        for one in value[:_PEEKED]
    )


def _is_python_package(value: Any) -> bool:
    return isinstance(value, dict) and {"package_name", "installed_version"} <= value.keys()

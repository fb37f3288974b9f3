"""Bills of materials for tests: CycloneDX documents in the shape of JSON, and the same in XML."""

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"
SCOPE = f"urn:cdx:{SERIAL}/1"


def component(ref: str | None, name: str, kind: str = "library", **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, **({"bom-ref": ref} if ref is not None else {}), **more}


def bom(*components: Any, root: Any = None, **more: Any) -> dict[str, Any]:
    found = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{SERIAL}"}
    metadata = {"metadata": {"component": root, **more.pop("metadata", {})}} if root else {}
    return {**found, "version": 1, **metadata, "components": list(components), **more}


ORGANIZATIONS = ("supplier", "manufacturer", "manufacture", "provider")


def xml_of(document: dict[str, Any]) -> str:
    """The same BOM in the XML form, written independently of the reader."""
    version = document["specVersion"]
    head = f'<bom xmlns="http://cyclonedx.org/schema/bom/{version}" version="1"'
    serial = document.get("serialNumber")
    head += f' serialNumber="{serial}">' if serial else ">"
    metadata = document.get("metadata", {})
    parts = [f"<timestamp>{metadata['timestamp']}</timestamp>"] if "timestamp" in metadata else []
    if "component" in metadata:
        parts.append(_thing("component", metadata["component"]))
    parts += _organizations(metadata)
    text = f"<metadata>{''.join(parts)}</metadata>" if metadata else ""
    text += "".join(_inner(document))
    if "dependencies" in document:
        text += "<dependencies>"
        for entry in document["dependencies"]:
            ref = f" ref={quoteattr(entry['ref'])}" if "ref" in entry else ""
            inner = "".join(f"<dependency ref={quoteattr(r)}/>" for r in entry.get("dependsOn", []))
            inner += "".join(f"<provides ref={quoteattr(r)}/>" for r in entry.get("provides", []))
            text += f"<dependency{ref}>{inner}</dependency>"
        text += "</dependencies>"
    return f"<?xml version='1.0'?>{head}{text}</bom>"


def _organizations(record: dict[str, Any]) -> list[str]:
    return [
        f"<{key}>{''.join(f'<name>{n}</name>' for n in [record[key].get('name')] if n)}</{key}>"
        for key in ORGANIZATIONS
        if key in record
    ]


def _inner(record: dict[str, Any]) -> list[str]:
    parts = []
    for key, one in (("components", "component"), ("services", "service")):
        if key in record:
            parts.append(f"<{key}>{''.join(_thing(one, r) for r in record[key])}</{key}>")
    if "externalReferences" in record:
        found = "".join(
            f"<reference type={quoteattr(r['type'])}><url>{r['url']}</url></reference>"
            for r in record["externalReferences"]
        )
        parts.append(f"<externalReferences>{found}</externalReferences>")
    return parts


def _thing(tag: str, record: dict[str, Any]) -> str:
    marks = "".join(f" {k}={quoteattr(record[k])}" for k in ("type", "bom-ref") if k in record)
    texts = "".join(
        f"<{k}>{escape(record[k])}</{k}>"
        for k in ("group", "name", "version", "scope", "purl")
        if k in record
    )
    inner = _identity(record) + "".join(_organizations(record) + _inner(record))
    return f"<{tag}{marks}>{texts}{inner}</{tag}>"


def _identity(record: dict[str, Any]) -> str:
    """Hashes, pedigree, evidence and properties, as far as the record has them."""
    text = ""
    if "hashes" in record:
        hashes = (f'<hash alg="{h["alg"]}">{h["content"]}</hash>' for h in record["hashes"])
        text += f"<hashes>{''.join(hashes)}</hashes>"
    if "pedigree" in record:
        kin = (
            f"<{key}>{''.join(_thing('component', r) for r in listed)}</{key}>"
            for key, listed in record["pedigree"].items()
        )
        text += f"<pedigree>{''.join(kin)}</pedigree>"
    if "properties" in record:
        found = (
            f'<property name="{p["name"]}">{p["value"]}</property>' for p in record["properties"]
        )
        text += f"<properties>{''.join(found)}</properties>"
    if "evidence" in record:
        for one in record["evidence"]["identity"]:
            inner = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in one.items())
            text += f"<evidence><identity>{inner}</identity></evidence>"
    return text


def write(folder: Path, name: str, document: Any) -> Path:
    """The document as a file of JSON."""
    path = folder / name
    path.write_text(json.dumps(document))
    return path

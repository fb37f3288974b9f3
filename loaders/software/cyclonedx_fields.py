"""What single fields of a CycloneDX component tell: its identity, and whether it is needed."""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.purl import is_purl

# of the registered property names, and of what the tools write that none registered
_DEVELOPMENT = (
    "cdx:npm:package:development", "cdx:composer:package:isDevRequirement",
    "cdx:maven:package:test", "cdx:pnpm:package:development", "cdx:bun:package:development",
)  # fmt: skip
_REFERENCES = (":RepoTag", ":RepoDigest")  # properties that scanners of images write
_SURE = 0.5  # an identity that is less likely than not is none


def is_for_development(record: dict[str, Any]) -> bool:
    """Whether a component is only for building, testing or documenting: not there at run time."""
    return record.get("scope") == "excluded" or any(
        value == "true" for name, value in _properties(record) if name in _DEVELOPMENT
    )


def find_concluded_purls(record: dict[str, Any], findings: Findings, place: str) -> Iterator[str]:
    """The purls that the evidence of a component concludes, unsure ones counted and left out."""
    evidence = record.get("evidence")
    identity = evidence.get("identity") if isinstance(evidence, dict) else None
    for one in identity if isinstance(identity, list) else [identity]:
        if not isinstance(one, dict) or one.get("field") != "purl":
            continue
        value, sure = one.get("concludedValue"), one.get("confidence", 1)
        if not isinstance(value, str) or not is_purl(value.strip()):
            continue
        if isinstance(sure, int | float) and sure < _SURE:
            reason = f"an identity concluded with a confidence below {_SURE}: not taken"
            findings.add("note", reason, f"{clip(value, 60)} at {place}")
            continue
        yield value.strip()


def hashes_of(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Algorithm and digest of the hashes of a component."""
    hashes = record.get("hashes")
    for one in hashes if isinstance(hashes, list) else ():
        if isinstance(one, dict):
            algorithm, digest = one.get("alg"), one.get("content")
            if isinstance(algorithm, str) and isinstance(digest, str):
                yield algorithm, digest


def image_references(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """References to the image that a component of type container is, each with its version."""
    group, name, version = (
        v.strip() if isinstance(v := record.get(key), str) else ""
        for key in ("group", "name", "version")
    )
    if name:
        yield f"{group}/{name}" if group and "/" not in name else name, version
    for key, value in _properties(record):
        if key.endswith(_REFERENCES):
            yield value, ""


def _properties(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    listed = record.get("properties")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            name, value = one.get("name"), one.get("value")
            if isinstance(name, str) and isinstance(value, str):
                yield name, value.strip()

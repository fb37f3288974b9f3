"""Bills of materials that stand inside other JSON: what answers of services and attestations hold.

GitHub's API answers `{"sbom": {...}}`, an attestation of in-toto has the document as `predicate`, a
signed one (DSSE) has that as base64 in its `payload`, Docker's buildx one document per platform.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

WITHIN = "a document that stands inside other JSON"
_DEPTH = 5  # of keys around a document


def is_document(value: Any) -> bool:
    """Whether a value is the whole of a CycloneDX or SPDX document."""
    if not isinstance(value, dict):
        return False
    if value.get("bomFormat") == "CycloneDX" or isinstance(value.get("spdxVersion"), str):
        return True
    context = value.get("@context")
    listed = context if isinstance(context, list) else [context]
    return isinstance(value.get("@graph"), list) and any(
        "spdx.org/rdf/3." in str(c) for c in listed
    )


def find_documents(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """The documents in a JSON value, each with its path; the value itself has the path ``."""
    return list(_walk(value))


def _walk(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    stack: list[tuple[str, Any, int]] = [("", value, 0)]
    while stack:
        path, one, depth = stack.pop()
        if is_document(one):
            yield path, one
        elif depth < _DEPTH and isinstance(one, dict):
            below = [(f"{path}.{key}".lstrip("."), inner, depth + 1) for key, inner in one.items()]
            if isinstance(one.get("payload"), str) and "payloadType" in one:
                below.append((f"{path}.payload".lstrip("."), _decode(one["payload"]), depth + 1))
            stack.extend(reversed(below))
        elif depth < _DEPTH and isinstance(one, list):
            below = [(f"{path}[{n}]", inner, depth + 1) for n, inner in enumerate(one)]
            stack.extend(reversed(below))


def _decode(payload: str) -> Any:
    """The JSON in base64, None where it is none."""
    try:
        return json.loads(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None

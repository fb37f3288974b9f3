"""CycloneDX in XML, as the same shape that its JSON form has: one reader serves both."""

from contextlib import suppress
from typing import Any

from knockon.loaders.parsing.safe_xml import Element

NAMESPACE = "http://cyclonedx.org/schema/bom/"
# before 1.2, dependencies were an extension of the schema
_EXTENSION = "http://cyclonedx.org/schema/ext/dependency-graph/1.0"
_TEXTS = ("name", "group", "version", "purl", "scope")


def bom_of(root: Element) -> dict[str, Any]:
    """The BOM below the root element, as far as knockon reads it."""
    namespace = root.tag.rpartition("}")[0][1:]
    if not namespace.startswith(NAMESPACE) or root.local != "bom":
        return {}
    bom: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": namespace.removeprefix(NAMESPACE),
        **root.attributes,
        **_inner(root),
    }
    if _first(root, "formulation") is not None:
        bom["formulation"] = True
    compositions = _first(root, "compositions")
    if compositions is not None:
        found = compositions.all("composition")
        bom["compositions"] = [{"aggregate": c.text_of("aggregate")} for c in found]
    metadata = _first(root, "metadata")
    if metadata is not None:
        bom["metadata"] = _metadata(metadata)
    extension = next((c for c in root.children if c.tag == f"{{{_EXTENSION}}}dependencies"), None)
    lists = _all(root, "dependencies") or ([extension] if extension is not None else [])
    if lists:
        bom["dependencies"] = [_dependency(d) for one in lists for d in one.all("dependency")]
    return bom


def _metadata(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {"timestamp": element.text_of("timestamp")}
    component = _first(element, "component")
    if component is not None:
        found["component"] = _read_thing(component)
    return found | _organizations(element)


def _read_thing(element: Element) -> dict[str, Any]:
    """A component or a service. Its depth is bounded by that of the XML."""
    found: dict[str, Any] = {
        key: element.attributes[key] for key in ("type", "bom-ref") if key in element.attributes
    }
    for key in _TEXTS:
        child = _first(element, key)
        if child is not None:
            found[key] = child.text.strip()
    return found | _identity(element) | _organizations(element) | _inner(element)


def _identity(element: Element) -> dict[str, Any]:
    """What tells which thing it is, and what it comes from: hashes, properties, evidence, pedigree.

    The kin in a pedigree are components; their depth is bounded by that of the XML.
    """
    found: dict[str, Any] = {}
    hashes, properties = _first(element, "hashes"), _first(element, "properties")
    if hashes is not None:
        listed = hashes.all("hash")
        found["hashes"] = [{"alg": h.attributes.get("alg"), "content": h.text} for h in listed]
    if properties is not None:
        listed = properties.all("property")
        found["properties"] = [{"name": p.attributes.get("name"), "value": p.text} for p in listed]
    evidence = _first(element, "evidence")
    if evidence is not None:
        identities = evidence.all("identity")
        found["evidence"] = {"identity": [_read_concluded(one) for one in identities]}
    pedigree = _first(element, "pedigree")
    if pedigree is not None:
        kin = {key: _first(pedigree, key) for key in ("ancestors", "descendants", "variants")}
        found["pedigree"] = {
            key: [_read_thing(c) for c in outer.all("component")]
            for key, outer in kin.items()
            if outer is not None
        }
    return found


def _read_concluded(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {key: element.text_of(key) for key in ("field", "concludedValue")}
    with suppress(ValueError):
        found["confidence"] = float(element.text_of("confidence") or "")
    return found


def _inner(element: Element) -> dict[str, Any]:
    """The lists of an element: what is nested in it, and what it refers to."""
    found: dict[str, Any] = {}
    for key, one in (("components", "component"), ("services", "service")):
        outer = _all(element, key)  # a list that stands twice goes on
        if outer:
            found[key] = [_read_thing(c) for each in outer for c in each.all(one)]
    references = _first(element, "externalReferences")
    if references is not None:
        found["externalReferences"] = [
            {"type": r.attributes.get("type"), "url": r.text_of("url")}
            for r in references.all("reference")
        ]
    return found


def _organizations(element: Element) -> dict[str, Any]:
    words = ("supplier", "manufacture", "manufacturer", "provider")
    found = {word: _first(element, word) for word in words}
    return {
        word: {"name": one.text_of("name")} if one.first("name") is not None else {}
        for word, one in found.items()
        if one is not None
    }


def _dependency(element: Element) -> dict[str, Any]:
    """A dependency; those below it that lack a ref stay in, as None."""
    return {
        **({"ref": element.attributes["ref"]} if "ref" in element.attributes else {}),
        "dependsOn": [d.attributes.get("ref") for d in element.all("dependency")],
        "provides": [d.attributes.get("ref") for d in element.all("provides")],
    }


def _first(element: Element, local: str) -> Element | None:
    """The first child of this name in the namespace of the BOM; extensions have others."""
    return next(iter(_all(element, local)), None)


def _all(element: Element, local: str) -> list[Element]:
    return [c for c in element.all(local) if c.tag.startswith("{" + NAMESPACE)]

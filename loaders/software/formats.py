"""Software: bills of materials and package indexes."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_rules import ONE

_CYCLONEDX = "http://cyclonedx.org/schema/bom"
_SPDX_RDF = "{http://spdx.org/rdf/terms#}"
_INDEX = re.compile(r"(^|_)Packages(\.(gz|xz|lz4|bz2|zst))?$")
_FIELD = re.compile(r"^([!-9;-~]+):", re.MULTILINE)
_TEXT = re.compile(r"<text>.*?(?:</text>|\Z)", re.DOTALL)


def _is_cyclonedx(source: Source) -> bool:
    if source.looks_like_json:
        value = source.parsed_json
        named = value.get("bomFormat") == "CycloneDX" if isinstance(value, dict) else value is None
        return named and "bomFormat" in source.json_keys
    namespace, local = source.xml_root
    return local == "bom" and namespace.startswith(_CYCLONEDX)


def is_tag_value(source: Source) -> bool:
    """Whether this is SPDX in lines of tags and values, told by those outside of texts."""
    tags = _FIELD.findall(_TEXT.sub("", source.head_text))
    return not source.looks_like_json and "SPDXVersion" in tags


def _is_spdx(source: Source) -> bool:
    if source.looks_like_json:
        return _is_spdx_3(source) or bool({"spdxVersion", "SPDXID"} & set(source.json_keys))
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


def _is_debian(source: Source) -> bool:
    """A folder with indexes, or a first stanza that is one of a package."""
    if source.is_folder:
        return any(_INDEX.search(name) for name in source.names)
    stanza = re.split(r"\n[ \t\r]*\n", source.head_text.strip(), maxsplit=1)[0]
    fields = {field.title() for field in _FIELD.findall(stanza)}
    return "Package" in fields and bool({"Version", "Architecture", "Depends"} & fields)


FORMATS = (
    Format(
        name="cyclonedx",
        what="CycloneDX bill of materials (SBOM, SaaSBOM, HBOM), JSON or XML",
        entities="components, services, their suppliers and providers",
        dependencies="root contains component, component contains component, "
        "anything uses service, supplied_by, operated_by",
        export="a build plug-in of cyclonedx.org, or `syft PATH -o cyclonedx-json`",
        sign="JSON with bomFormat CycloneDX, or XML with the root bom",
        module="knockon.loaders.software.cyclonedx",
        matches=_is_cyclonedx,
        options=("strict",),
    ),
    Format(
        name="spdx",
        what="SPDX document 2.0 to 2.3 (JSON, YAML, XML, tag-value, RDF/XML), 3.0 (JSON-LD)",
        entities="packages, their suppliers; files that no package holds",
        dependencies="package contains or runs package, as its relationships say; supplied_by",
        export="a build plug-in, `syft PATH -o spdx-json`, or the dependency graph of a GitHub "
        "repository",
        sign="spdxVersion or SPDXVersion, or JSON-LD with the context of SPDX 3",
        module="knockon.loaders.software.spdx",
        matches=_is_spdx,
        options=("strict",),
    ),
    Format(
        name="debian",
        what="Debian package index, plain or compressed; a folder of them; dpkg's status",
        entities="packages",
        dependencies="a package runs another (Depends, Pre-Depends)",
        groups="alternatives `a | b`, and the packages that provide a virtual one",
        export="`apt-get indextargets` prints where they are; /var/lib/dpkg/status",
        sign="stanzas with Package, Version and Depends, or a folder with Packages files",
        module="knockon.loaders.software.debian",
        matches=_is_debian,
    ),
)

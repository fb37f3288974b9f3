"""Software: bills of materials and package indexes."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

_CYCLONEDX = "http://cyclonedx.org/schema/bom"
_INDEX = re.compile(r"(^|_)Packages(\.(gz|xz|lz4|bz2))?$")


def _is_cyclonedx(source: Source) -> bool:
    if source.looks_like_json:
        return '"CycloneDX"' in source.head_text and "bomFormat" in source.json_keys
    namespace, local = source.xml_root
    return local == "bom" and namespace.startswith(_CYCLONEDX)


def _is_spdx(source: Source) -> bool:
    if source.looks_like_json:  # keys may come in any order, and only the first 64 KB are source
        third = "@graph" in source.json_keys and '"spdxId"' in source.head_text
        third |= "@context" in source.json_keys and "spdx.org/rdf/3." in source.head_text
        return third or bool({"spdxVersion", "SPDXID"} & set(source.json_keys))
    local = source.xml_root[1]
    if local:
        rdf = local == "RDF" and "http://spdx.org/rdf/terms" in source.head_text
        return rdf or (local == "Document" and "<spdxVersion" in source.head_text)
    return (
        re.search(r"^[\"']?(spdxVersion|SPDXVersion|SPDXID)[\"']?:", source.head_text, re.M)
        is not None
    )


def _is_debian(source: Source) -> bool:
    if source.is_folder:
        return any(_INDEX.search(name) for name in source.names)
    fields = set(re.findall(r"^([\w-]+):", source.head_text, re.MULTILINE))
    return "Package" in fields and bool({"Version", "Architecture", "Depends"} & fields)


FORMATS: tuple[Format, ...] = (
    Format(
        "cyclonedx", "CycloneDX bill of materials (SBOM, SaaSBOM, HBOM), JSON or XML",
        "components, services, their suppliers and providers",
        "root contains component, component contains component, anything uses service, "
        "supplied_by, operated_by",
        "a build plug-in of cyclonedx.org, or `syft PATH -o cyclonedx-json`",
        "JSON with bomFormat CycloneDX, or XML with the root bom",
        "knockon.loaders.software.cyclonedx", _is_cyclonedx, options=("strict",),
    ),
    Format(
        "spdx", "SPDX document 2.0 to 2.3 (JSON, YAML, XML, tag-value, RDF/XML), 3.0 (JSON-LD)",
        "packages, their suppliers; files that no package holds",
        "package contains or runs package, as its relationships say; supplied_by",
        "a build plug-in, `syft PATH -o spdx-json`, or the dependency graph of a GitHub repository",
        "spdxVersion or SPDXVersion, or JSON-LD with the context of SPDX 3",
        "knockon.loaders.software.spdx", _is_spdx, options=("strict",),
    ),
    Format(
        "debian", "Debian package index, plain or compressed; a folder of them; dpkg's status",
        "packages", "a package runs another (Depends, Pre-Depends)",
        "`apt-get indextargets` prints where they are; /var/lib/dpkg/status",
        "stanzas with Package, Version and Depends, or a folder with Packages files",
        "knockon.loaders.software.debian", _is_debian,
        "alternatives `a | b`, and the packages that provide a virtual one", binary=True,
    ),
)  # fmt: skip

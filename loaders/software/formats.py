"""Software: bills of materials and package indexes."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.parsing.probe import Probe

_CYCLONEDX = "http://cyclonedx.org/schema/bom"
_INDEX = re.compile(r"(^|_)Packages(\.(gz|xz|lz4|bz2))?$")


def _is_cyclonedx(seen: Probe) -> bool:
    if seen.looks_like_json:
        return '"CycloneDX"' in seen.text and "bomFormat" in seen.json_keys
    namespace, local = seen.xml_root
    return local == "bom" and namespace.startswith(_CYCLONEDX)


def _is_spdx(seen: Probe) -> bool:
    if seen.looks_like_json:  # keys may come in any order, and only the first 64 KB are seen
        third = "@graph" in seen.json_keys and '"spdxId"' in seen.text
        third |= "@context" in seen.json_keys and "spdx.org/rdf/3." in seen.text
        return third or bool({"spdxVersion", "SPDXID"} & set(seen.json_keys))
    local = seen.xml_root[1]
    if local:
        rdf = local == "RDF" and "http://spdx.org/rdf/terms" in seen.text
        return rdf or (local == "Document" and "<spdxVersion" in seen.text)
    return re.search(r"^[\"']?(spdxVersion|SPDXVersion|SPDXID)[\"']?:", seen.text, re.M) is not None


def _is_debian(seen: Probe) -> bool:
    if seen.is_folder:
        return any(_INDEX.search(name) for name in seen.names)
    text = seen.text
    if not text or seen.head.startswith(b"\x04\x22\x4d\x18"):
        from knockon.loaders.parsing.unpack import unpacked_head

        text = unpacked_head(seen.head).decode(errors="replace")
    fields = set(re.findall(r"^([\w-]+):", text, re.MULTILINE))
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

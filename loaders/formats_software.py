"""Software: bills of materials and package indexes."""

from knockon.loaders.formats import Format
from knockon.loaders.probe import Probe

_CYCLONEDX = "http://cyclonedx.org/schema/bom"


def _is_cyclonedx(seen: Probe) -> bool:
    if seen.looks_like_json:
        return '"CycloneDX"' in seen.text and "bomFormat" in seen.json_keys
    namespace, local = seen.xml_root
    return local == "bom" and namespace.startswith(_CYCLONEDX)


FORMATS: tuple[Format, ...] = (
    Format(
        "cyclonedx", "CycloneDX bill of materials (SBOM, SaaSBOM, HBOM), JSON or XML",
        "components, services, their suppliers and providers",
        "root contains component, component contains component, anything uses service, "
        "supplied_by, operated_by",
        "a build plug-in of cyclonedx.org, or `syft PATH -o cyclonedx-json`",
        "JSON with bomFormat CycloneDX, or XML with the root bom",
        "knockon.loaders.cyclonedx", _is_cyclonedx, options=("strict",),
    ),
)  # fmt: skip

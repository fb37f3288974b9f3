"""Strict validation of bills of materials by the official schemas: the option `--validate`.

CycloneDX: the schemas that cyclonedx-python-lib ships, held by jsonschema-rs (JSON) and lxml (XML).
SPDX 2.x: the rules of spdx-tools. Both come with `knockon[validate]`. Documents are read by
knockon's own guarded readers first, so that what would harm a parser never reaches one here.
"""

import json
from contextlib import redirect_stderr
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.scratch import Scratch
from knockon.loaders.parsing.source import Source

_INSTALL = "--validate needs more packages: pip install 'knockon[validate]'"
_PARSERS = {  # form of an SPDX document -> module of spdx-tools
    "json": "spdx_tools.spdx.parser.json.json_parser",
    "rdf": "spdx_tools.spdx.parser.rdf.rdf_parser",
    "tag-value": "spdx_tools.spdx.parser.tagvalue.tagvalue_parser",
    "xml": "spdx_tools.spdx.parser.xml.xml_parser",
    "yaml": "spdx_tools.spdx.parser.yaml.yaml_parser",
}


def validate_cyclonedx(source: Source, document: dict[str, Any], xml: bool) -> None:
    """Raise InputError with every breach of the schema of the version that the BOM states.

    document: what the file holds, for JSON
    """
    version = str(document["specVersion"])
    breaches = _xml_breaches(source, version) if xml else _json_breaches(document, version)
    _refuse(source, f"CycloneDX {version}", breaches)


def validate_spdx(source: Source, form: str, version: str, plain: Any = None) -> None:
    """Raise InputError with every breach of the rules of SPDX.

    form: `json`, `rdf`, `xml`, `yaml`, `tag-value`; plain: the document in JSON, for that form
    """
    if version.startswith("SPDX-3"):
        what = "--validate knows no schema of SPDX 3; it can be read without"
        raise InputError(f"{source.name}: {what}")
    parser: Any = _import(_PARSERS[form])
    plain_parser: Any = _import("spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser")
    validator: Any = _import("spdx_tools.spdx.validation.document_validator")
    error: Any = _import("spdx_tools.spdx.parser.error").SPDXParsingError
    try:
        with redirect_stderr(StringIO()):  # its parser generator speaks when it is first used
            if plain is not None:
                document = plain_parser.JsonLikeDictParser().parse(plain)
            else:
                document = _parse_file(parser, source)
        found = validator.validate_full_spdx_document(document)
    except error as fault:
        _refuse(source, version, [str(message) for message in fault.get_messages()])
    except Exception as fault:  # a parser of others, on a document that may break every rule
        _refuse(source, version, [str(fault) or type(fault).__name__])
    else:
        _refuse(source, version, [str(message.validation_message) for message in found])


def _parse_file(parser: Any, source: Source) -> Any:
    """The document that a parser of files reads; of a packed file, from its content."""
    if not source.packed:
        return parser.parse_from_file(str(source.path))
    with Scratch("document") as folder:
        path = folder / "document"
        path.write_bytes(source.data)
        return parser.parse_from_file(str(path))


def _refuse(source: Source, rules: str, breaches: list[str]) -> None:
    faults = [f"{source.name}: not valid {rules}: {clip(breach, 200)}" for breach in breaches]
    if faults:
        raise InputError.of(faults)


def _json_breaches(document: dict[str, Any], version: str) -> list[str]:
    validator = _json_validator(version)
    if validator is None:
        return [f"there is no JSON form of version {version}"]
    return [
        f"{'.'.join(map(str, error.instance_path)) or 'top'}: {error.message}"
        for error in validator.iter_errors(document)
    ]


@cache
def _json_validator(version: str) -> Any:
    """The compiled strict schema of a version, None where there is none."""
    rust: Any = _import("jsonschema_rs")
    shipped: Any = _import("cyclonedx.schema._res")
    file = {v.to_version(): f for v, f in shipped.BOM_JSON_STRICT.items()}.get(version)
    if file is None:
        return None
    parts = (shipped.SPDX_JSON, shipped.JSF, shipped.CRYPTOGRAPHY_DEFS)
    inner = [(f"http://cyclonedx.org/schema/{Path(p).name}", _json(p)) for p in parts]
    registry = rust.Registry(inner)
    return rust.Draft7Validator(_json(file), registry=registry, validate_formats=True)


def _json(file: str) -> Any:
    return json.loads(Path(file).read_text(encoding="utf-8"))


def _xml_breaches(source: Source, version: str) -> list[str]:
    etree: Any = _import("lxml.etree")
    schema = _xml_schema(version)
    # safe_xml has refused document types and entities before; nothing is fetched here either
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True
    )
    try:
        tree = etree.fromstring(source.data, parser)
    except etree.XMLSyntaxError as error:
        return [str(error)]
    if schema.validate(tree):
        return []
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


@cache
def _xml_schema(version: str) -> Any:
    etree: Any = _import("lxml.etree")
    shipped: Any = _import("cyclonedx.schema._res")
    file = {v.to_version(): f for v, f in shipped.BOM_XML.items()}[version]
    # xs:import names its file by an address; the one that is shipped beside it is meant
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    return etree.XMLSchema(etree.parse(file, parser))


def _import(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise InputError(_INSTALL) from error

"""Terraform state: the file (versions 3 and 4), and `terraform show -json` of it.

Version 4 lists resources with instances, version 3 (Terraform up to 0.11) modules with
`primary` instances (https://developer.hashicorp.com/terraform/language/state); the JSON of `show`
is https://developer.hashicorp.com/terraform/internals/json-format. `dependencies` and the older
`depends_on` name resources, absolute or within their module.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.terraform import Estate, config_of, module_of
from knockon.loaders.parsing.source import Source, SourceLike

MAX_MODULES = 64  # within each other

Stated: TypeAlias = tuple[str, dict[str, Any], str]
"""An instance: its address, its record, and the place of that."""


def read_terraform_state(source: SourceLike) -> Tables:
    """Resources of a state, what each depends on, and the providers that operate them.

    Raises InputError for other versions than 3 and 4; what cannot be used is counted.
    """
    source = Source.of(source)
    document = source.json
    if not isinstance(document, dict):
        raise InputError(f"{source.name}: expected a JSON object, the state of Terraform")
    estate = Estate(Rows(source.name, f"Terraform state {source.name}"))
    if "values" in document:
        version_of(document, source)
        values = document["values"]
        root = values.get("root_module", {}) if isinstance(values, dict) else None
        connect_stated(estate, add_module_values(estate, root, "values.root_module"))
    else:
        version = document.get("version")
        if version not in (3, 4) or isinstance(version, bool):
            raise InputError(
                f"{source.name}: version: expected a Terraform state of version 3 or 4, "
                f"got {clip(repr(version), 40)}"
            )
        (_version_3 if version == 3 else _version_4)(estate, document)
    return estate.tables(f"Terraform state {source.name}", "terraform state pull")


def version_of(document: dict[str, Any], source: Source) -> str:
    """The format version of JSON from `terraform show`, refused where it is absent or unknown."""
    version = document.get("format_version")
    if not isinstance(version, str) or not re.match(r"[01]\.", version):
        got = "none" if version is None else clip(repr(version), 40)
        raise InputError(f"{source.name}: format_version: expected 0.x or 1.x, got {got}")
    return version


def add_module_values(
    estate: Estate, module: Any, where: str, *, more_data: bool = False, depth: int = 0
) -> list[Stated]:
    """The resources of a module in `values` or `planned_values`, and of its child modules.

    more_data: only data sources, and of these only what the estate does not hold yet
    Returns what was added, with its record: `connect_stated` reads what that depends on.
    """
    if depth > MAX_MODULES:
        raise InputError(f"{estate.rows.file}: modules nested deeper than {MAX_MODULES}")
    if not isinstance(module, dict):
        estate.rows.findings.add("dropped", "a module that is no object", where)
        return []
    found: list[Stated] = []
    for place, record in estate.rows.walk_records(module, "resources", where):
        address, type_ = record.get("address"), record.get("type")
        if not isinstance(address, str) or not isinstance(type_, str) or not address.strip():
            estate.rows.findings.add("dropped", "a resource without address or type", place)
            continue
        if more_data and (record.get("mode") != "data" or config_of(address) in estate.instances):
            continue
        provider = record.get("provider_name")
        within = module.get("address")
        if isinstance(within, str) and not address.startswith(f"{within}."):
            address = f"{within}.{address}"  # Terraform 0.12 left module and instance out
        if not address.endswith("]"):
            address += instance_key(record.get("index"))
        estate.add(
            address, type_=type_, data=record.get("mode") == "data",
            provider=provider if isinstance(provider, str) else "", where=place,
        )  # fmt: skip
        found.append((address, record, place))
    for place, child in estate.rows.walk_records(module, "child_modules", where):
        found += add_module_values(estate, child, place, more_data=more_data, depth=depth + 1)
    return found


def _version_4(estate: Estate, document: dict[str, Any]) -> None:
    found: list[Stated] = []
    for place, record in estate.rows.walk_records(document, "resources", ""):
        parts = [record.get(key) for key in ("type", "name")]
        if not all(isinstance(p, str) and p for p in parts):
            estate.rows.findings.add("dropped", "a resource without type or name", place)
            continue
        data, module, provider = (record.get(k) for k in ("mode", "module", "provider"))
        base = ".".join(
            [*([module] if isinstance(module, str) and module else []),
             *(["data"] if data == "data" else []), *map(str, parts)]
        )  # fmt: skip
        for at, instance in estate.rows.walk_records(record, "instances", place):
            if instance.get("deposed"):
                estate.rows.findings.add("dropped", "a deposed instance, to be destroyed", at)
                continue
            address = base + instance_key(instance.get("index_key"))
            estate.add(
                address, type_=str(parts[0]), data=data == "data",
                provider=provider if isinstance(provider, str) else "", where=at,
            )  # fmt: skip
            found.append((address, instance, at))
    connect_stated(estate, found, "depends_on")


def _version_3(estate: Estate, document: dict[str, Any]) -> None:
    found: list[Stated] = []
    for place, module in estate.rows.walk_records(document, "modules", ""):
        path, resources = module.get("path"), module.get("resources")
        if not isinstance(path, list) or not isinstance(resources, dict):
            estate.rows.findings.add("dropped", "a module without path or resources", place)
            continue
        prefix = "".join(f"module.{name}." for name in path[1:])
        for key, record in resources.items():
            at = f"{place}.resources.{key}"
            parts = key.split(".")
            data = parts[0] == "data"
            if not isinstance(record, dict) or len(parts) < 2 + data:
                estate.rows.findings.add(
                    "dropped", "a resource that is no object or has no name", at
                )
                continue
            if not isinstance(record.get("primary"), dict):
                estate.rows.findings.add("dropped", "a resource without a primary instance", at)
                continue
            # the last part is the number of the instance, where the resource has a count
            name, index = parts[1 + data], parts[2 + data :]
            address = prefix + ".".join([*(["data"] if data else []), parts[data], name])
            address += f"[{index[0]}]" if index and index[0].isdigit() else ""
            provider = record.get("provider")
            estate.add(
                address, type_=parts[data], data=data,
                provider=provider if isinstance(provider, str) else "", where=at,
            )  # fmt: skip
            found.append((address, record, at))
    connect_stated(estate, found, "depends_on")


def instance_key(index: Any) -> str:
    if isinstance(index, bool) or not isinstance(index, int | str):
        return ""
    return f"[{index}]" if isinstance(index, int) else '["' + index.replace('"', '\\"') + '"]'


def connect_stated(estate: Estate, stated: Iterable[Stated], *relative: str) -> None:
    """What instances say that they depend on, resolved to absolute addresses.

    relative: keys under which a name that the file does not hold is one of the own module
    """
    for address, record, where in stated:
        module = config_of(module_of(address))
        for key in ("dependencies", "depends_on"):
            listed = record.get(key) or []
            if not isinstance(listed, list):
                estate.rows.findings.add("dropped", f"{key} that is no list", f"{where}.{key}")
                continue
            for number, name in enumerate(listed):
                at = f"{where}.{key}[{number}]"
                if not isinstance(name, str) or not name.strip():
                    estate.rows.findings.add("dropped", "a dependency that is no text", at)
                    continue
                own = module if key in relative else ""
                _need(estate, address, module, own, config_of(name.strip()), at)


def _need(estate: Estate, address: str, module: str, own: str, name: str, where: str) -> None:
    """module: of the instance; own: of what the file does not hold."""
    parts = name.split(".")
    if parts[0] != "module" and parts[-1].isdigit() and len(parts) > 2:
        name = ".".join(parts[:-1])  # version 3 counts with a dot
    # absolute since Terraform 0.13, before that a name within the module
    known = [n for n in (name, f"{module}.{name}") if n in estate.instances or n in estate.modules]
    found = known[0] if known else f"{own}.{name}" if own else name
    if found in estate.modules:
        estate.need_module(address, found, where)
    else:
        estate.need(address, found, where)

"""Terraform plan as JSON (`terraform show -json PLAN`).

https://developer.hashicorp.com/terraform/internals/json-format: `planned_values` holds the
instances, `configuration` what each resource refers to. References through variables and outputs
of modules are followed, those through `local` values cannot be: the JSON leaves them out, which is
counted. `prior_state` adds the data sources that were read before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.terraform import Estate, config_of
from knockon.loaders.operations.terraform_state import (
    MAX_MODULES,
    add_module_values,
    connect_stated,
    version_of,
)
from knockon.loaders.operations.terraform_values import connect_resources
from knockon.loaders.parsing.source import Source, SourceLike

_ALL = "*"  # after a module: depends_on of a module is on all that it holds
_NOTHING = ("count", "each", "path", "self", "terraform")  # references to no resource


def read_terraform_plan(source: SourceLike) -> Tables:
    """Resources as planned, what each refers to, and the providers that operate them.

    Raises InputError where the JSON has another shape; what cannot be followed is counted.
    """
    source = Source.of(source)
    document = source.json
    if not isinstance(document, dict):
        raise InputError(f"{source.name}: expected a JSON object, the plan of Terraform")
    version_of(document, source)
    configuration = document.get("configuration", {})
    if not isinstance(configuration, dict):
        raise InputError(f"{source.name}: configuration: expected an object")
    estate = Estate(Rows(source.name, f"Terraform plan {source.name}"))
    planned = document.get("planned_values", {})
    if not isinstance(planned, dict):
        raise InputError(f"{source.name}: planned_values: expected an object")
    stated = add_module_values(estate, planned.get("root_module", {}), "planned_values.root_module")
    prior = document.get("prior_state")
    values = prior.get("values") if isinstance(prior, dict) else None
    if isinstance(values, dict):  # data sources that were read before the plan stand only there
        where = "prior_state.values.root_module"
        stated += add_module_values(estate, values.get("root_module", {}), where, more_data=True)
    connect_stated(estate, stated)
    walk = _Walk(estate, configuration.get("provider_config"))
    root = _Scope("", configuration.get("root_module", {}), "configuration.root_module")
    for scope in walk.scopes(root):
        walk.add(scope)
    walk.connect()
    return estate.tables(f"Terraform plan {source.name}", "terraform show -json PLAN")


@dataclass(frozen=True, eq=False)
class _Scope:
    """A module of the configuration: `path` is its address without instance keys."""

    path: str
    module: dict[str, Any]
    where: str
    above: "_Scope | None" = None
    call: dict[str, Any] | None = None

    def within(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def calls(self) -> dict[str, Any]:
        calls = self.module.get("module_calls")
        return calls if isinstance(calls, dict) else {}

    def child(self, name: str) -> "_Scope | None":
        call = self.calls().get(name)
        module = call.get("module") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(module, dict):
            return None
        where = f"{self.where}.module_calls.{name}"
        return _Scope(self.within(f"module.{name}"), module, where, self, call)


class _Walk:
    """Follows references from the resources of a configuration to other resources."""

    def __init__(self, estate: Estate, providers: Any) -> None:
        self._estate = estate
        self._providers = providers if isinstance(providers, dict) else {}
        self._known: dict[str, _Scope] = {}
        self._below: dict[str, dict[str, str]] = {}  # names with what they refer to, and places
        self._values: set[str] = set()  # names that are no resources
        self._waiting: list[tuple[str, _Scope, list[str]]] = []  # values to look behind
        self._unplanned: set[str] = set()

    def scopes(self, root: _Scope) -> list[_Scope]:
        """The module and all that it calls."""
        found = [root]
        for scope in found:
            if not isinstance(scope.module, dict):
                raise InputError(f"{self._estate.rows.file}: {scope.where}: expected an object")
            if scope.path.count("module.") > MAX_MODULES:
                raise InputError(
                    f"{self._estate.rows.file}: modules nested deeper than {MAX_MODULES}"
                )
            self._known[scope.path] = scope
            found += [child for name in scope.calls() if (child := scope.child(name))]
        return found

    def add(self, scope: _Scope) -> None:
        """Each resource of the module with what it refers to."""
        for where, record in self._estate.rows.walk_records(scope.module, "resources", scope.where):
            address = record.get("address")
            if not isinstance(address, str) or not address:
                self._estate.rows.findings.add("dropped", "a resource without an address", where)
                continue
            resource = scope.within(address)
            if resource not in self._estate.instances:
                reason = "a resource of the configuration that no instance is planned of"
                self._estate.rows.findings.add("note", reason, f"{resource} at {where}")
                if record.get("mode") != "data":  # what is read may have been read before
                    self._unplanned.add(resource)
                continue
            for at, reference in self._find(scope, record):
                self._refer(resource, at, reference, where)

    def connect(self) -> None:
        """Resources with those behind the values that they refer to."""
        for name, scope, parts in self._waiting:  # which grows
            for at, reference in self._follow(name, scope, parts):
                self._refer(name, at, reference, scope.where)
        for tail, heads in self._below.items():
            for head in [head for head in heads if head in self._unplanned]:
                reason = "a dependency on a resource that no instance is planned of"
                where = heads.pop(head)
                self._estate.rows.findings.add("dropped", reason, f"{tail} on {head} at {where}")
        connect_resources(self._estate, self._below, lambda name: name not in self._values)

    def _find(self, scope: _Scope, record: dict[str, Any]) -> Iterator[tuple[_Scope, str]]:
        """The references of a resource, of its provider, and of the calls of its modules."""
        yield from ((scope, ref) for ref in _references(record))
        yield from self._of_modules(scope)
        key = record.get("provider_config_key")
        config = self._providers.get(key) if isinstance(key, str) else None
        if isinstance(config, dict):
            module = config.get("module_address")
            home = self._known.get(module if isinstance(module, str) else "", scope)
            yield from ((home, ref) for ref in _references(config))

    def _of_modules(self, scope: _Scope) -> Iterator[tuple[_Scope, str]]:
        """What the calls of the module and of those above say of all within: `depends_on`,
        `count` and `for_each`."""
        said = ("depends_on", "count_expression", "for_each_expression")
        while scope.above is not None:
            held = {key: (scope.call or {}).get(key) for key in said}
            yield from ((scope.above, ref) for ref in _references(held))
            scope = scope.above

    def _refer(self, name: str, scope: _Scope, reference: str, where: str) -> None:
        """A resource or a value refers to another one."""
        parts = config_of(reference).split(".")
        if parts[0] in _NOTHING or len(parts) < 2:
            return
        if parts[0] == "local":
            reason = "a reference through a local value, which the JSON of a plan leaves out"
            place = f"{clip(reference, 60)} at {where}"
            self._estate.rows.findings.add("note", reason, place)
            return
        parts = parts[: 3 if parts[0] in ("module", "data") else 2]
        head = scope.within(".".join(parts))
        if parts[0] in ("var", "module") and head not in self._values:
            self._values.add(head)
            self._waiting.append((head, scope, parts))
        self._below.setdefault(name, {}).setdefault(head, where)

    def _follow(self, name: str, scope: _Scope, parts: list[str]) -> list[tuple[_Scope, str]]:
        """The references behind a variable, an output, or all that a module holds."""
        if parts[0] == "var":
            values = (scope.call or {}).get("expressions")
            value = values.get(parts[1]) if isinstance(values, dict) else None
            return [] if scope.above is None else [(scope.above, r) for r in _references(value)]
        child = scope.child(parts[1])
        if child is None:
            return []
        if parts[2:] == [_ALL]:
            held = self._estate.modules.get(child.path, ())
            self._below.setdefault(name, {}).update(dict.fromkeys(held, scope.where))
        outputs = child.module.get("outputs")
        if not isinstance(outputs, dict):
            return []
        wanted = outputs.values() if parts[2:] in ([], [_ALL]) else [outputs.get(parts[2])]
        return [(child, r) for output in wanted for r in _references(output)]


def _references(value: Any) -> list[str]:
    """Every text in a list `references` or `depends_on`, however deep.

    Of `module.m.out` and `module.m`, which stand beside each other, the first says it all; a
    module in `depends_on` comes back as `module.m.*`.
    """
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            named = _texts(one.get("references"))
            found += [r for r in named if not any(o.startswith(f"{r}.") for o in named)]
            found += [
                f"{r}.{_ALL}" if config_of(r).count(".") == 1 and r.startswith("module.") else r
                for r in _texts(one.get("depends_on"))
            ]
            waiting += [v for k, v in one.items() if k != "constant_value"]
        elif isinstance(one, list):
            waiting += one
    return found


def _texts(value: Any) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []

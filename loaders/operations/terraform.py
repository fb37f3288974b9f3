"""What all Terraform readers share: addresses, kinds, and an estate of resources.

Addresses follow https://developer.hashicorp.com/terraform/cli/state/resource-addressing. The id
of an entity is its absolute address. A dependency in Terraform is between resources, not between
their instances, so a resource with `count` or `for_each` (or in a module that has them) is an
entity, too: its instances are a group of it that needs all of them, since no file says that one is
a spare of another. A provider that stands for an outside operator is an entity, and its resources
are `operated_by` it: an outage of AWS reaches what Terraform made there. A resource falls with its
only instance by definition. Attribute values hold secrets and are never carried on.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from knockon.graph.errors import clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import SHARED_FROM, Rows

# providers that only compute or write files: nobody operates them, so they make no dependency
LOCAL_PROVIDERS = {
    "archive", "cloudinit", "external", "local", "null", "random", "template", "terraform",
    "terraform_data", "time", "tls",
}  # fmt: skip
PROVIDER_KINDS = {
    "cloud_provider": (
        "alicloud", "aws", "awscc", "azapi", "azurerm", "digitalocean", "exoscale",
        "flexibleengine", "google", "google-beta", "hcloud", "ibm", "linode", "oci",
        "opentelekomcloud", "openstack", "ovh", "scaleway", "tencentcloud", "vultr",
    ),
    "cdn_provider": ("akamai", "cloudflare", "fastly"),
    "dns_provider": ("dns", "dnsimple", "ns1", "powerdns"),
    "identity_provider": ("auth0", "azuread", "keycloak", "okta"),
}  # fmt: skip
_KIND_OF_PROVIDER = {name: kind for kind, names in PROVIDER_KINDS.items() for name in names}
# words in the type of a resource that tell its kind, the first that fits
RESOURCE_KINDS = (
    ("data_store", {
        "bigtable", "blockstorage", "bucket", "cache", "cosmosdb", "database", "datastore", "db",
        "disk", "dynamodb", "ebs", "efs", "elasticache", "elasticsearch", "memcached", "mongodb",
        "mysql", "opensearch", "postgresql", "rds", "redis", "redshift", "s3", "spanner", "sql",
        "storage", "volume",
    }),
    ("network", {
        "alb", "elb", "firewall", "gateway", "lb", "loadbalancer", "network", "networking", "route",
        "route53", "router", "secgroup", "security", "subnet", "subnetwork", "vpc", "vpn",
    }),
)  # fmt: skip
_INDEX = re.compile(r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]")
_LAST_MODULE = re.compile(rf"\.?module\.[^.\[]+(?:{_INDEX.pattern})?$")
_RESOURCE = re.compile(r"(?:data\.)?[A-Za-z][\w-]*\.[^.\s*]+")
_PROVIDER = re.compile(r"(?:^|\.)provider(?:\.|\[\")([^\"\]]+)")


def config_of(address: str) -> str:
    """The address without instance keys: `module.m.aws_x.y` of `module.m["a"].aws_x.y[0]`."""
    return _INDEX.sub("", address)


def module_of(address: str) -> str:
    """`module.a.module.b[0]` of `module.a.module.b[0].aws_x.y`; empty in the root module."""
    found = re.match(rf"(?:module\.[^.\[]+(?:{_INDEX.pattern})?(?:\.|$))+", address)
    return found[0].rstrip(".") if found else ""


def provider_name(text: str) -> str:
    """`aws` of `provider["registry.terraform.io/hashicorp/aws"].east`, `provider.aws.east`,
    `module.m.provider.aws`, `registry.terraform.io/hashicorp/aws` and `aws.east`."""
    found = _PROVIDER.search(text)
    word = found[1] if found else text
    return word.rpartition("/")[2] if "/" in word else word.partition(".")[0]


def kind_of(resource_type: str) -> str:
    """The kind of a resource, told from the words of its type."""
    words = set(resource_type.split("_"))
    return next((kind for kind, signs in RESOURCE_KINDS if words & signs), "component")


@dataclass
class Estate:
    """Instances of resources by address, and which resources each depends on.

    A resource that only others name is kept: a state may hold a part of what is there.
    """

    rows: Rows
    instances: dict[str, list[str]] = field(default_factory=dict)  # resource -> addresses
    modules: dict[str, list[str]] = field(default_factory=dict)  # without keys -> resources
    _addresses: set[str] = field(default_factory=set)
    _needs: list[tuple[str, str, str]] = field(default_factory=list)
    _many: dict[str, tuple[dict[str, str], dict[str, str]]] = field(default_factory=dict)
    _providers: dict[str, str] = field(default_factory=dict)

    def add(self, address: str, *, type_: str, data: bool, provider: str, where: str) -> None:
        """One instance; `provider` may be empty. One that stands twice counts once."""
        resource = config_of(address)
        if resource not in self.instances:
            for module in _list_modules(resource):
                self.modules.setdefault(module, []).append(resource)
        known = self.instances.setdefault(resource, [])
        if address in self._addresses:
            self.rows.findings.add(
                "merged", "a resource that stands twice", f"{address} at {where}"
            )
            return
        known.append(address)
        self._addresses.add(address)
        self._entity(address, type_, data, where)
        name = provider_name(provider)
        if name and name not in LOCAL_PROVIDERS:
            self._providers.setdefault(name, where)
            self.rows.add_dependency(
                dependent=address, provider=f"provider.{name}", relation="operated_by", where=where
            )

    def need(self, dependent: str, resource: str, where: str) -> None:
        """This instance depends on this resource, an absolute address without instance keys."""
        self._needs.append((dependent, resource, where))

    def need_all(self, resource: str, providers: Mapping[str, str]) -> None:
        """All instances of a resource depend on all these resources, each with its place."""
        instances = self.instances.get(resource, [resource])
        self._need_product(f"needs of {resource}", dict.fromkeys(instances, ""), providers)

    def need_module(self, dependent: str, module: str, where: str) -> None:
        """This instance depends on all that a module holds, absolute without instance keys."""
        dependents, providers = self._many.setdefault(f"{module}.*", ({}, {}))
        dependents.setdefault(dependent, where)
        if not providers:
            providers |= dict.fromkeys(self.modules.get(module, ()), where)

    def note_dangling(self, resource: str, where: str) -> None:
        """Count a dependency on what is no resource by its name."""
        reason = "a dependency on a resource that the file does not hold"
        self.rows.findings.add("dropped", reason, f"{clip(resource, 80)} at {where}")

    def tables(self, title: str, told: str) -> Tables:
        if not self.instances:
            self.rows.findings.add("note", "no resources", self.rows.file)
        for resource, addresses in self.instances.items():
            if addresses != [resource]:
                self._join_instances(resource, addresses)
        for label, (dependents, providers) in self._many.items():
            self._need_product(label, dependents, providers)
        for dependent, resource, where in self._needs:
            if config_of(dependent) == resource:
                self.rows.findings.add("dropped", "a resource that depends on itself", where)
            elif self._hold(resource, where):
                self.rows.add_dependency(
                    dependent=dependent, provider=resource, relation="uses", where=where
                )
        for name, where in sorted(self._providers.items()):
            kind = _KIND_OF_PROVIDER.get(name, "platform")
            self.rows.add_entity(f"provider.{name}", where, name=name, kind=kind)
        return self.rows.build_tables(title, told)

    def _need_product(
        self, label: str, dependents: Mapping[str, str], providers: Mapping[str, str]
    ) -> None:
        """Each on each: through one entity of this label, where that would be very many."""
        if len(dependents) * len(providers) <= SHARED_FROM or len(dependents) == 1:
            for dependent, place in dependents.items():
                for provider, where in providers.items():
                    if config_of(dependent) != provider:
                        self._needs.append((dependent, provider, place or where))
            return
        places = list(providers.values())
        self.rows.add_entity(label, places[0], name=label, kind="value")
        for dependent, place in dependents.items():
            self.rows.add_dependency(
                dependent=dependent, provider=label, relation="uses", where=place or places[0]
            )
        for provider, where in providers.items():
            if self._hold(provider, where):
                self.rows.depend_by_definition(
                    dependent=label, provider=provider, relation="uses", where=where,
                    how="a list of what others depend on",
                )  # fmt: skip
        reason = "many resources depend on many: through one entity that stands for these"
        self.rows.findings.add("note", reason, clip(label, 80))

    def _hold(self, resource: str, where: str) -> bool:
        """Keep a resource or module that only others name; False for what can be neither."""
        if resource in self.instances or resource in self.rows.entities:
            return True
        module = module_of(resource)
        own = resource.removeprefix(module).removeprefix(".")
        if not _RESOURCE.fullmatch(own) and resource != (module or None):
            self.note_dangling(resource, where)
            return False
        reason = "a resource that the file does not hold: kept, since others depend on it"
        self.rows.findings.add("note", reason, f"{clip(resource, 80)} at {where}")
        if own:
            data = own.startswith("data.")
            self._entity(resource, own.removeprefix("data.").partition(".")[0], data, where)
        else:
            self.rows.add_entity(resource, where, kind="module")
        return True

    def _join_instances(self, resource: str, addresses: list[str]) -> None:
        first = self.rows.entities[addresses[0]]
        self.rows.entities.pop(resource, None)  # an instance of its own beside numbered ones
        self._entity(resource, first["resource_type"], first["mode"] == "data", resource)
        numbered = [address for address in addresses if address != resource]
        for address in numbered:
            self.rows.entities[address]["parent"] = resource
            ends = {"dependent": resource, "provider": address, "relation": "uses"}
            cells: dict[str, Any] = {"group": "instances", "needs": len(numbered)}
            if len(addresses) == 1:
                how = "a resource is its only instance"
                self.rows.depend_by_definition(**ends, where=address, how=how, **cells)
            else:
                self.rows.add_dependency(**ends, where=address, **cells)

    def _entity(self, address: str, type_: str, data: bool, where: str) -> None:
        module = module_of(address)
        self.rows.add_entity(
            address, where, kind=kind_of(type_), parent=module or None, resource_type=type_,
            mode="data" if data else "managed",
        )  # fmt: skip
        for one, above in pairwise((*_list_modules(address), None)):
            self.rows.add_entity(str(one), where, kind="module", parent=above)


def _list_modules(address: str) -> Iterator[str]:
    """The module that an address lies in, and those around it, the innermost first."""
    module = module_of(address)
    while module:
        yield module
        module = _LAST_MODULE.sub("", module)

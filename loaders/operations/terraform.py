"""What all Terraform readers share: addresses, kinds, and an estate of resources.

Addresses follow https://developer.hashicorp.com/terraform/cli/state/resource-addressing. The id
of an entity is its absolute address. A dependency in Terraform is between resources, not between
their instances, so a resource with `count` or `for_each` (or in a module that has them) is an
entity, too: its instances are a group of it that needs all of them, since no file says that one is
a spare of another. A provider that stands for an outside operator is an entity, and its resources
are `operated_by` it: an outage of AWS reaches what Terraform made there. Attribute values hold
secrets and are never carried on.
"""

import re
from dataclasses import dataclass, field

from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows

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
    """Instances of resources by address, and which resources each depends on."""

    rows: Rows
    instances: dict[str, list[str]] = field(default_factory=dict)  # resource -> addresses
    _needs: list[tuple[str, str, str]] = field(default_factory=list)
    _providers: dict[str, str] = field(default_factory=dict)

    def add(self, address: str, *, type_: str, data: bool, provider: str, where: str) -> None:
        """One instance; `provider` may be empty. One that stands twice counts once."""
        known = self.instances.setdefault(config_of(address), [])
        if address in known:
            self.rows.findings.add(
                "merged", "a resource that stands twice", f"{address} at {where}"
            )
            return
        known.append(address)
        self._entity(address, type_, data, where)
        name = provider_name(provider)
        if name and name not in LOCAL_PROVIDERS:
            self._providers.setdefault(name, where)
            self.rows.depend(
                dependent=address, provider=f"provider.{name}", relation="operated_by", where=where
            )

    def needs(self, dependent: str, resource: str, where: str) -> None:
        """This instance depends on this resource, an absolute address without instance keys."""
        self._needs.append((dependent, resource, where))

    def note_dangling(self, resource: str, where: str) -> None:
        reason = "a dependency on a resource that the file does not hold"
        self.rows.findings.add("dropped", reason, f"{resource} at {where}")

    def tables(self, title: str, told: str) -> Tables:
        if not self.instances:
            self.rows.findings.add("note", "no resources", self.rows.file)
        for resource, addresses in self.instances.items():
            if addresses != [resource]:
                self._join_instances(resource, addresses)
        for dependent, resource, where in self._needs:
            if resource not in self.instances:
                self.note_dangling(resource, where)
            elif config_of(dependent) == resource:
                self.rows.findings.add("dropped", "a resource that depends on itself", where)
            else:
                self.rows.depend(
                    dependent=dependent, provider=resource, relation="uses", where=where
                )
        for name, where in sorted(self._providers.items()):
            kind = _KIND_OF_PROVIDER.get(name, "platform")
            self.rows.entity(f"provider.{name}", where, name=name, kind=kind)
        return self.rows.tables(title, told)

    def _join_instances(self, resource: str, addresses: list[str]) -> None:
        first = self.rows.entities[addresses[0]]
        self.rows.entities.pop(resource, None)  # an instance of its own beside numbered ones
        self._entity(resource, first["resource_type"], first["mode"] == "data", resource)
        for address in addresses:
            if address == resource:
                continue
            self.rows.entities[address]["parent"] = resource
            self.rows.depend(
                dependent=resource, provider=address, relation="uses", where=address,
                group="instances", needs=len([a for a in addresses if a != resource]),
            )  # fmt: skip

    def _entity(self, address: str, type_: str, data: bool, where: str) -> None:
        module = module_of(address)
        self.rows.entity(
            address, where, kind=kind_of(type_), parent=module or None, resource_type=type_,
            mode="data" if data else "managed",
        )  # fmt: skip
        while module:
            above = re.sub(rf"\.?module\.[^.\[]+(?:{_INDEX.pattern})?$", "", module)
            self.rows.entity(module, where, kind="module", parent=above or None)
            module = above

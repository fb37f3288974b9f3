"""Dependencies that only what is written to pods tells: variables, arguments, ConfigMaps.

Nothing states there that one needs the other: a host is named, and the name is one of a Service.
Each is marked as such in its evidence, and all can be left out.
"""

from dataclasses import dataclass

from knockon.graph.errors import clip
from knockon.loaders.assembling.gather import SHARED_FROM
from knockon.loaders.operations.addresses import Host, find_hosts
from knockon.loaders.operations.kubernetes.cluster import AT_START, Cluster
from knockon.loaders.operations.kubernetes.hosts import Hosts
from knockon.loaders.operations.kubernetes.manifests import Manifest, get_map
from knockon.loaders.operations.kubernetes.pods import Written, find_written, pod_of
from knockon.loaders.operations.kubernetes.services import Services

_OWN = "an address of the Service that a workload is behind itself"
_NOWHERE = "an address that leads to nothing in the files: read as no dependency"


@dataclass(frozen=True)
class _Setting:
    """A host in a ConfigMap, under a key."""

    host: Host
    key: str
    manifest: Manifest
    line: int


class Writings:
    """Connects workloads with what is written to them."""

    def __init__(self, cluster: Cluster, services: Services, hosts: Hosts) -> None:
        self._cluster = cluster
        self._services = services
        self._hosts = hosts
        self._settings: dict[str, list[_Setting]] = {}  # by id of a ConfigMap
        self._given: dict[tuple[str, str], list[tuple[str, Manifest, Written]]] = {}

    def connect(self) -> None:
        for top, members in self._cluster.workloads().items():
            for one in members:
                for written in find_written(pod_of(one)):
                    if written.config:
                        self._give(top, one, written)
                    for host in written.hosts:
                        where = one.at(written.line)
                        self._link(top, host, one, written.what, where, starts=written.starts)
        for (config, key), given in self._given.items():
            self._connect_config(config, key, given)
        for config in self._cluster.others("ConfigMap").keys() - {c for c, _ in self._given}:
            for setting in self._read(config)[:1]:
                reason = "addresses in a ConfigMap that no workload of the files is given"
                place = setting.manifest.at(setting.line)
                self._cluster.rows.findings.add("note", reason, f"{config} at {place}")

    def _give(self, top: str, manifest: Manifest, written: Written) -> None:
        config = self._cluster.find("ConfigMap", written.config, manifest.namespace)
        if config is not None:
            self._given.setdefault((config, written.key), []).append((top, manifest, written))

    def _connect_config(
        self, config: str, key: str, given: list[tuple[str, Manifest, Written]]
    ) -> None:
        settings = [one for one in self._read(config) if key in ("", one.key)]
        users = {top: (manifest, written) for top, manifest, written in reversed(given)}
        if len(settings) * len(users) > SHARED_FROM:
            self._share(config, settings)
            return
        for top, (manifest, written) in users.items():
            for one in settings:
                name = config.rpartition("/")[2]
                what = f"{written.what} from ConfigMap {clip(name, 60)}, {clip(one.key, 60)}"
                place = one.manifest.at(one.line)
                self._link(top, one.host, manifest, what, place, starts=written.starts)

    def _share(self, config: str, settings: list[_Setting]) -> None:
        """Many workloads that are given many addresses depend on them through the ConfigMap."""
        reason = "a ConfigMap through which many workloads depend on the many addresses in it"
        self._cluster.rows.findings.add("note", reason, f"{config} at {settings[0].manifest.where}")
        for one in settings:
            what = f"ConfigMap, {clip(one.key, 60)}"
            self._link(config, one.host, one.manifest, what, one.manifest.at(one.line))

    def _read(self, config: str) -> list[_Setting]:
        """The hosts that the data of a ConfigMap names, each with its key."""
        if config not in self._settings:
            self._settings[config] = [
                _Setting(host, key, one, data.lines.get(key, data.line))
                for one in self._cluster.objects.get(config, ())
                if (data := get_map(one.body, "data")) is not None
                for key, value in data.items()
                if isinstance(value, str)
                for host in find_hosts(value, key, strict="\n" in value.strip())
            ]
        return self._settings[config]

    def _link(
        self, top: str, host: Host, manifest: Manifest, what: str, where: str,
        *, starts: bool = False,
    ) -> None:  # fmt: skip
        provider = self._hosts.find(host, manifest, where)
        findings, place = self._cluster.rows.findings, f"{clip(host.name, 60)}: {what}, {where}"
        if provider is None:
            if host.how == "url":
                findings.add("note", _NOWHERE, place)
        elif starts:
            findings.add("dropped", AT_START, place)
        elif provider == top or top in self._services.behind.get(provider, ()):
            findings.add("note", _OWN, place)
        elif not self._cluster.is_linked(top, provider):
            self._cluster.link(top, provider, "uses", where, evidence=f"{what}, {where}")

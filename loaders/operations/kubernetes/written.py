"""Dependencies that only what is written to pods tells: variables, arguments, ConfigMaps, Secrets.

Nothing states there that one needs the other: a host is named, and the name is one of a Service.
Each is marked as such in its evidence, and all can be left out. Of a Secret nothing is told but
that it names a Service which the files hold.
"""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

from knockon.graph.errors import clip
from knockon.graph.model.tables import UNREAD
from knockon.loaders.assembling.gather import SHARED_FROM
from knockon.loaders.operations.addresses import Host, find_hosts
from knockon.loaders.operations.kubernetes.cluster import AT_START, Cluster
from knockon.loaders.operations.kubernetes.hosts import Hosts
from knockon.loaders.operations.kubernetes.manifests import Manifest, get_map, get_texts
from knockon.loaders.operations.kubernetes.pods import Written, find_pod, find_written
from knockon.loaders.operations.kubernetes.services import Services

_OWN = "an address of the Service that a workload is behind itself"
_NOWHERE = f"an address that leads to nothing in the files: {UNREAD}"


@dataclass(frozen=True)
class _Setting:
    """A host in a ConfigMap or a Secret, under a key."""

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
        self._settings: dict[str, list[_Setting]] = {}  # by id of a ConfigMap or Secret
        self._given: dict[tuple[str, str], list[tuple[str, Manifest, Written]]] = {}

    def connect(self) -> None:
        for top, members in self._cluster.list_workloads().items():
            for one in members:
                for written in find_written(find_pod(one)):
                    if written.kind:
                        self._give(top, one, written)
                    for host in written.hosts:
                        where = one.at(written.line)
                        self._link(top, host, one, written.what, where, starts=written.starts)
        for (config, key), given in self._given.items():
            self._connect_config(config, key, given)
        for config in self._cluster.list_objects("ConfigMap").keys() - {c for c, _ in self._given}:
            for setting in self._read(config)[:1]:
                reason = "addresses in a ConfigMap that no workload of the files is given"
                place = setting.manifest.at(setting.line)
                self._cluster.rows.findings.add("note", reason, f"{config} at {place}")

    def _give(self, top: str, manifest: Manifest, written: Written) -> None:
        config = self._cluster.find(written.kind, written.name, manifest.namespace)
        if config is not None:
            self._given.setdefault((config, written.key), []).append((top, manifest, written))

    def _connect_config(
        self, config: str, key: str, given: list[tuple[str, Manifest, Written]]
    ) -> None:
        settings = [one for one in self._read(config) if key in ("", one.key)]
        users = {top: (manifest, written) for top, manifest, written in reversed(given)}
        if len(settings) * len(users) > SHARED_FROM:
            self._share(config, settings, users)
            return
        for top, (manifest, written) in users.items():
            for one in settings:
                holder = f"{written.kind} {clip(written.name, 60)}, {clip(one.key, 60)}"
                place = one.manifest.at(one.line)
                what = f"{written.what} from {holder}"
                self._link(top, one.host, manifest, what, place, starts=written.starts)

    def _share(
        self, config: str, settings: list[_Setting], users: dict[str, tuple[Manifest, Written]]
    ) -> None:
        """Many workloads that are given many addresses depend on them through what holds these."""
        reason = "what holds many addresses for many workloads: they depend on these through it"
        self._cluster.rows.findings.add("note", reason, f"{config} at {settings[0].manifest.where}")
        for top, (manifest, written) in users.items():
            if not written.starts and not self._cluster.is_linked(top, config):
                self._cluster.link(top, config, "uses", manifest.at(written.line))
        for one in settings:
            what = f"{one.manifest.kind}, {clip(one.key, 60)}"
            self._link(config, one.host, one.manifest, what, one.manifest.at(one.line))

    def _read(self, config: str) -> list[_Setting]:
        """The hosts that the data of a ConfigMap or Secret names, each with its key."""
        if config not in self._settings:
            self._settings[config] = [
                _Setting(host, key, one, line)
                for one in self._cluster.objects.get(config, ())
                for key, value, line in _read_values(one)
                for host in find_hosts(value, key, strict="\n" in value.strip())
            ]
        return self._settings[config]

    def _link(
        self, top: str, host: Host, manifest: Manifest, what: str, where: str,
        *, starts: bool = False,
    ) -> None:  # fmt: skip
        secret = " from Secret " in what or manifest.kind == "Secret"
        provider = self._hosts.find(host, manifest, where, make=not secret)
        count, place = self._cluster.count, f": {what}, {where}"
        if provider is None:
            if host.how != "word" and not secret:
                count(top, "note", _NOWHERE, host.name, place)
        elif starts:
            count(top, "dropped", AT_START, host.name, place)
        elif provider == top or top in self._services.behind.get(provider, ()):
            count(top, "note", _OWN, host.name, place)
        elif not self._cluster.is_linked(top, provider):
            self._cluster.link(top, provider, "uses", where, evidence=f"{what}, {where}")


def _read_values(config: Manifest) -> Iterator[tuple[str, str, int]]:
    """Key, text and line of all that a ConfigMap or a Secret holds."""
    for holder in ("data", "stringData"):
        data = get_map(config.body, holder)
        for key, value in get_texts(data).items():
            text = value
            if config.kind == "Secret" and holder == "data":
                try:
                    text = b64decode(value, validate=True).decode()
                except ValueError:
                    continue
            yield key, text, data.lines.get(key, data.line) if data is not None else 1

"""Docker Compose projects: a file, or a folder with `compose.yaml` and its override.

https://github.com/compose-spec/compose-spec. The id of a service is `project/service`, where the
project is called by `name` or else by its folder, as Compose itself does. In a folder the first of
DEFAULT_FILES is read with its override laid over it; further overlays (`-f` of Compose) are
further sources: the ids are the same, so they join.

An image that is not built here is software that a service `runs`: the service survives an outage
of the registry, but not a bad update of the image. A dependency on a job that must only have
completed (`service_completed_successfully`) is none at run time, and one with `required: false`
is none at all: both are counted and left out. A host that a variable or a command names is a
dependency where a service of the project is called so (`compose_hosts`).
"""

import re
from pathlib import Path

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.assembling.images import Images, split_image
from knockon.loaders.operations.compose_hosts import Names, connect_written
from knockon.loaders.operations.compose_service import CONTAINER, NOT_REQUIRED, Service
from knockon.loaders.operations.compose_services import Project
from knockon.loaders.parsing.source import Source, SourceLike

DEFAULT_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_ALIKE = re.compile(r"(docker-)?compose[.-].*\.ya?ml")
LEFT_OUT = {
    "service_completed_successfully": "counts at the start only",
    NOT_REQUIRED: "the service gets by without",
}
# their key for a dependency, and the relation that it becomes
RELATIONS = {
    "depends_on": "uses",
    "links": "uses",
    "volumes_from": "uses",
    "external_links": "uses",
    "network_mode": "hosted_on",
    "ipc": "hosted_on",
    "pid": "hosted_on",
}
CRITICALITY = "criticality"  # of a label, or of OTEL_RESOURCE_ATTRIBUTES, the last word
DATA_STORES = {
    "cassandra", "clickhouse", "cockroach", "couchdb", "elasticsearch", "etcd", "influxdb",
    "kafka", "mariadb", "memcached", "minio", "mongo", "mssql", "mysql", "neo4j", "opensearch",
    "postgis", "postgres", "postgresql", "rabbitmq", "redis", "timescaledb", "valkey",
}  # fmt: skip


def read_compose(source: SourceLike, no_environment: bool = False) -> Tables:
    """Services, the images and named volumes that they use, and what they depend on.

    no_environment: leave out what only environment variables and commands say
    Raises InputError where a file is no Compose file; what is not read is counted.
    """
    source = Source.of(source)
    folder, files, others = _find_files(source)
    rows = Rows("", f"Docker Compose {folder.resolve().name}")
    project = Project(source, folder, rows.findings)
    services: dict[str, Service] = {}
    for file in files:
        for name, service in project.read_services(project.root / file.name).items():
            services[name] = services[name].merge(service) if name in services else service
    services = {name: service for name, service in services.items() if not service.removed}
    if not services:  # an overlay that is all comments must not stop those beside it
        rows.findings.add("note", "no services", files[0].name)
    for other in others:
        reason = "a Compose file beside that is not laid over; --with adds it"
        rows.findings.add("note", reason, other)
    given = project.read_variables(project.root / files[0].name).get("COMPOSE_PROJECT_NAME")
    title = given or project.name or re.sub(r"[^a-z0-9_-]", "", folder.resolve().name.lower())
    names, images = Names(title, services), Images(rows)
    for name, service in services.items():
        _add(rows, images, title, name, service)
        _connect(rows, title, name, service, services, names)
    images.name_digests()
    if not no_environment:
        connect_written(rows, title, services, names)
    return rows.build_tables(
        f"Compose project {clip(title, 60)}", "the Compose files of the project"
    )


def _find_files(source: Source) -> tuple[Path, list[Path], list[str]]:
    """The folder of the project, the files to read in order, and names of those left out."""
    path = source.path
    if not source.is_folder:
        return path.parent, [path], []
    names = sorted(child.name for child in path.iterdir() if child.is_file())
    main = next((name for name in DEFAULT_FILES if name in names), None)
    if main is None:
        raise InputError(f"{source.name}: expected one of {', '.join(DEFAULT_FILES)}")
    stem = main.rpartition(".")[0]
    over = next((n for n in (f"{stem}.override.yaml", f"{stem}.override.yml") if n in names), None)
    read = [main, *([over] if over else [])]
    return path, [path / n for n in read], [n for n in names if _ALIKE.match(n) and n not in read]


def _add(rows: Rows, images: Images, project: str, name: str, service: Service) -> None:
    """A service with its image, and what its data and settings lie in."""
    identifier = f"{project}/{name}"
    image, _ = split_image(service.image)
    rows.add_entity(
        identifier, service.where, name=name,
        # an overlay may say neither
        kind=_guess_kind(image) if service.imaged or service.builds else None,
        image=service.image or None, criticality=_find_criticality(service),
        replicas=service.replicas, profiles=service.profiles,
    )  # fmt: skip
    if service.image and not service.builds:
        images.run(identifier, service.image, service.where)
    for (kind, part), where in service.parts.items():
        provider = f"{project}/{kind}:{part}"
        ours = "data_store" if kind == "volume" else "component"
        rows.add_entity(provider, where, name=part, kind=ours)
        rows.add_dependency(dependent=identifier, provider=provider, relation="uses", where=where)


def _connect(
    rows: Rows, project: str, name: str, service: Service, services: dict[str, Service],
    names: Names,
) -> None:  # fmt: skip
    """A service with those that it says it needs."""
    for (key, target), (condition, where) in service.needs.items():
        if not target:  # `network_mode: host` and the like
            continue
        if condition in LEFT_OUT:
            reason = f"a dependency that {LEFT_OUT[condition]} ({condition})"
            rows.findings.add("dropped", reason, f"{name} on {target} at {where}")
            continue
        container = target.startswith(CONTAINER)
        known = names.find(target, name) if container else target
        # a container of another project is called by its own name
        provider = f"{project}/{known}" if known is not None else target.removeprefix(CONTAINER)
        if known is not None and known not in services:
            reason = "a dependency on a service that these files do not define"
            rows.findings.add("note", reason, f"{name} on {clip(target, 60)} at {where}")
        ends = {"dependent": f"{project}/{name}", "provider": provider}
        if key == "network_mode":
            how = "a network that is another container's"
            rows.depend_by_definition(
                **ends, relation=RELATIONS[key], where=where, how=how, condition=condition
            )
        else:
            rows.add_dependency(**ends, relation=RELATIONS[key], where=where, condition=condition)


def _guess_kind(image: str) -> str:
    words = set(re.split(r"[^a-z0-9]+", image.rpartition("/")[2].lower()))
    return "data_store" if words & DATA_STORES else "service"


def _find_criticality(service: Service) -> str | None:
    attributes, _ = service.environment.get("OTEL_RESOURCE_ATTRIBUTES", ("", ""))
    pairs = (pair.partition("=") for pair in attributes.split(","))
    told = {key.strip(): value.strip() for key, _, value in pairs} | service.labels
    found = (v for k, v in told.items() if k.rpartition(".")[2].lower() == CRITICALITY and v)
    return next(found, None)

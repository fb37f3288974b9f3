"""A graph as bytes with a digest, and back; digests of the sources that it was read from."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Finding
from knockon.graph.scratch import Scratch
from knockon.loaders.merge import load_tables
from knockon.loaders.native.write import write_folder

MOST = 64 * 2**20  # bytes of a packed graph that is kept
_PIECE = 1 << 20
GONE = "gone"


@dataclass(frozen=True)
class Packed:
    """digest: of the tables, whatever form they came in; content: a ZIP of the native folder, None
    where it would be too large to keep; report: JSON."""

    digest: str
    content: bytes | None
    report: str


def pack_graph(graph: DependencyGraph) -> Packed:
    """The graph as bytes; the same graph gives the same ones."""
    made, digest = io.BytesIO(), sha256()
    with Scratch("pack") as folder, ZipFile(made, "w") as archive:
        write_folder(graph.tables, folder)
        for path in sorted(folder.iterdir()):
            content = path.read_bytes()
            digest.update(f"{path.name}:{len(content)}:".encode())
            digest.update(content)
            archive.writestr(ZipInfo(path.name), content, ZIP_DEFLATED)
    packed = made.getvalue()
    report = json.dumps([asdict(finding) for finding in graph.report])
    digest.update(report.encode())
    return Packed(digest.hexdigest(), packed if len(packed) <= MOST else None, report)


def unpack_graph(content: bytes, report: str) -> DependencyGraph:
    """The graph that was packed, with the report of its first load."""
    with Scratch("pack") as folder:
        with ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                (folder / Path(name).name).write_bytes(archive.read(name))
        tables = load_tables([str(folder)])
    findings = (f | {"examples": tuple(f["examples"])} for f in json.loads(report))
    told = tuple(Finding(**finding) for finding in findings)
    return DependencyGraph.from_tables(replace(tables, report=told), checked=True)


def digest_sources(sources: Sequence[str]) -> dict[str, str]:
    """SHA-256 of each source: of a file, of all files of a folder, `gone` where it is not there;
    an address of a database or a service has none, and is left out."""
    return {str(s): _digest_path(Path(s)) for s in sources if "://" not in str(s)}


def _digest_path(path: Path) -> str:
    if path.is_file():
        return _digest_file(path)
    if not path.is_dir():
        return GONE
    whole = sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        whole.update(f"{file.relative_to(path)}:{_digest_file(file)}\n".encode())
    return whole.hexdigest()


def _digest_file(path: Path) -> str:
    whole = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.hexdigest()

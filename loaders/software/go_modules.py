"""`go mod graph`: a line for each requirement of the modules of a build, `module@v module@v`.

https://go.dev/ref/mod#go-mod-graph. The main module has no version; `go` and `toolchain` are the
language and the compiler that a module wants. What is listed are requirements: of a module that is
required in several versions, go builds with the highest (minimal version selection), and says which
in `go list -m all`. All versions are kept, and those of several told.
"""

import re

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import Tables
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.packages import Packages

MAX_BYTES = 256 * 1024 * 1024
LINE = re.compile(r"[^\s@]+(?:@\S+)?[ \t]+[^\s@]+(?:@\S+)?")
_TOOLS = ("go", "toolchain")


def read_go_modules(source: SourceLike) -> Tables:
    """The modules of a build, each version an entity, and who requires whom.

    Raises InputError with the line of what is no pair of modules, and for more than MAX_BYTES.
    """
    source = Source.of(source)
    source.refuse_larger(MAX_BYTES, "text")
    packages = Packages("golang", "", f"go mod graph {source.name}")
    ids: dict[str, str] = {}
    versions: dict[str, dict[str, None]] = {}
    for number, line in enumerate(source.text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{source.name}:{number}"
        if not LINE.fullmatch(line.strip()):
            found = clip(line.strip(), 60)
            raise InputError(f"{where}: expected two modules such as 'a@v1 b@v2', found {found!r}")
        ends = line.split()
        for written in ends:
            if written not in ids:
                module, _, version = written.partition("@")
                kind = "platform" if module in _TOOLS else "component"
                kind = kind if version else "application"
                ids[written] = packages.add(module, version, where, kind)
                versions.setdefault(module, {})[version] = None
        packages.need(ids[ends[0]], ids[ends[1]], where)
    for module, several in versions.items():
        if len(several) > 1 and module not in _TOOLS:
            reason = "a module that is required in several versions: go builds with the highest"
            packages.findings.add("note", reason, f"{clip(module, 60)} {some(several)}")
    return packages.build_tables(f"Go modules of {clip(source.name, 60)}", "go mod graph")

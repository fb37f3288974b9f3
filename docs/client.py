"""Makes the parts of client/ that follow from others: its models, and its client without `async`.

python docs/client.py           writes both
python docs/client.py --check   ends with 1 where they are not current
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from knockon.api.rest.app import create_app

CLIENT = Path(__file__).resolve().parent.parent / "client"
ASYNC = CLIENT / "asynchronous.py"
_HEAD = '"""{}\n\nMade by docs/client.py from {}: not to be edited.\n"""\n'
_WORDS: Mapping[str, str] = {
    "async def": "def", "async with": "with", "async for": "for", "await ": "",
    "AsyncIterator": "Iterator", "AsyncClient": "Client", "AsyncJob": "Job",
    "__aenter__": "__enter__", "__aexit__": "__exit__", "__aiter__": "__iter__",
    "aclose": "close", "asyncio.sleep": "time.sleep", "import asyncio": "import time",
    "Callable[[float], Awaitable[None]]": "Callable[[float], None]", "Awaitable, ": "",
}  # fmt: skip
"""What stands in the place of what, where nothing is waited for."""


def build_document() -> dict[str, Any]:
    """The OpenAPI document of a server without graphs, whose names and kinds are no types."""
    document = create_app({}).openapi()
    return _drop_examples(document)


def _drop_examples(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k != "example" and not (k == "enum" and not v)}
        return {k: _drop_examples(v) for k, v in kept.items()}
    return [_drop_examples(item) for item in value] if isinstance(value, list) else value


def write_models(document: dict[str, Any]) -> str:
    """The schemas of the document as TypedDicts: types without cost, and plain JSON at run time."""
    with TemporaryDirectory() as folder:
        source, made = Path(folder) / "openapi.json", Path(folder) / "models.py"
        source.write_text(json.dumps(document), encoding="utf-8")
        command = [
            sys.executable, "-W", "ignore", "-m", "datamodel_code_generator",
            "--input", str(source), "--input-file-type", "openapi", "--output", str(made),
            "--output-model-type", "typing.TypedDict", "--target-python-version", "3.11",
            "--disable-timestamp", "--use-schema-description", "--enum-field-as-literal", "all",
            "--no-use-closed-typed-dict", "--no-formatters",
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, text=True)
        text = made.read_text(encoding="utf-8")
    body = text[text.index("from __future__") :]
    head = _HEAD.format("What the server takes and gives, as types.", "its OpenAPI document")
    return _format(head + body, "models.py")


def write_plain(source: str) -> str:
    """The client without `async`, line by line the same."""
    body = source[source.index('"""\n', 3) + 4 :]
    body = re.sub("|".join(map(re.escape, _WORDS)), lambda found: _WORDS[found[0]], body)
    head = _HEAD.format("A client that waits for each answer.", ASYNC.name)
    return _format(head + body, "synchronous.py")


def _format(text: str, name: str) -> str:
    """As `make check` wants it; long lines are what the document says."""
    for command in (["check", "--fix", "--exit-zero"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "-q", "--stdin-filename", f"client/{name}"]
        done = subprocess.run(
            [*ruff, "-"], input=text, capture_output=True, text=True, check=True,
            cwd=CLIENT.parent,
        )  # fmt: skip
        text = done.stdout
    return text


def made() -> dict[Path, str]:
    """The files as they should be."""
    return {
        CLIENT / "models.py": write_models(build_document()),
        CLIENT / "synchronous.py": write_plain(ASYNC.read_text(encoding="utf-8")),
    }


def main() -> int:
    stale = []
    for path, text in made().items():
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        sys.stderr.write(f"not current: {', '.join(stale)}; run `python docs/client.py`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

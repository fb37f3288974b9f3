"""Hooks of mkdocs: what the pages show but docs/ does not hold.

The README files of the samples and the CHANGELOG stand beside what they are about, so that they
read well there; here they become pages. Pictures of the gallery are drawn by the commands above
them.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = (
    "samples/*/README.md",
    "samples/*/*.svg",
    "samples/*/*.csv",
    "tests/bench/*.svg",
    "CHANGELOG.md",
)
DRAWN = "out/"  # where the commands of the gallery write


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages and pictures that stand elsewhere, and those that the gallery draws."""
    for pattern in ELSEWHERE:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    for name in draw_gallery((ROOT / "docs" / "gallery.md").read_text()):
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links that lead out of docs/ in the checkout lead to the same page of the site."""
    return markdown.replace("](../", "](") if "/" not in page.file.src_uri else markdown


def draw_gallery(text: str) -> list[str]:
    """Runs the commands of the gallery; the names of the pictures that it shows.

    Raises: CalledProcessError, with what the command said, where one fails."""
    (ROOT / DRAWN).mkdir(exist_ok=True)
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        for line in block.splitlines():
            words = [sys.executable, "-c", "from knockon.api.start import main; main()"]
            subprocess.run(
                [*words, *shlex.split(line)[1:]], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
            )
    return re.findall(rf"\]\(({DRAWN}[\w-]+\.svg)\)", text)

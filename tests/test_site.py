"""The pages of docs/ as a site: it builds without a warning, and asks nothing of another host."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

pytest.importorskip("mkdocs", reason="the site wants knockon[docs]")


@pytest.mark.slow
def test_the_site_builds_and_needs_no_other_host(tmp_path: Path) -> None:
    """Strictly: a link that leads nowhere, or a picture that no command draws, is an error."""
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    loaded = r'<(?:script|img|iframe)[^>]*\bsrc="https?:|<link[^>]*stylesheet[^>]*href="https?:'
    assert len(pages) > 20
    assert [p.name for p in pages if re.search(loaded, p.read_text())] == []
    assert "gallery.html" in {p.name for p in pages}

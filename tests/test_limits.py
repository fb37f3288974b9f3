"""The limits page says what the constants say."""

import subprocess
import sys

from tests.paths import ROOT


def test_the_limits_page_is_current() -> None:
    """`python docs/limits.py` writes it."""
    done = subprocess.run([sys.executable, ROOT / "docs" / "limits.py", "--check"])
    assert done.returncode == 0

"""Where things lie that tests read."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
SAMPLES = ROOT / "samples"
GOLDEN = TESTS / "golden"
BENCH = TESTS / "bench"
DATA = ROOT.parent / "shared" / "data"  # files that others made; tests that read them skip without

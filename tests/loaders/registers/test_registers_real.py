"""Every real file of a register loads with a report that adds up, or fails in one clear line."""

from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from tests.loaders.sums import added_up
from tests.paths import DATA

SHARED = DATA
FOLDERS = [SHARED / name for name in ("dora", "web", "fedramp")]
SOURCES = sorted(
    path for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*")
    if path.is_file() or path.name == "webdep-us-2023"
)  # fmt: skip
# these are sources by themselves; the others are described in SOURCE.txt as parts or notes
LOAD = {
    "test2_in.zip": 15, "2024-07-17.json": 2, "2025-07-01.json": 2, "us-dns-202304": 1,
    "us-ca-202304": 1, "us-cdn-202304": 1, "last_DNS_data": 1, "webdep-us-2023": 9,
}  # fmt: skip


@pytest.mark.skipif(not SOURCES, reason=f"the real files are not at {SHARED}")
@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_real_files(path: Path) -> None:
    """No traceback, nothing lost without a reason."""
    if path.name in LOAD:
        tables = load_tables([path])
        sums = added_up(tables.report)
        assert len(sums) == LOAD[path.name]
        assert all(read > 0 for read, _ in sums.values())
        assert tables.dependencies.height
        return
    with pytest.raises(InputError) as caught:
        load_tables([path])
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)

"""The DORA register of information."""

import re
from collections.abc import Iterator
from pathlib import Path

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

_NAME = r"(?:b|rt)[ ._-]?(0[1-7]|99)[._-](0[1-3])(?!\d)"
TABLE = re.compile(rf"(?:^|/){_NAME}(?:[ _(-][^/]*)?\.csv$", re.IGNORECASE)
"""A file that holds a table: `b_05.02.csv`, `RT.05.02.csv`, `B_05.02 (1).csv`."""
SHEET = re.compile(_NAME, re.IGNORECASE)
"""What the name of a sheet begins with that holds a table: `B_05.02`, `RT.05.02 Supply chain`."""
_SHEETS = re.compile(r"""\sname=["']([^"']{1,200})["']""")

_CERTAIN = {("02", "02"), ("05", "02")}  # a sheet of contracts or of a supply chain says enough


def find_tables(folder: Path) -> Iterator[Path]:
    """Tables in the folder, in its `reports`, or one folder below, as packages unpack."""
    for pattern in ("*", "reports/*", "*/reports/*"):
        yield from (p for p in sorted(folder.glob(pattern)) if TABLE.search(p.name))


def _is_dora(source: Source) -> bool:
    """A folder, ZIP archive or workbook with tables of a register, told from names only."""
    if source.is_folder:
        return next(find_tables(source.path), None) is not None
    if any(TABLE.search(name.replace("\\", "/")) for name in source.zip_names):
        return True
    workbook = "xl/workbook.xml"
    if workbook not in source.zip_names:
        return False
    named = _SHEETS.findall(source.peek_zip(workbook).decode("utf-8", "replace"))
    found = {match.groups() for name in named if (match := SHEET.match(name.strip()))}
    return len(found) > 1 or bool(found & _CERTAIN)


FORMATS = (
    Format(
        name="dora",
        what="DORA register of information: the ICT contracts of financial entities",
        entities="financial entities, branches, functions, services under contract, providers",
        dependencies="function uses service, service operated_by provider, "
        "service supplied_by subcontractor's",
        export="the plain-CSV package that goes to the authority (ZIP or folder), or the "
        "filled-in Excel template; sheets may be named b_05.02, B_05.02 or RT.05.02",
        sign="a ZIP, folder or workbook with tables b_01.01 to b_07.01 (also B_, RT.)",
        module="knockon.loaders.registers.dora.reader",
        matches=_is_dora,
        binary=True,
    ),
)

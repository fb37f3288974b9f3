"""The DORA register of information."""

import re
from collections.abc import Iterator
from pathlib import Path

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

TABLE = re.compile(r"(?:^|/)b_(\d\d)[._](\d\d)\.csv$", re.IGNORECASE)
_SHEET = re.compile(rb"""\sname=["']b_05\.02["']""")


def find_tables(folder: Path) -> Iterator[Path]:
    """Tables in the folder, in its `reports`, or one folder below, as packages unpack."""
    for pattern in ("*.csv", "reports/*.csv", "*/reports/*.csv"):
        yield from (p for p in sorted(folder.glob(pattern)) if TABLE.search(p.name))


def _is_dora(source: Source) -> bool:
    """A folder, ZIP archive or workbook with tables of a register, told from names only."""
    if source.is_folder:
        return next(find_tables(source.path), None) is not None
    if any(TABLE.search(name.replace("\\", "/")) for name in source.zip_names):
        return True
    workbook = "xl/workbook.xml"
    return workbook in source.zip_names and bool(_SHEET.search(source.peek_zip(workbook)))


FORMATS = (
    Format(
        name="dora",
        what="DORA register of information: the ICT contracts of financial entities",
        entities="financial entities, branches, functions, services under contract, providers",
        dependencies="function uses service, service operated_by provider, "
        "service supplied_by subcontractor's",
        export="the plain-CSV package that goes to the authority (ZIP or folder), or the "
        "filled-in Excel template",
        sign="a ZIP, folder or workbook with tables b_01.01 to b_07.01",
        module="knockon.loaders.registers.dora.reader",
        matches=_is_dora,
        binary=True,
    ),
)

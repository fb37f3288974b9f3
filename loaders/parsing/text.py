"""Bytes as text: UTF-8 or one clear error, and what bytes are that are no text."""

from knockon.graph.errors import InputError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PARQUET_MAGIC = b"PAR1"
_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document such as .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Office document such as .xls"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ", "a Windows program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"\xff\xfe", "UTF-16 text (save it as UTF-8)"),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)"),
)


def decode(data: bytes, place: str) -> str:
    """UTF-8 text without its byte-order mark. Raises InputError with line and byte offset."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{place}:{line}: expected UTF-8 text, "
            f"found byte 0x{data[error.start]:02x} at offset {error.start:,}"
        ) from None


def name_binary(head: bytes) -> str | None:
    """What the bytes are, where they are no text: a well-known kind, or `binary data`."""
    for magic, kind in _MAGIC:
        # two letters also begin honest text: a program has zeros soon after
        if head.startswith(magic) and (magic != b"MZ" or b"\0" in head[:64]):
            return kind
    zeros = head.count(0)
    if zeros * 3 > len(head) or (zeros and not _is_utf8(head)):
        return "binary data"
    return None


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # the head may end within a character
    return True

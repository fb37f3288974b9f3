"""XML of ServiceNow: exported lists (`unload`), answers of `?XML` (`xml`) and of the Table API."""

from collections.abc import Iterator
from typing import Any

from knockon.loaders.parsing.safe_xml import Element

ROOTS = ("unload", "xml", "response", "records")


def walk_records(root: Element, name: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each record: the name of its table, its fields as the Table API has them, and its place.

    A field with an attribute `display_value`, or with elements within, is an object. A record that
    an unload deletes has no fields.
    """
    for record in root.children:
        deleted = record.attributes.get("action", "").upper() == "DELETE"
        fields = {} if deleted else {f.local: _read_value(f) for f in record.children}
        yield (
            f"deleted {record.local}" if deleted else record.local,
            fields,
            f"{name}:{record.line}",
        )


def _read_value(element: Element) -> Any:
    if element.children:
        return {part.local: part.text.strip() for part in element.children}
    shown = element.attributes.get("display_value", "").strip()
    text = element.text.strip()
    return {"value": text, "display_value": shown} if shown else text

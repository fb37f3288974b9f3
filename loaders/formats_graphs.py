"""Tables and graphs of no fixed meaning: edge lists, spreadsheets, graph files."""

from knockon.loaders.formats import Format

FORMATS: tuple[Format, ...] = ()

"""Software: bills of materials and package indexes."""

from knockon.loaders.formats import Format

FORMATS: tuple[Format, ...] = ()

"""Operations: what runs where, as tools and platforms tell it."""

from knockon.loaders.formats import Format

FORMATS: tuple[Format, ...] = ()

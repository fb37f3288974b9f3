"""Software: bills of materials (CycloneDX, SPDX) and Debian package indexes.

Words: a BOM has a root, which contains or runs components; an element is what an SPDX document
lists, a relationship what it says of two of them; a stanza is one package of an index. Read
`debian.py` for one file that is whole, `cyclonedx.py` and `cyclonedx_bom.py` for BOMs.
"""

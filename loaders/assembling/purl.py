"""Package URLs as the purl specification has them: one spelling for one package.

https://github.com/package-url/purl-spec (ECMA-427), by packageurl-python. A purl that is spelled
canonically already, as most are, is told by a pattern, without importing that. What the library
leaves out of the rules of a type is added here: letters that have to be small, a qualifier that
only says what is so without it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from knockon.graph.errors import clip

# nothing in it that its type folds or the specification quotes, and no qualifiers
_CANONICAL = re.compile(
    r"pkg:(?:[a-z][a-z0-9.-]*(?:/[a-z0-9][a-z0-9.-]*)+(?:@[a-z0-9.~-]+)?"
    r"|(?:cargo|gem|golang|maven|npm|nuget)(?:/(?:%40)?[a-z0-9][a-z0-9._-]*)+(?:@[\w.~-]+)?)",
    re.ASCII,
)
_PLAIN_JAR = "?type=jar"  # as Maven's plug-in writes all of them
_SMALL_NAMES = ("alpm", "golang", "oci")  # types whose names the specification has in small letters
_SMALL_NAMESPACES = (*_SMALL_NAMES, "deb", "npm", "rpm", "qpkg")
_SYSTEM = ("alpm", "apk", "deb", "rpm")  # types of the packages of operating systems
_DESCRIPTIVE = ("distro", "upstream", "repository_id")  # where such a package was met, not which
_DEFAULTS = {  # type, qualifier -> values that only say what is so without it
    ("maven", "type"): ("jar",),
    ("maven", "repository_url"): ("repo.maven.apache.org/maven2", "repo1.maven.org/maven2"),
    ("npm", "repository_url"): ("registry.npmjs.org",),
    ("pypi", "repository_url"): ("pypi.org", "pypi.org/simple", "pypi.python.org"),
}


@dataclass(frozen=True, slots=True)
class Purl:
    """A package URL taken apart. `text` is its one spelling."""

    text: str
    type: str
    namespace: str
    name: str
    version: str
    qualifiers: dict[str, str]

    def list_identities(self) -> Iterator[str]:
        """Other spellings under which the same package is met.

        The index of Python takes `.` for `-` in names. Of the package of an operating system, the
        release of the system and the repository are left out: version and architecture tell it.
        """
        if self.type == "pypi" and "." in self.name:
            yield _spell(self, name=re.sub(r"[-_.]+", "-", self.name))
        if self.type not in _SYSTEM:
            return
        kept = {k: v for k, v in self.qualifiers.items() if k not in _DESCRIPTIVE}
        version = self.version
        if self.type == "deb" and kept.get("epoch"):  # some write it as dpkg does, some apart
            version = f"{kept.pop('epoch')}:{version}"
        if kept != self.qualifiers:
            yield _spell(self, version=version, qualifiers=kept)


def is_purl(text: str) -> bool:
    return text[:4].lower() == "pkg:"


def spell_purl(text: str) -> str:
    """The canonical spelling of a purl. Raises ValueError for what is none, in words."""
    plain = text.removesuffix(_PLAIN_JAR) if text.startswith("pkg:maven/") else text
    return plain if _CANONICAL.fullmatch(plain) else parse_purl(text).text


@lru_cache(maxsize=1 << 16)
def parse_purl(text: str) -> Purl:
    """A purl, taken apart and spelled canonically. Raises ValueError for what is none, in words."""
    from packageurl import PackageURL

    try:
        found = PackageURL.from_string(text)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{clip(str(error), 100)}") from None
    parts: dict[str, Any] = found.to_dict()
    type_, qualifiers = str(found.type), dict(parts["qualifiers"] or {})
    for key in [k for k, v in qualifiers.items() if _is_default(type_, k, v)]:
        del qualifiers[key]
    name, namespace = str(found.name), str(found.namespace or "")
    small = name.lower() if type_ in _SMALL_NAMES else name
    above = namespace.lower() if type_ in _SMALL_NAMESPACES else namespace
    plain = found._replace(name=small, namespace=above or None, qualifiers=qualifiers)
    return Purl(plain.to_string(), type_, above, small, str(found.version or ""), qualifiers)


def make_purl(type_: str, namespace: str, name: str, version: str) -> str:
    """The canonical purl of a package that a tool names by its parts."""
    from packageurl import PackageURL

    made = PackageURL(type_, namespace or None, name, version or None)
    return parse_purl(made.to_string()).text


def _spell(purl: Purl, **other: Any) -> str:
    from packageurl import PackageURL

    plain = PackageURL.from_string(purl.text)
    return plain._replace(**other).to_string()


def _is_default(type_: str, key: str, value: str) -> bool:
    plain = re.sub(r"^https?://", "", value.lower()).rstrip("/")
    return plain in _DEFAULTS.get((type_, key), ())

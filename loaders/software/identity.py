"""What a package goes by: its purl as the specification spells it, its digests, its image.

The first purl that can be read is the id, wherever the package is listed; everything else that
names the same package exactly becomes `also_known_as`, on which `joining.exact` joins sources.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from knockon.graph.errors import clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.images import make_image_id, split_image
from knockon.loaders.assembling.purl import Purl, parse_purl, spell_purl

_STRONG = re.compile(r"(?:sha-?|sha3-|blake2b-)(?:256|384|512)|blake3", re.IGNORECASE)
_DIGEST = re.compile(r"[a-z][a-z0-9]*:[0-9a-f]+")
_TELLS_MORE = re.compile(r"\?|^pkg:(?:oci|docker)/|^pkg:pypi/[^@]*\.")  # than its own text
_NOTHING = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass
class Identity:
    """Names of one package, gathered; `id` is empty until a purl is read.

    exact: what names this package and no other, in the order in which it was met
    """

    id: str = ""
    exact: dict[str, None] = field(default_factory=dict)

    def add_purls(self, purls: Iterable[str], findings: Findings, place: str) -> None:
        """Take purls as they are written; one that cannot be read is kept as text, and counted."""
        for written in purls:
            try:
                spelled = spell_purl(written)
            except ValueError as error:
                reason = "a purl that is none: kept as it is written"
                findings.add("note", reason, f"{clip(written, 60)} at {place}: {error}")
                spelled = written
            else:
                if _TELLS_MORE.search(spelled):
                    self._add_parts(parse_purl(spelled))
            self.id = self.id or spelled
            self.exact[spelled] = None
            if written.lower() != spelled.lower():
                self.exact[written] = None

    def _add_parts(self, purl: Purl) -> None:
        self.exact |= dict.fromkeys(purl.list_identities())
        if purl.type not in ("oci", "docker"):
            return
        is_digest = _DIGEST.fullmatch(purl.version) is not None
        tag = purl.qualifiers.get("tag", "" if is_digest else purl.version)
        if is_digest:
            self.exact[purl.version] = None
        name = "/".join(filter(None, (purl.namespace, purl.name)))
        place = re.sub(r"^[a-z]+://", "", purl.qualifiers.get("repository_url", "")).strip("/")
        if purl.type == "oci":  # its name is the last part of where it lies, if that is told
            name = place
        elif place:
            name = f"{place}/{name}"
        if name:
            self.add_image(name, tag)

    def add_image(self, reference: str, version: str = "") -> None:
        """Take a reference such as `registry/team/app:1@sha256:...`, or a name and its version."""
        named, _, digest = reference.partition("@")
        name, tag = split_image(named)
        for one in (digest, version):
            if _DIGEST.fullmatch(one):
                self.exact[one] = None
        if name:
            tag = tag or ("" if _DIGEST.fullmatch(version) else version)
            if tag:
                self.exact[f"{make_image_id(name)}:{tag}"] = None
            self.exact[make_image_id(name)] = None

    def add_digests(self, digests: Iterable[tuple[str, str]]) -> None:
        """Take algorithm and digest of hashes that no two contents share; weaker ones are none."""
        for algorithm, digest in digests:
            plain = digest.strip().lower()
            if _STRONG.fullmatch(algorithm.strip()) and re.fullmatch(r"[0-9a-f]{64,}", plain):
                self.exact[f"{algorithm.strip().lower().replace('-', '')}:{plain}"] = None

    def others(self, identifier: str, *more: str) -> str | None:
        """All of it but the id, as `also_known_as` has it: a list in JSON."""
        self.exact.pop(_NOTHING, None)  # the digest of an empty file
        names = [n for n in dict.fromkeys((*self.exact, *more)) if n and n != identifier]
        return json.dumps(names, ensure_ascii=False) if names else None

"""Package URLs: one spelling for one package, as the specification has it."""

import subprocess
import sys

import pytest

from knockon.loaders.assembling.purl import make_purl, parse_purl, spell_purl


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("pkg:pypi/Django_Rest@1.0", "pkg:pypi/django-rest@1.0"),
        ("pkg:PyPI/flask@2", "pkg:pypi/flask@2"),
        ("pkg:npm/@angular/core@16", "pkg:npm/%40angular/core@16"),
        ("pkg:npm/%40Angular/Core@16", "pkg:npm/%40angular/core@16"),
        ("pkg://npm/left-pad@1.3.0", "pkg:npm/left-pad@1.3.0"),
        ("pkg:github/Acme/Tool@V1", "pkg:github/acme/tool@V1"),
        ("pkg:golang/github.com/Acme/Lib@v1.0.0", "pkg:golang/github.com/acme/lib@v1.0.0"),
        ("pkg:deb/Debian/curl@7?arch=amd64", "pkg:deb/debian/curl@7?arch=amd64"),
        ("pkg:oci/App@sha256%3Aab12", "pkg:oci/app@sha256:ab12"),
        ("pkg:npm/a@1?b=2&a=1&c=", "pkg:npm/a@1?a=1&b=2"),
        ("pkg:maven/g/a@1?type=jar", "pkg:maven/g/a@1"),
        ("pkg:maven/g/a@1?classifier=x&type=war", "pkg:maven/g/a@1?classifier=x&type=war"),
        ("pkg:maven/g/a@1?repository_url=https://repo1.maven.org/maven2/", "pkg:maven/g/a@1"),
        ("pkg:nuget/Newtonsoft.Json@13", "pkg:nuget/Newtonsoft.Json@13"),
    ],
)  # fmt: skip
def test_every_spelling_becomes_one(written: str, spelled: str) -> None:
    """Case, quoting, order of qualifiers and defaults; what tells packages apart stays."""
    assert spell_purl(written) == spelled
    assert spell_purl(spelled) == spelled


@pytest.mark.parametrize(
    ("purl", "others"),
    [
        ("pkg:pypi/zope.interface@6", ["pkg:pypi/zope-interface@6"]),
        ("pkg:deb/debian/curl@7?arch=amd64&distro=debian-12", ["pkg:deb/debian/curl@7?arch=amd64"]),
        ("pkg:rpm/redhat/bash@5?arch=src&repository_id=baseos", ["pkg:rpm/redhat/bash@5?arch=src"]),
        ("pkg:deb/debian/z@1.2?arch=amd64&epoch=1", ["pkg:deb/debian/z@1:1.2?arch=amd64"]),
        ("pkg:rpm/fedora/z@1.2?epoch=1", []),
        ("pkg:maven/g/a@1?classifier=x", []),
        ("pkg:npm/a@1", []),
    ],
)
def test_other_spellings_of_the_same_package(purl: str, others: list[str]) -> None:
    """What an index takes as one name; where a package of a system was met."""
    assert list(parse_purl(purl).list_identities()) == others


@pytest.mark.parametrize(
    "text", ["", "left-pad", "pkg:npm", "pkg:golang/@%28devel%29", "pkg:npm/?"]
)
def test_what_is_no_purl_is_refused_in_words(text: str) -> None:
    """One error, whatever came."""
    with pytest.raises(ValueError, match="purl"):
        spell_purl(text)


def test_parts_make_a_purl() -> None:
    """As tools name packages: by path and version."""
    assert make_purl("golang", "github.com/Acme", "lib", "v1.0.0") == (
        "pkg:golang/github.com/acme/lib@v1.0.0"
    )
    assert make_purl("npm", "@acme", "ui", "") == "pkg:npm/%40acme/ui"


def test_a_plain_purl_needs_no_library() -> None:
    """The start of a small what-if does not wait for what it does not need."""
    code = (
        "import sys; from knockon.loaders.assembling.purl import spell_purl;"
        "spell_purl('pkg:maven/org.acme/lib-a@1.0.0-rc.1'); sys.exit('packageurl' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

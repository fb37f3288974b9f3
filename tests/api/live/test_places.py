"""Where status pages may be, and which addresses are of the public internet."""

from pathlib import Path

import pytest

from knockon.api.live.places import is_named_private, is_public, read_place, read_places
from knockon.graph.errors import InputError


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1",
     "fe80::1%eth0", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "ff02::1",
     "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1"],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    """Loopback, private, link-local, shared, multicast, and those that hold another address."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "151.101.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_hosts_that_say_that_they_are_private() -> None:
    """An operator who writes such an address means it; other names, and odd spellings, do not."""
    assert all(map(is_named_private, ["127.0.0.1", "::1", "localhost", "a.localhost", "10.0.0.8"]))
    assert not any(map(is_named_private, ["status.example", "2130706433", "0x7f.1", "1.1.1.1"]))


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    place = read_place("https://user:pass@Status.Example:8443/api?token=1#x")
    assert place.label == "https://Status.Example:8443/api"
    assert (place.host, place.port) == ("status.example", 8443)
    assert read_place("https://a.example?key=1").label == "https://a.example"


@pytest.mark.parametrize(
    "given", ["file:///etc/passwd", "ftp://a/b", "http://", "https://a:b/", "gopher://a",
              "http://a b", "no/such/file", "http://[::1"],
)  # fmt: skip
def test_other_addresses_are_refused(given: str) -> None:
    with pytest.raises(InputError, match="expected"):
        read_place(given)


def test_a_file_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_text("{}")
    assert read_place(str(path)).label == "status.json"
    assert len(read_places([str(path), str(path)])) == 1


def test_places_have_labels_of_their_own() -> None:
    """What tells them apart may be secret; a table knows them by their address."""
    places = read_places([f"https://a.example/s?key={n}" for n in range(3)])
    at = "https://a.example/s"
    assert [place.label for place in places] == [at, f"{at} #2", f"{at} #3"]
    assert places[2].addresses == (at, "a.example/s", "a.example")

"""References of container images: one name for one image, however it is written."""

import pytest

from knockon.loaders.assembling.images import make_image_id, split_image


@pytest.mark.parametrize(
    ("reference", "name", "version"),
    [
        ("redis", "redis", None),
        ("redis:7.2-alpine", "redis", "7.2-alpine"),
        ("library/redis:7", "redis", "7"),
        ("docker.io/redis", "redis", None),
        ("index.docker.io/library/redis@sha256:0a", "redis", "sha256:0a"),
        ("docker-pullable://redis:7@sha256:0a", "redis", "7"),
        ("docker.io/acme/web:1", "acme/web", "1"),
        ("GHCR.io/acme/web", "ghcr.io/acme/web", None),
        ("quay.io/library/redis", "quay.io/library/redis", None),
        ("localhost:5000/redis", "localhost:5000/redis", None),
        ("localhost:5000/redis:7", "localhost:5000/redis", "7"),
        ("acme/web", "acme/web", None),
        ("", "", None),
        (":7", "", "7"),
        ("$(IMAGE)", "", None),
        ("{{ .Values.image }}", "", None),
        ("ghcr.io/acme/:1", "", "1"),
    ],
)
def test_name_and_version_of_an_image(reference: str, name: str, version: str | None) -> None:
    assert split_image(reference) == (name, version)


def test_id_of_an_image() -> None:
    assert make_image_id("redis") == "image:redis"

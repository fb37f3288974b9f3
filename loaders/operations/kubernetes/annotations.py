"""Strengths that a user writes on a workload or Service of their own, as an annotation.

    metadata: {annotations: {knockon/strengths: "db=0.9, service/cache=0.1"}}

says how often the object is disrupted when what it names fails. What is named is an object that the
dependent is known to depend on, by its name, by what kubectl calls it, or by its id; nothing is
invented, and no strength that holds by definition is changed.
"""

from knockon.graph.errors import clip
from knockon.loaders.operations.kubernetes.cluster import Cluster, spell_name
from knockon.loaders.operations.kubernetes.manifests import Manifest, get_map

KEY = "knockon/strengths"


def read_strengths(cluster: Cluster) -> None:
    """State the probabilities that annotations say of dependencies; what fits none is told."""
    for identifier, found in cluster.objects.items():
        top = cluster.tops.get(identifier, identifier)
        for manifest in found:
            annotations = get_map(manifest.body, "metadata", "annotations")
            told = None if annotations is None else annotations.get(KEY)
            if isinstance(told, str):
                _state(cluster, top, told, manifest)


def _state(cluster: Cluster, dependent: str, told: str, manifest: Manifest) -> None:
    for pair in filter(None, (part.strip() for part in told.split(","))):
        name, _, text = (part.strip() for part in pair.rpartition("="))
        share = _read_share(text)
        place = f"{clip(pair, 60)} at {manifest.where}"
        if not name or share is None:
            reason = f"a part of {KEY} that is no NAME=SHARE, a number from 0 to 1"
            cluster.rows.findings.add("dropped", reason, place)
            continue
        fitting = [
            row for row in cluster.rows.dependencies
            if row["dependent"] == dependent and _is_called(str(row["provider"]), name)
        ]  # fmt: skip
        if not fitting:
            reason = f"a part of {KEY} that names nothing which this depends on"
            cluster.rows.findings.add("dropped", reason, place)
        for row in fitting:
            if row.get("probability") is None:
                row["probability"] = share


def _read_share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _is_called(identifier: str, name: str) -> bool:
    parts = identifier.split("/")
    return name in (identifier, parts[-1]) or (
        len(parts) > 1 and name == spell_name(parts[-2], parts[-1])
    )

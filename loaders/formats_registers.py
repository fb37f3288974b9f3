"""Registers: who uses whom, as kept by authorities, markets and surveys."""

from knockon.loaders.formats import Format
from knockon.loaders.probe import Probe


def _is_fedramp(seen: Probe) -> bool:
    return any(key in seen.json_keys for key in ("data.Products", "data.ReuseMapping"))


FORMATS = (
    Format(
        "fedramp", "FedRAMP Marketplace: the cloud market of the US government",
        "offerings, their operators, and the agencies that use them",
        "agency uses offering, offering uses offering, offering operated_by operator",
        "download data.json of github.com/GSA/marketplace-fedramp-gov-data",
        "a JSON object with data.Products",
        "knockon.loaders.fedramp", _is_fedramp,
    ),
)  # fmt: skip

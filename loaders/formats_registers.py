"""Registers: who uses whom, as kept by authorities, markets and surveys."""

from knockon.loaders.formats import Format
from knockon.loaders.probe import Probe


def _is_fedramp(seen: Probe) -> bool:
    return any(key in seen.json_keys for key in ("data.Products", "data.ReuseMapping"))


def _is_dora(seen: Probe) -> bool:
    if not seen.is_folder and not seen.head.startswith(b"PK"):
        return False
    from knockon.loaders.dora_package import is_register

    return is_register(seen)


FORMATS = (
    Format(
        "dora", "DORA register of information: the ICT contracts of financial entities",
        "financial entities, branches, functions, services under contract, providers",
        "function uses service, service operated_by provider, service supplied_by subcontractor's",
        "the plain-CSV package that goes to the authority (ZIP or folder), or the filled-in Excel "
        "template", "a ZIP, folder or workbook with tables b_01.01 to b_07.01",
        "knockon.loaders.dora", _is_dora, binary=True,
    ),
    Format(
        "fedramp", "FedRAMP Marketplace: the cloud market of the US government",
        "offerings, their operators, and the agencies that use them",
        "agency uses offering, offering uses offering, offering operated_by operator",
        "download data.json of github.com/GSA/marketplace-fedramp-gov-data",
        "a JSON object with data.Products",
        "knockon.loaders.fedramp", _is_fedramp,
    ),
)  # fmt: skip

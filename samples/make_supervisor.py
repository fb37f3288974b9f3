"""Writes the five registers of samples/supervisor-five-banks: banks, providers, contracts.

Run it from the root of the repository: `python samples/make_supervisor.py`. Nobody in it exists;
LEIs have their check digits. What the registers add up to is worked out in the README there.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent / "supervisor-five-banks"
DAY, YES, NO = "2026-03-31", "eba_BT:x28", "eba_BT:x29"
BANK, PAYMENT, CRYPTO, TOKEN, CCP = (f"eba_CT:{c}" for c in ("x12", "x300", "x303", "x310", "x643"))
INTRA = "eba_CT:x317"
# b_07.01: substitutability, obstacle, reintegration, alternatives
NO_ALTERNATIVE = ("eba_ZZ:x959", "eba_ZZ:x963", "eba_ZZ:x966", NO)
HARD_TO_LEAVE = ("eba_ZZ:x960", "eba_ZZ:x964", "eba_ZZ:x966", YES)
BOTH = ("eba_ZZ:x959", "eba_ZZ:x965", "eba_ZZ:x967", NO)
EASY = ("eba_ZZ:x962", "", "eba_ZZ:x798", YES)
OPEN = ("eba_ZZ:x960", "", "", "eba_BT:x21")  # highly complex, the rest not assessed
CRITICAL, PLAIN, UNASSESSED = YES, NO, "eba_BT:x21"

# what is keeper, (entity, type, total assets in millions), (contract, provider, user, function,
# criticality, assessment, subcontractors in their order)
BANKS = {
    "alder": (
        [("Alder Bank", BANK, 400_000), ("Alder IT", INTRA, None)],
        [
            ("A-1", "Alder IT", "Alder Bank", "Payments", CRITICAL, None, []),
            ("A-2", "Nimbus Cloud", "Alder IT", "", "", HARD_TO_LEAVE, []),
        ],
    ),
    "birch": (
        [("Birch Bank", BANK, 290_000), ("Birch Clearing", CCP, 12_000)],
        [
            ("B-1", "Nimbus Software", "Birch Bank", "Lending", CRITICAL, NO_ALTERNATIVE, []),
            ("B-2", "Magpie Markets Data", "Birch Bank", "Trading", CRITICAL, BOTH, []),
            ("B-3", "Nimbus Cloud", "Birch Clearing", "Clearing", CRITICAL, EASY, []),
        ],
    ),
    "cedar": (
        [("Cedar Bank", BANK, 190_000), ("Cedar Pay", PAYMENT, 5_000)],
        [
            ("C-1", "Kestrel Ledger", "Cedar Bank", "Deposits", CRITICAL, EASY, ["Nimbus Cloud"]),
            ("C-2", "Magpie Markets Data", "Cedar Bank", "Trading", CRITICAL, EASY, []),
            ("C-3", "Quill Cards", "Cedar Pay", "Cards", CRITICAL, EASY, []),
        ],
    ),
    "dogwood": (
        [("Dogwood Bank", BANK, 100_000), ("Dogwood Crypto", CRYPTO, 3_000),
         ("Dogwood Token", TOKEN, 1_000)],
        [
            ("D-1", "Magpie Markets Data", "Dogwood Bank", "Trading", CRITICAL, EASY, []),
            ("D-2", "Osprey Hosting", "Dogwood Bank", "Deposits", CRITICAL, OPEN, []),
            ("D-3", "Nimbus Cloud", "Dogwood Bank", "Marketing", PLAIN, EASY, []),
            ("D-4", "Alder IT", "Dogwood Bank", "Reporting", CRITICAL, EASY, []),
            ("D-5", "Osprey Hosting", "Dogwood Crypto", "Custody", CRITICAL, EASY, []),
        ],
    ),
    "elm": (
        [("Elm Bank", BANK, 20_000)],
        [
            ("E-1", "Kestrel Ledger", "Elm Bank", "Deposits", CRITICAL, EASY, []),
            ("E-2", "Larch Telecom", "Elm Bank", "Branches", CRITICAL, EASY, []),
            ("E-3", "Nimbus Software", "Elm Bank", "Analytics", UNASSESSED, EASY, []),
        ],
    ),
}  # fmt: skip
PARENTS = {"Nimbus Cloud": "Nimbus Holding", "Nimbus Software": "Nimbus Holding"}
COUNTRY = "eba_GA:DE"


def make_lei(name: str) -> str:
    """The LEI of a name: 18 letters and digits, and their check digits (ISO 7064 MOD 97-10)."""
    stem = ("9999" + "".join(c for c in name.upper() if c.isalnum()) + "0" * 18)[:18]
    number = int("".join(str(int(c, 36)) for c in stem) + "00")
    return f"{stem}{98 - number % 97:02d}"


def main() -> None:
    for name, (entities, contracts) in BANKS.items():
        write_register(ROOT / name, entities, contracts)
    systemic = [
        ("Alder Bank", "G-SII", ""), ("Alder Bank", "O-SII", "4200"),
        ("Birch Bank", "O-SII", "3500"), ("Cedar Bank", "O-SII", "1200"),
        ("Dogwood Bank", "O-SII", "900"), ("Birch Clearing", "systemic", ""),
    ]  # fmt: skip
    write(
        ROOT / "systemic.csv", ["lei", "name", "status", "score"],
        [[make_lei(who), who, status, score] for who, status, score in systemic],
    )  # fmt: skip
    listed = ("Nimbus Holding", "Osprey Hosting", "Heron Mainframes")
    write(ROOT / "designated.csv", ["lei", "name"], [[make_lei(who), who] for who in listed])
    write(
        ROOT / "totals.csv", ["category", "entities", "total_assets", "currency"],
        [["a", "40", "9000000000000", "EUR"], ["h", "14", "900000000000", "EUR"]],
    )  # fmt: skip


def write_register(folder: Path, entities: list, contracts: list) -> None:  # type: ignore[type-arg]
    """One register as a plain-CSV package."""
    keeper, reports = entities[0][0], folder / "reports"
    inside = {name for name, *_ in entities}
    code = "eba_qCO:qx2000"
    functions = {(c[2], c[3]): (f"F{i}", c[4]) for i, c in enumerate(contracts, 1) if c[3]}
    table = {
        "b_01.01": [["0010", "0020", "0030", "0040", "0050", "0060"],
                    [make_lei(keeper), keeper, COUNTRY, entities[0][1], "Authority", DAY]],
        "b_01.02": [["0010", "0020", "0030", "0040", "0050", "0060", "0100", "0110"], *(
            [make_lei(n), n, COUNTRY, kind, "eba_RP:x53" if n == keeper else "eba_RP:x56",
             make_lei(keeper), "eba_CU:EUR", "" if assets is None else assets * 1_000_000]
            for n, kind, assets in entities)],
        "b_02.01": [["0010", "0020", "0040", "0050"], *(
            [c[0], "eba_CO:x1", "eba_CU:EUR", 1_000_000] for c in contracts)],
        "b_02.02": [["0010", "0020", "0030", "0040", "0050", "0060", "0070", "0080"], *(
            [c[0], make_lei(c[2]), make_lei(c[1]), code, functions.get((c[2], c[3]), ("",))[0],
             "eba_TA:S17", "2025-01-17", "9999-12-31"] for c in contracts)],
        "b_05.01": [["0010", "0020", "0050", "0070", "0080", "0110", "0120"], *(
            [make_lei(n), code, n, "eba_CT:x212", COUNTRY,
             make_lei(keeper if n in inside else PARENTS.get(n, n)), code]
            for n in list_providers(contracts))],
        "b_05.02": [["0010", "0020", "0030", "0040", "0050", "0060", "0070"],
                    *list_chains(contracts, code)],
        "b_06.01": [["0010", "0020", "0030", "0040", "0050", "0070", "0080", "0090", "0100"], *(
            [number, "eba_TA:x28", function, make_lei(user), critical, "2026-02-15", 4, 4,
             "eba_ZZ:x793"] for (user, function), (number, critical) in functions.items())],
        "b_07.01": [["0010", "0020", "0030", "0040", "0050", "0060", "0090", "0110"], *(
            [c[0], make_lei(c[1]), code, "eba_TA:S17", *c[5]] for c in contracts if c[5])],
    }  # fmt: skip
    if keeper == "Alder Bank":  # its own IT company's contract is behind the one with the bank
        table["b_02.03"] = [["0010", "0020", "0030"], ["A-1", "A-2", "true"]]
    for name, (head, *rows) in table.items():
        write(reports / f"{name}.csv", [f"c{c}" for c in head], rows)
    write(
        reports / "parameters.csv", ["name", "value"],
        [["entityID", f"rs:{make_lei(keeper)}.CON"], ["refPeriod", DAY],
         ["baseCurrency", "iso4217:EUR"]],
    )  # fmt: skip


def list_providers(contracts: list) -> Iterable[str]:  # type: ignore[type-arg]
    named = [n for c in contracts for n in (c[1], *c[6])]
    return dict.fromkeys([*named, *(PARENTS[n] for n in named if n in PARENTS)])


def list_chains(contracts: list, code: str) -> Iterable[list[object]]:  # type: ignore[type-arg]
    for contract, provider, *_, subcontractors in contracts:
        if subcontractors:
            yield [contract, "eba_TA:S17", make_lei(provider), code, 1, "", ""]
        above = provider
        for rank, name in enumerate(subcontractors, 2):
            yield [contract, "eba_TA:S17", make_lei(name), code, rank, make_lei(above), code]
            above = name


def write(path: Path, head: list[str], rows: Iterable[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


if __name__ == "__main__":
    main()

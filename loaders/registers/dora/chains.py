"""The services of a register and their supply chains (b_02.02, b_02.03, b_03.02, b_05.02).

A node is what one provider renders under one contract for one type of ICT service. Rank 1 is the
direct provider's; a node of rank n is needed by the node of its recipient at rank n - 1. A contract
of which no table tells the service has one of unstated type, of each provider that signed it.
"""

from collections.abc import Iterator
from typing import TypeAlias

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.registers.dora.lists import meanings
from knockon.loaders.registers.dora.rows import Row, place

Node: TypeAlias = tuple[str, str, str]  # contract, provider, type of service
UNSTATED = "unstated"
MAX_UNTOLD = 200_000  # links of users and subcontractors with every service of a contract


class Chains:
    """nodes: every service with the row that told it first, direct ones from b_02.02 before.

    Numbers of contracts are the keeper's own: with `keeper`, what two registers call C-1 stays two.
    """

    def __init__(self, rows: dict[str, list[Row]], keeper: str, findings: RowFindings) -> None:
        self._findings = findings
        self._keeper = keeper
        self._untold = 0
        self._intra = rows.get("b_02.03", [])
        self.nodes: dict[Node, Row] = {}
        self._users: dict[tuple[str, str], dict[Node, None]] = {}
        self._of_contract: dict[str, dict[Node, None]] = {}
        self._ranks: dict[Node, int] = {}
        for row in rows.get("b_02.02", []):
            node = self.node_of(row)
            self.nodes.setdefault(node, row)
            self._users.setdefault((row["contract"], row["lei"]), {})[node] = None
            self._of_contract.setdefault(row["contract"], {})[node] = None
            self._ranks[node] = 1
        self._told = set(self.nodes)
        self._steps = list(self._walk_ranked(rows.get("b_05.02", [])))
        for node, rank, _, row in self._steps:
            self.nodes.setdefault(node, row)
            self._ranks[node] = min(rank, self._ranks.get(node, rank))
        self._add_recipients()
        self._add_signed(rows)
        self._levels: dict[tuple[str, str], dict[int, dict[Node, None]]] = {}
        for node, rank in self._ranks.items():
            chain = self._levels.setdefault((node[0], node[2]), {})
            chain.setdefault(rank, {})[node] = None
        self._rank_1: dict[str, list[Node]] = {}
        for node, rank in self._ranks.items():
            if rank == 1:
                self._rank_1.setdefault(node[0], []).append(node)

    def node_of(self, row: Row) -> Node:
        return row["contract"], row["provider"], row.get("service") or UNSTATED

    def id_of(self, node: Node) -> str:
        return ":".join(("service", self._keeper, *node))

    def type_name(self, node: Node) -> str:
        """The type of service in words, as the register has it where no list knows it."""
        known = meanings().get(f"eba_TA:{node[2]}", node[2])
        return "ICT service" if node[2] == UNSTATED else known

    def rank_of(self, node: Node) -> str:
        return str(self._ranks[node])

    def firsts(self) -> dict[str, Node]:
        """Of each contract its first service: what is said of the contract stands there, once."""
        found: dict[str, Node] = {}
        for node in sorted(self.nodes, key=self._ranks.__getitem__):
            found.setdefault(node[0], node)
        return found

    def direct(self, contract: str, lei: str) -> list[Node]:
        """The services that this entity has under the contract, else all direct ones of it."""
        own = self._users.get((contract, lei))
        found = list(own or self._of_contract.get(contract) or self._first_of(contract))
        return self._count(found, contract)

    def _count(self, nodes: list[Node], contract: str) -> list[Node]:
        """The nodes. Raises InputError where links that no row tells one by one are too many."""
        self._untold += len(nodes)
        if self._untold > MAX_UNTOLD:
            raise InputError(
                f"contract {clip(contract, 40)}: users and subcontractors of contracts, each with "
                f"every service of theirs, make more than {MAX_UNTOLD:,} dependencies"
            )
        return nodes

    def links(self) -> Iterator[tuple[str, str, Row]]:
        """Who needs whom: ids of dependent and provider, and the row that says so."""
        for node, rank, recipient, row in self._steps:
            for needing in self._recipients(node, rank, recipient, row):
                yield self.id_of(needing), self.id_of(node), row
        for row in self._intra:
            behind = self._of_contract.get(row["linked"]) or self._first_of(row["linked"])
            inner = self._of_contract.get(row["contract"]) or self._first_of(row["contract"])
            if not behind or not inner:
                what = "an intra-group link to a contract without a service"
                self._findings.lose("b_02.03", "dropped", what, place(row))
            for needing in inner:
                for node in self._count(list(behind), row["linked"]):
                    yield self.id_of(needing), self.id_of(node), row

    def _add_signed(self, rows: dict[str, list[Row]]) -> None:
        """A service of each provider that signed a contract of which no table tells a service."""
        served = {contract for contract, _, _ in self.nodes}
        bound = {(contract, provider) for contract, provider, _ in self.nodes}
        for table, column in (("b_03.02", "provider"), ("b_03.03", "lei")):
            for row in rows.get(table, []):
                node = (row["contract"], row[column], UNSTATED)
                if row["contract"] not in served:
                    what = f"a contract without a service; its provider in {table} serves it"
                    self._findings.add("note", what, f"{clip(row['contract'], 40)} at {place(row)}")
                    self.nodes[node] = row
                    self._ranks[node] = 1
                    self._of_contract.setdefault(row["contract"], {})[node] = None
                elif node[:2] not in bound:
                    what = "a provider that signed a contract without a service of it; no use told"
                    self._findings.add("note", what, f"{clip(row[column], 40)} at {place(row)}")

    def _first_of(self, contract: str) -> list[Node]:
        return self._rank_1.get(contract, [])

    def _walk_ranked(self, rows: list[Row]) -> Iterator[tuple[Node, int, str | None, Row]]:
        """Node, rank, code of the recipient and row, of every row with a rank."""
        for row in rows:
            rank = _whole(row.get("rank"))
            if rank is None:
                what = "a link of a supply chain whose rank is no whole number from 1"
                self._findings.lose(
                    "b_05.02", "dropped", what, f"{row.get('rank')} at {place(row)}"
                )
            elif rank > 1 and row.get("recipient") == row["provider"]:
                what = "a subcontractor that is its own recipient"
                self._findings.lose("b_05.02", "dropped", what, place(row))
            else:
                yield self.node_of(row), rank, row.get("recipient"), row

    def _add_recipients(self) -> None:
        """Recipients that no row of their chain lists, as nodes one rank above."""
        for node, rank, recipient, row in list(self._steps):
            above = (node[0], recipient or "", node[2])
            if rank < 2 or not recipient or above in self._ranks:
                continue
            what = "a recipient of a subcontracted service that its chain does not list"
            self._findings.add("invented", what, f"{clip(recipient, 24)} at {place(row)}")
            self.nodes[above] = row
            self._ranks[above] = rank - 1
            self._steps.append((above, rank - 1, None, row))

    def _recipients(self, node: Node, rank: int, recipient: str | None, row: Row) -> list[Node]:
        """The nodes that need this one; of a direct provider those whose chain it begins."""
        if rank == 1:
            return self._begun_by(node, row)
        if recipient:
            return [(node[0], recipient, node[2])]
        chain = self._levels[node[0], node[2]]
        above = max((r for r in chain if r < rank), default=0)
        found = list(chain.get(above, ())) or list(self._of_contract.get(node[0], ()))
        found = self._count([n for n in found if n != node], node[0])
        if not found:
            what = "a subcontractor whose recipient no table lists; nothing depends on it"
        elif above < rank - 1:
            what = "a gap in the ranks of a supply chain; taken to serve the next rank there is"
        else:
            what = "a subcontractor without its recipient; taken to serve all of the rank above"
        self._findings.add("note", what, place(row))
        return found

    def _begun_by(self, node: Node, row: Row) -> list[Node]:
        """Of a direct provider whose type of service b_02.02 does not tell: its other services."""
        if node in self._told:
            return []
        listed = self._of_contract.get(node[0], {})
        found = [n for n in listed if n[1] == node[1]] or list(listed)
        found = self._count(found, node[0])
        if found:
            what = "a chain whose service b_02.02 does not list; part of the contract's services"
        else:
            what = "a chain of a contract that b_02.02 does not list; no function uses it"
        self._findings.add("note", what, place(row))
        return found


def _whole(text: str | None) -> int | None:
    """A rank as written by people and spreadsheets: `2` or `2.0`."""
    digits = (text or "").strip().removesuffix(".0")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return None
    return int(digits) or None

"""A client that waits for each answer.

Made by docs/client.py from asynchronous.py: not to be edited.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Unpack, cast

import httpx2

from knockon.client import calls
from knockon.client.calls import Call, Verb
from knockon.client.errors import JobError, WaitedError
from knockon.client.models import (
    AnswerJson,
    CompareBody,
    ConcentrationBody,
    CutsBody,
    DependencyJson,
    EntityDetailJson,
    EntityJson,
    GraphJson,
    GraphLink,
    HardenBody,
    HistoryJson,
    JobJson,
    LimitsJson,
    ModesJson,
    NowJson,
    PlanJson,
    RankBody,
    SavedJson,
    SavedRow,
    StrengthsBody,
    VersionJson,
    WhatifBody,
    WhatifJson,
    WhyBody,
)


class Client:
    """Questions to a server (`knockon serve`).

    address: of the server; token: of `knockon token`, where it asks for one
    timeout: seconds for one request; patience: seconds to wait in all, of those for which the
        server asks (Retry-After) where it is busy
    http: a client of httpx in the place of one's own, such as one with a proxy
    sleep: how to wait
    Every method raises UnreachableError, or the ProblemError that the server answers with. A
    question that takes long becomes a job of the server, which is waited for.
    """

    def __init__(
        self, address: str = "http://127.0.0.1:8000", *, token: str | None = None,
        timeout: float = 120.0, patience: float = 60.0, http: httpx2.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._own = http is None
        self._http = http or httpx2.Client(base_url=address, timeout=timeout)
        self._address = address if http is None else str(http.base_url)
        self._headers = calls.build_headers(token)
        self._patience, self._sleep = patience, sleep

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, if they are one's own."""
        if self._own:
            self._http.close()

    def send(self, call: Call) -> httpx2.Response:
        """The response to a call, asked again where the server is busy and says when."""
        waited = 0.0
        options = call.options
        options["headers"] |= self._headers
        while True:
            try:
                response = self._http.request(call.method, call.path, **options)
            except httpx2.HTTPError as fault:
                raise calls.describe(fault, self._address) from fault
            wait = calls.choose_wait(response, waited, self._patience)
            if wait is None:
                return calls.check(response)
            waited += max(wait, calls.SHORTEST)
            self._sleep(wait)

    def _get(self, *parts: str, **query: Any) -> Any:
        return (self.send(Call("GET", calls.at(*parts), query))).json()

    # graphs

    def graphs(self) -> list[GraphLink]:
        """The graphs that are served."""
        return cast("list[GraphLink]", (self._get("graphs"))["graphs"])

    def graph(self, graph: str) -> GraphJson:
        """What a graph holds."""
        return cast(GraphJson, self._get("graphs", graph))

    def entities(self, graph: str, **query: Any) -> Iterator[EntityJson]:
        """Entities, page by page: `q`, `kind`, `sector`, `country`, `sort`; `limit`: of a page."""
        for row in self._pages("entities", "graphs", graph, "entities", **query):
            yield cast(EntityJson, row)

    def entity(self, graph: str, entity: str, *, limit: int | None = None) -> EntityDetailJson:
        """An entity, what it depends on, and what depends on it."""
        found = self._get("graphs", graph, "entities", entity, limit=limit)
        return cast(EntityDetailJson, found)

    def dependencies(self, graph: str, **query: Any) -> Iterator[DependencyJson]:
        """Dependencies, page by page: `dependent`, `provider`, `relation`."""
        for row in self._pages("dependencies", "graphs", graph, "dependencies", **query):
            yield cast(DependencyJson, row)

    def _pages(self, key: str, *parts: str, **query: Any) -> Iterator[Any]:
        cursor = None
        while True:
            page = self._get(*parts, **query | ({"cursor": cursor} if cursor else {}))
            for row in page[key]:
                yield row
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def modes(self) -> ModesJson:
        """Which relations each mode crosses, and as what it arrives."""
        return cast(ModesJson, self._get("modes"))

    def limits(self) -> LimitsJson:
        """The limits of the server."""
        return cast(LimitsJson, self._get("limits"))

    # questions

    def whatif(self, graph: str, **asked: Unpack[WhatifBody]) -> WhatifJson:
        """Who is hit when these fail together."""
        return cast(WhatifJson, self._ask(graph, "whatif", asked))

    def plan(self, graph: str, origins: Sequence[str], **query: Any) -> PlanJson:
        """How long a what-if would take, and how much memory; `query`: keys of its query string."""
        found = self._get("graphs", graph, "plan", origin=[*origins], **query)
        return cast(PlanJson, found)

    def rank(self, graph: str, **asked: Unpack[RankBody]) -> AnswerJson:
        """Every entity by what its failure would do."""
        return cast(AnswerJson, self._ask(graph, "rank", asked))

    def why(self, graph: str, **asked: Unpack[WhyBody]) -> AnswerJson:
        """Routes and lost groups from origins to a target."""
        return cast(AnswerJson, self._ask(graph, "why", asked))

    def cuts(self, graph: str, **asked: Unpack[CutsBody]) -> AnswerJson:
        """What alone, or together, takes a target down."""
        return cast(AnswerJson, self._ask(graph, "cuts", asked))

    def harden(self, graph: str, **asked: Unpack[HardenBody]) -> AnswerJson:
        """The fixes that save most."""
        return cast(AnswerJson, self._ask(graph, "harden", asked))

    def compare(self, graph: str, **asked: Unpack[CompareBody]) -> AnswerJson:
        """Two graphs, or two scenarios, side by side."""
        return cast(AnswerJson, self._ask(graph, "compare", asked))

    def concentration(self, graph: str, **asked: Unpack[ConcentrationBody]) -> AnswerJson:
        """Who stands on whom."""
        return cast(AnswerJson, self._ask(graph, "concentration", asked))

    def strengths(self, graph: str, **asked: Unpack[StrengthsBody]) -> AnswerJson:
        """Which unknown strengths are worth asking for."""
        return cast(AnswerJson, self._ask(graph, "strengths", asked))

    def _ask(self, graph: str, verb: Verb, asked: Any) -> Any:
        return (self._answer(calls.ask(graph, verb, asked))).json()

    def _answer(self, call: Call) -> httpx2.Response:
        """The answer, though it may take a job."""
        response = self.send(call)
        if response.status_code != 202:
            return response
        return Job(self, response.json()).wait_for_response()

    def draw(self, graph: str, verb: Verb = "whatif", **asked: Any) -> str:
        """The picture of an answer, as SVG."""
        return (self._answer(calls.ask(graph, verb, asked, accept=calls.SVG))).text

    def table(self, graph: str, verb: Verb = "whatif", **asked: Any) -> str:
        """The rows of an answer, as CSV."""
        return (self._answer(calls.ask(graph, verb, asked, accept=calls.CSV))).text

    # jobs

    def submit(self, graph: str, verb: Verb = "whatif", **asked: Any) -> "Job":
        """A question as a job, to be watched and stopped; a quick one is answered already."""
        response = self.send(calls.ask(graph, verb, asked, prefer="wait=0"))
        if response.status_code == 202:
            return Job(self, response.json())
        return Job(self, None, response)

    def job(self, identifier: str) -> "Job":
        """A job by its id, whoever asked."""
        return Job(self, cast(JobJson, self._get("jobs", identifier)))

    # what is kept, and what is down

    def save(
        self, graph: str, verb: Verb, asked: Mapping[str, Any], *, title: str | None = None
    ) -> SavedJson:
        """Ask, and keep the answer in the server's store: where it is, and what it came from."""
        body = {"question": verb, "asked": dict(asked)} | ({"title": title} if title else {})
        call = Call("POST", calls.at("graphs", graph, "answers"), body=body)
        return cast(SavedJson, (self.send(call)).json())

    def answers(self, graph: str, *, limit: int | None = None) -> Iterator[SavedRow]:
        """The saved answers about a graph, the latest first, page by page; `limit`: of a page."""
        for row in self._pages("answers", "graphs", graph, "answers", limit=limit):
            yield cast(SavedRow, row)

    def answer(self, identifier: str) -> SavedJson:
        """What a saved answer came from."""
        return cast(SavedJson, self._get("answers", identifier))

    def answer_bytes(self, identifier: str) -> bytes:
        """A saved answer, the bytes that were shown then."""
        path = calls.at("answers", identifier, "result")
        return (self.send(Call("GET", path, accept="*/*"))).content

    def versions(self, graph: str) -> list[VersionJson]:
        """The versions of a graph that are kept, the latest first."""
        found = self._get("graphs", graph, "versions")
        return cast("list[VersionJson]", found["versions"])

    def now(self, graph: str, *, top: int | None = None) -> NowJson:
        """What status pages report as down now, and what of the graph that hits."""
        return cast(NowJson, self._get("graphs", graph, "now", top=top))

    def history(self, graph: str) -> HistoryJson:
        """What was down, from when to when."""
        return cast(HistoryJson, self._get("graphs", graph, "now", "history"))


class Job:
    """A question under way. known: what the server said of it last; None: answered at once."""

    def __init__(
        self, client: Client, known: JobJson | None, response: httpx2.Response | None = None
    ) -> None:
        self._client, self.known, self._response = client, known, response

    @property
    def id(self) -> str | None:
        return self.known["id"] if self.known else None

    @property
    def state(self) -> str:
        """queued, running, done, failed, cancelled."""
        return self.known["state"] if self.known else "done"

    @property
    def progress(self) -> tuple[int, int] | None:
        """Steps that are done, and all of them; None: not known yet."""
        if self.known is None or self.known["done"] is None or self.known["total"] is None:
            return None
        return self.known["done"], self.known["total"]

    def refresh(self) -> "Job":
        """Ask how it stands."""
        if self.id is not None:
            self.known = (self._client.job(self.id)).known
        return self

    def cancel(self) -> None:
        """Stop it."""
        if self.id is not None:
            self._client.send(Call("DELETE", calls.at("jobs", self.id)))
            self.refresh()

    def wait(
        self, timeout: float | None = None, on_progress: "Callable[[Job], None] | None" = None
    ) -> Any:
        """The answer as JSON. Raises JobError where there is none, WaitedError after `timeout`.

        on_progress: called with the job after each look at it
        """
        return (self.wait_for_response(timeout, on_progress)).json()

    def wait_for_response(
        self, timeout: float | None = None, on_progress: "Callable[[Job], None] | None" = None
    ) -> httpx2.Response:
        """The same as a response, in whatever form was asked for."""
        waited, wait = 0.0, calls.SHORTEST
        while self.state not in calls.ENDED:
            if timeout is not None and waited + wait > timeout:
                raise WaitedError(f"job {self.id} has not ended after {waited:g} seconds")
            self._client._sleep(wait)
            waited, wait = waited + wait, min(2 * wait, calls.LONGEST)
            self.refresh()
            if on_progress is not None:
                on_progress(self)
        if self._response is None:
            assert self.known is not None
            if self.state != "done":
                problem = self.known["problem"] or {}
                raise JobError(int(problem.get("status", 503)), problem)
            path = calls.at("jobs", self.known["id"], "result")
            self._response = self._client.send(Call("GET", path, accept="*/*"))
        return self._response

"""What a server counts, in the text format of Prometheus."""

from collections import Counter
from threading import Lock
from typing import Any

from knockon.api.rest.turns import Lag
from knockon.api.service.service import Service

_BOUNDS = (0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0)  # seconds
MEDIA = "text/plain; version=0.0.4"


class Metrics:
    """Requests by method, kind of address and status, and how long they took."""

    def __init__(self) -> None:
        self.lag = Lag()
        self._lock = Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request more."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._counts[route] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]
            for bound in _BOUNDS:
                self._buckets[route, bound] += seconds <= bound

    def format(self, service: Service) -> str:
        """All figures, those of jobs and workers too."""
        with self._lock:
            lines = ["# TYPE knockon_requests_total counter"]
            for (method, route, status), number in sorted(self._requests.items()):
                labels = f'method="{method}",route="{route}",status="{status}"'
                lines.append(f"knockon_requests_total{{{labels}}} {number}")
            lines.append("# TYPE knockon_request_seconds histogram")
            for route in sorted(self._counts):
                at = f'route="{route}"'
                lines += [
                    f'knockon_request_seconds_bucket{{{at},le="{bound:g}"}} '
                    f"{self._buckets[route, bound]}"
                    for bound in _BOUNDS
                ]
                number = self._counts[route]
                lines += [
                    f'knockon_request_seconds_bucket{{{at},le="+Inf"}} {number}',
                    f"knockon_request_seconds_sum{{{at}}} {self._seconds[route]:.6f}",
                    f"knockon_request_seconds_count{{{at}}} {number}",
                ]
        for name, value in _list_gauges(service).items():
            lines += [f"# TYPE knockon_{name} gauge", f"knockon_{name} {value}"]
        lines += [*_list_sources(service), *self.lag.format()]
        lines.append("# TYPE knockon_connections_cut_total counter")
        for name, number in sorted(service.cuts.items()):
            lines.append(f'knockon_connections_cut_total{{limit="{name}"}} {number}')
        return "\n".join(lines) + "\n"


def _list_gauges(service: Service) -> dict[str, Any]:
    computing = service.computing.describe()
    jobs = {f"jobs_{name}": value for name, value in service.jobs.count().items()}
    return jobs | {
        "workers": len(computing["processes"]) or computing["workers"],
        "workers_ready": computing["ready"],
        "worker_deaths": computing.get("deaths", 0),
        "graph_bytes_mapped": computing.get("mapped_bytes", 0),
    }


def _list_sources(service: Service) -> list[str]:
    """Whether the graph of each name is an old one, and how often sources were read again."""
    lines = ["# TYPE knockon_graph_stale gauge"]
    for name in service.served.graphs:
        label = name.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'knockon_graph_stale{{graph="{label}"}} {int(name in service.stale)}')
    lines.append("# TYPE knockon_reads_total counter")
    lines += [f'knockon_reads_total{{result="{r}"}} {n}' for r, n in sorted(service.reads.items())]
    return lines

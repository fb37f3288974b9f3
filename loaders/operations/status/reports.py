"""What a status page reports, whoever made it: words of states, and how much each of them costs.

How much is lost where a component is down follows the weights by which Atlassian's pages reckon
their uptime (https://support.atlassian.com/statuspage): a major outage counts whole, a partial one
30 %, a degraded performance and a maintenance not at all. What counts nothing is noted and is no
origin. The words of other makers are read as the state that they stand for.
"""

import re
from dataclasses import dataclass, field

SEVERITY = {
    "major_outage": 1.0, "full_outage": 1.0, "partial_outage": 0.3,
    "degraded_performance": 0.0, "under_maintenance": 0.0, "operational": 0.0,
}  # fmt: skip
STATUS_OF_IMPACT = {
    "critical": "major_outage", "major": "partial_outage", "minor": "degraded_performance",
    "maintenance": "under_maintenance", "none": "operational",
}  # fmt: skip
_ALIKE = {
    "major_outage": "majoroutage fulloutage outage totaloutage completeoutage serviceoutage down "
    "downtime offline unavailable disrupted notoperational inaccessible",
    "partial_outage": "partialoutage partial partiallydown servicedisruption disruption "
    "hasissues issues incident partialdisruption",
    "degraded_performance": "degradedperformance degraded performanceissues slow latency "
    "serviceinformation information notice minoroutage minor",
    "under_maintenance": "undermaintenance maintenance inmaintenance scheduled",
    "operational": "operational up ok okay available normal healthy running online none "
    "resolved good servicenormal",
}
_STATUS = {word: status for status, words in _ALIKE.items() for word in words.split()}
NO_STATUS = "no status"  # of a component that names none: not understood, so neither up nor down
UNSTATED = ""  # the status of what a feed reports: it is down, nobody says how much
_OPEN = (
    "investigating identified monitoring update updated inprogress verifying active open ongoing "
    "watching confirmed mitigating firstresponse fixing servicedisruption performanceissues"
)
_OVER = (
    "resolved postmortem completed scheduled closed over fixed mitigated restored cancelled "
    "notstartedyet canceled finished serviceisoperatingnormally"
)
_IS_OVER = dict.fromkeys(_OPEN.split(), False) | dict.fromkeys(_OVER.split(), True)


@dataclass(frozen=True)
class Reported:
    """Something that a status page reports: its name, id, status and place; `page` is whose.

    whole: it speaks of the page as a whole, not of one component
    group: of components that are reported, too: it counts where it is an entity, else is let be
    """

    name: str
    id: str
    page: str
    status: str
    where: str
    whole: bool = False
    group: bool = False

    @property
    def severity(self) -> float | None:
        """Share of the function that is lost; None for a status that no table knows."""
        return SEVERITY.get(self.status)


@dataclass
class PageReport:
    """A status page: what it is called, when it was made, and what it reports as it is now.

    as_of: date and time as the page states it, empty where it states none
    untold: what it reports without a state that is understood, in words
    """

    name: str
    as_of: str = ""
    reported: list[Reported] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)


def read_status(word: str) -> str:
    """The status that a word stands for; the word itself where no table knows it."""
    return word if word in SEVERITY else _STATUS.get(_letters(word), word or NO_STATUS)


def is_over(state: str) -> bool | None:
    """Whether an incident in this state is over; None where the word is not known."""
    return _IS_OVER.get(_letters(state))


def _letters(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower())

"""The charts of a what-if over REST: what each shows, and which scenario it needs."""

from knockon.api.rest.fields import HoursNeededBody, HoursNeededQuery, RolloutNeeded
from knockon.api.rest.scenario import Assumptions, WhatifBody, WhatifQuery


class TimelineQuery(WhatifQuery):
    """A scenario with hours, in a query string."""

    hours: HoursNeededQuery


class TimelineBody(WhatifBody):
    """A scenario with hours."""

    hours: HoursNeededBody


class DetectionQuery(WhatifQuery):
    """A scenario with a rollout, in a query string."""

    rollout: RolloutNeeded


class DetectionBody(WhatifBody):
    """A scenario with a rollout."""

    rollout: RolloutNeeded


# (name in the address, what it shows, scenario by GET, scenario by POST)
CHARTS: tuple[tuple[str, str, type[Assumptions], type[Assumptions]], ...] = (
    ("exceedance", "How bad it gets, and how often as bad or worse", WhatifQuery, WhatifBody),
    ("timeline", "Who is down when, and how fast all is restored", TimelineQuery, TimelineBody),
    ("detection", "How many are hit by when a rollout is stopped", DetectionQuery, DetectionBody),
)

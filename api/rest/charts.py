"""The charts of a what-if over REST: what each shows, and which scenario it needs."""

from knockon.api.rest.scenario import Question, WhatifBody, WhatifQuery, build_question

TimelineQuery = build_question(
    "TimelineQuery", "A scenario with hours, in a query string.", text=True, needed=["hours"]
)
TimelineBody = build_question(
    "TimelineBody", "A scenario with hours.", text=False, needed=["hours"]
)
DetectionQuery = build_question(
    "DetectionQuery", "A scenario with a rollout, in a query string.", text=True, needed=["rollout"]
)
DetectionBody = build_question(
    "DetectionBody", "A scenario with a rollout.", text=False, needed=["rollout"]
)

# (name in the address, what it shows, scenario by GET, scenario by POST)
CHARTS: tuple[tuple[str, str, type[Question], type[Question]], ...] = (
    ("exceedance", "How bad it gets, and how often as bad or worse", WhatifQuery, WhatifBody),
    ("timeline", "Who is down when, and how fast all is restored", TimelineQuery, TimelineBody),
    ("detection", "How many are hit by when a rollout is stopped", DetectionQuery, DetectionBody),
)

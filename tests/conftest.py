"""How much the property tests try: enough for every day, more with KNOCKON_THOROUGH=1."""

import os

from hypothesis import HealthCheck, settings

_LENIENT = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile(
    "everyday", max_examples=20, deadline=None, derandomize=True, suppress_health_check=_LENIENT
)
settings.register_profile(
    "thorough", max_examples=600, deadline=None, suppress_health_check=_LENIENT
)
settings.load_profile("thorough" if os.environ.get("KNOCKON_THOROUGH") else "everyday")

os.environ.pop("COLUMNS", None)  # runners of several processes set it; answers are laid out for 120

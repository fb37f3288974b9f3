"""Where the blocks of a scenario run."""

from knockon.graph.engine.cluster.choose import choose_executor
from knockon.graph.engine.executor import Executor
from knockon.graph.scenario.scenario import Scenario


def choose_for(scenario: Scenario) -> Executor:
    """Threads of this process, or the cluster that the scenario names (`on`)."""
    return choose_executor(scenario.on, scenario.on_folder, resume=scenario.resume)

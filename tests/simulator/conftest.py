"""The running simulator."""

from tests.simulator.hands import simulator, simulator_url

__all__ = ["simulator", "simulator_url"]

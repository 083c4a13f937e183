"""The simulator's own clock, so that token, code and activity lives pass without waiting."""

from datetime import UTC, datetime, timedelta


class SimulatorClock:
    """Real time plus what a test has added."""

    def __init__(self) -> None:
        self.reset()

    def now(self) -> datetime:
        """This instant of the simulated platform, in UTC."""
        return datetime.now(UTC) + self._ahead

    def seconds(self) -> int:
        """The same in whole Unix seconds."""
        return int(self.now().timestamp())

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._ahead += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Real time again."""
        self._ahead = timedelta()

"""The demo city: the real divisions of Nantong, and the people a story needs, all made up."""

from app.settings import Settings


async def build(settings: Settings) -> None:
    """The city stands; a second call changes nothing."""

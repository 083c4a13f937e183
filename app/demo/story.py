"""The story of the product, played over HTTP as its users would: every step prints what changed."""


async def play(base_url: str, simulator_url: str) -> None:
    """Plays from the roster to the acknowledged report, with people of its own each time."""

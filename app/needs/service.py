async def get(*a: object, **k: object) -> tuple[object, list[str]]: ...  # placeholder until the needs room is written

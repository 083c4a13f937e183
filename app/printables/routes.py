"""Guides for everybody: one page, as PDF."""

import asyncio

from fastapi import Response

from app.http.deps import ReadDep
from app.http.paper import FILE, attached
from app.http.room import Room
from app.printables import printing, reading
from app.printables.reading import Guide

router = Room(prefix="/api/v1", tags=["printables"])


@router.get(
    "/guides/{guide}",
    summary="一页通（PDF）",
    response_class=Response,
    responses=FILE,
)
async def get_guide(reader: ReadDep, guide: Guide) -> Response:
    """How members or residents go about it, on one page; public. For the old, in large letters."""
    said = await reading.guide(reader, guide)
    return attached(await asyncio.to_thread(printing.sheet, said), guide)

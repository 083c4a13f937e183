"""The figures of what stands below an organization as a layer of GeoJSON, to be joined with outlines.

No organization has a place here, so no feature has a geometry (RFC 7946 §3.2 allows it): the outlines
are the authority's own, and a map program joins them by the division code, which is the feature's id.
"""

from typing import Any
from uuid import UUID

from app.core.paging import Paging
from app.core.prepared import Reader
from app.permissions import Actor
from app.statistics import reading
from app.statistics.period import Period

MOST = 1000  # no organization has as many directly below it


async def show(
    reader: Reader, actor: Actor, organization_id: UUID, period: Period
) -> dict[str, Any]:
    """A feature for each organization directly below, in the order of codes, with the figures of
    `reading.overview`: what is hidden there is null here. What has no code, a grid or a branch, has its
    own id.

    Raises:
        NotFound, Forbidden: as the overview.
    """
    paging = Paging(MOST, None)
    row = await reading.overview(reader, actor, paging, organization_id, period)
    return {
        "type": "FeatureCollection",
        "since": row["since"],
        "until": row["until"],
        "features": [
            {
                "type": "Feature",
                "id": each["code"] or str(each["organization_id"]),
                "geometry": None,
                "properties": each,
            }
            for each in row["below"].items
        ],
    }

"""Photos for tests."""

import io
from datetime import timedelta
from typing import Any

from PIL import Image

from app.core import clock
from app.core.ids import new_id
from app.models.file import File
from app.models.organization import Organization
from app.models.person import Person


def make_file(owner: Person, community: Organization | None = None, **columns: Any) -> File:
    """A photo of this person, attached to something of the community if one is given; not added."""
    place: dict[str, Any] = {"due_at": clock.now() + timedelta(days=1)}
    if community is not None:
        place = {"community_id": community.id, "subject_kind": "need", "subject_id": new_id()}
    return File(
        **{"owner_id": owner.id, "width": 1600, "height": 1200, "size": 300_000} | place | columns
    )


def picture(
    size: tuple[int, int] = (64, 48), kind: str = "JPEG", mode: str = "RGB", **options: Any
) -> bytes:
    """The bytes of a picture whose left half is red and whose right half is blue."""
    image = Image.new(mode, size, "blue")
    image.paste(Image.new(mode, (size[0] // 2, size[1]), "red"))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()

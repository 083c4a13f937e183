"""Satisfaction on the wire."""

from typing import Annotated

from pydantic import Field

from app.core.schemas import Flag, In
from app.models.report import Satisfaction


class RatingIn(In):
    """One tap; pooled only: nobody is ever shown who said what."""

    satisfaction: Annotated[Satisfaction, Field(description="满意、基本满意、不满意")]
    relays_thanks: Annotated[
        Flag, Field(description="May a thank-you without a name be passed on to the employer?")
    ] = False

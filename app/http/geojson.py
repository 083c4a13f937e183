"""A layer for a map as an answer. Source: RFC 7946."""

from fastapi.responses import JSONResponse


class GeoJson(JSONResponse):
    """A collection of features."""

    media_type = "application/geo+json"

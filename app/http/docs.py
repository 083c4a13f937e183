"""`/docs` without the internet: Swagger UI out of a wheel, under a policy that loads nothing else."""

from importlib.util import find_spec
from pathlib import Path

from fastapi.responses import FileResponse, HTMLResponse

from app.core.errors import NotFound
from app.http import contract
from app.http.room import Room

router = Room(include_in_schema=False)

OURS = Path(__file__).parent / "static"
SPEC = find_spec("fastapi_offline")
THEIRS = Path((SPEC.origin if SPEC else None) or ".").parent / "static"

FILES = {
    "docs.js": (OURS, "text/javascript"),
    "swagger-ui-bundle.js": (THEIRS, "text/javascript"),
    "swagger-ui.css": (THEIRS, "text/css"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>双报到 · 接口文档</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</body>
</html>
"""


@router.get("/docs")
async def show_docs() -> HTMLResponse:
    """The contract as a page."""
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


@router.get("/openapi.json")
async def show_contract() -> FileResponse:
    """The contract itself."""
    return FileResponse(contract.FILE, media_type="application/json")


@router.get("/docs/{name}")
async def show_docs_file(name: str) -> FileResponse:
    """One of the page's three files.

    Raises:
        NotFound: any other name.
    """
    if name not in FILES:
        raise NotFound
    folder, kind = FILES[name]
    return FileResponse(folder / name, media_type=kind)

"""A page: rendered from a template, refused in the words of the domain, kept to our own origin.

Every route of the console is a `PageRoute`. It takes no `SessionDep`: what writes goes through
`forms.submit`, which has a transaction of its own, so that a refusal can be shown as a page.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.console import menu, words
from app.core.errors import Forbidden, Unauthorized
from app.http.deps import SAFE
from app.http.late import LateRoute

FOLDER = Path(__file__).parent
PREFIX = "/console"
HOME, SIGN_IN = "/console/", "/console/sign-in"

Unused = Literal[""]  # a filter whose field was left empty
# Where a page of a list begins, as a parameter of the query: what `next_page` said.
Cursor = Annotated[str | None, Query(max_length=400)]

# On every answer below PREFIX; see `app.http.middleware`. Without a referrer of our own origin a
# browser would send `Origin: null` with our own forms.
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
ASSETS = {
    path.name: (path.read_bytes(), KINDS[path.suffix])
    for path in sorted((FOLDER / "static").iterdir())
}
VERSION = hashlib.sha256(b"".join(body for body, _ in ASSETS.values())).hexdigest()[:12]

TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters.update(words.FILTERS)
TEMPLATES.globals.update(asset=lambda name: f"{PREFIX}/static/{VERSION}/{name}")


class CrossSite(Forbidden):
    """Sent by the page of another site."""

    code, title = "cross_site", "请从本系统的页面提交"


class Refused(Exception):
    """A problem that has been said already, where no form is there to say it beside its fields."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem["code"])
        self.problem = problem


class PageRoute(LateRoute):
    """A route that answers with pages: also where it refuses."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, behind the check of the origin, and with every error as a page."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                require_own_origin(request)
                return await answer(request)
            except Unauthorized:
                return sign_in_first(request)
            except Refused as refusal:
                return refused(request, refusal.problem)
            except Exception as error:  # noqa: BLE001 - said by the same handlers as in the API
                return refused(request, await problem_of(request, error))

        return handle


def render(request: Request, template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
    """The template as a page; `visit` and what was just done are there by themselves."""
    visit = getattr(request.state, "visit", None)
    groups = menu.of(visit) if visit else []
    context = {
        "visit": visit,
        "menu": groups,
        "menu_at": menu.address_at(groups, request.url.path),
        "said": words.SAID.get(request.query_params.get("said", ""), ""),
        "path": request.url.path,
    }
    return HTMLResponse(TEMPLATES.get_template(template).render(context | values), code)


def go(path: str, said: str = "") -> RedirectResponse:
    """On to another page by GET, which says there what was done: a key of `words.SAID`."""
    mark = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{mark}said={said}" if said else path, 303)


def refused(request: Request, problem: Mapping[str, Any]) -> HTMLResponse:
    """A problem as a page."""
    return render(request, "error.html", problem["status"], problem=problem)


def sign_in_first(request: Request) -> RedirectResponse:
    """To the sign-in page, and back to where somebody wanted to read."""
    wanted = request.url.path
    if request.method not in SAFE or wanted == HOME:
        return go(SIGN_IN)
    if request.url.query:
        wanted += f"?{request.url.query}"
    return go(f"{SIGN_IN}?next={quote(wanted, safe='/')}")


def own_path(wanted: str) -> str:
    """A path of the console, or its first page: nobody is led elsewhere."""
    return wanted if wanted.startswith(HOME) and "\\" not in wanted else HOME


def require_own_origin(request: Request) -> None:
    """What changes something was sent by a page of ours.

    By Fetch Metadata, or by Origin where a browser sends none over plain http.

    Raises:
        CrossSite: another site's page, or nothing that tells.
    """
    if request.method in SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        is_own = site == "same-origin"
    else:
        origin = request.headers.get("origin", "")
        is_own = urlsplit(origin).netloc == request.headers.get("host")
    if not is_own:
        raise CrossSite


async def problem_of(request: Request, error: Exception) -> dict[str, Any]:
    """What the API would say to this error, by the same handlers."""
    handlers = request.app.exception_handlers
    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    said: dict[str, Any] = json.loads((await handler(request, error)).body)
    return said


def next_page(request: Request, cursor: str | None) -> str:
    """The address of the next page of a list, with its filters; empty on the last one."""
    if not cursor:
        return ""
    return "?" + request.url.include_query_params(cursor=cursor).query

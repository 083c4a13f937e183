"""Every writing costs at most twelve statements, in whatever test it is called; more has its reason here.

What grows with the rows of one call (a file's rows, a team's people) is written set by set, so the
number stands for any size. Source: design.md §7.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import ASGITransport, Request, Response

MOST = 12
READS = ("GET", "HEAD", "OPTIONS")
A_YEAR = (
    "facts and conduct of a year, and votes as they were shown, of everybody at once, set by set"
)
FILE = "a file of any size beside the tree: statements for each table and level, none for a row"
# operation: how many, and why not fewer
MORE: dict[str, tuple[int, str]] = {
    "apply_import": (50, FILE),
    "apply_one_import": (52, FILE),
    # who has not said a name is called as his post calls him: known only once the post is his
    "bind_phone": (13, "the token of the platform, the phone, the post, its name and its role"),
    "compile_summary": (29, A_YEAR + "; its sheets are delivered, the edition before is closed"),
    # order, seats, records, needs and the question to their residents: each table is read under its
    # lock and written once, with the limit of a day and who may not answer for the resident
    "complete_order": (20, "five tables in one act"),
    "draft_sheets": (17, A_YEAR + "; drafts of before are written anew"),
    # the sheet says what holds when it is signed, so that an objection of this minute stays out of it.
    # Who signs 1; issuer and sheet, locked in this order 2; facts 2; words of the content 1; votes:
    # rule, what was shown under its lock, ratings, ballots 4; conduct: four lives, one of them sealed,
    # so that no union decodes them 4; the member's own words, sealed 1; number, end of the chain, code,
    # each a row under a lock of its own 3; the sheet 1, history with fact 1: 20. A next edition closes
    # the one before 3: its lock, its row, its code. Each is set by set, shared with drafts and summaries
    "issue_sheet": (
        23,
        "facts, shown votes and conduct of its member are read again, room by room",
    ),
    "sign_many_sheets": (22, "as `issue_sheet`, for any number of sheets of one period"),
    "sign_one_sheet": (23, "as `issue_sheet`"),
    "preview_divisions": (34, FILE),
    "preview_some_divisions": (36, FILE),
    "propose_suggestions": (16, "keeps what is shown of everybody's votes in the same call"),
}


class Counted(ASGITransport):
    """Speaks to the application, and lets no writing that succeeds cost more than its budget."""

    def __init__(
        self, app: FastAPI, count: Callable[[], AbstractContextManager[list[str]]]
    ) -> None:
        super().__init__(app, raise_app_exceptions=False)
        self.routes = [route for route in app.routes if isinstance(route, APIRoute)]
        self.count = count

    async def handle_async_request(self, request: Request) -> Response:
        if request.method in READS:
            return await super().handle_async_request(request)
        with self.count() as statements:
            response = await super().handle_async_request(request)
        if response.is_success:
            name = self.operation(request)
            most, _ = MORE.get(name, (MOST, ""))
            listed = "\n".join(" ".join(each.split())[:160] for each in statements)
            assert len(statements) <= most, f"{name}: {len(statements)} of {most}\n{listed}"
        return response

    def operation(self, request: Request) -> str:
        """The operation of the contract that answers this request."""
        return next(
            route.name
            for route in self.routes
            if request.method in (route.methods or ())
            and route.path_regex.fullmatch(request.url.path)
        )

"""The roster of an employer: sent as a file, previewed, applied, listed; claim codes."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Query, Request, UploadFile

from app.core.errors import Forbidden, NotFound, TooLarge, Unavailable
from app.core.paging import Page, Slice
from app.core.sheets.limits import LIMITS, FileRefused
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.members import lines, roster, standing_reading
from app.members.roster_file import Roster
from app.members.roster_schemas import (
    ClaimCodeOut,
    LeaveIn,
    LineOut,
    RosterPreview,
    StandingPage,
)
from app.members.standing import Standing
from app.models.organization import Import
from app.organizations.import_schemas import ImportOut
from app.organizations.imports import ImportLapsed, RowsRefused, StateChanged
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["roster"], route_class=KeyedRoute)

MOST_BYTES = LIMITS.size + 64 * 1024
MOST_SHOWN = 200


async def read_roster(
    request: Request,
    actor: ActorDep,
    employer_id: UUID,
    file: UploadFile,
    confirms_notice: Annotated[
        bool, Form(description="The people listed were told; see `employer_roster_notice`.")
    ] = False,
) -> Roster:
    """The file's lines, read before the transaction begins."""
    return await roster.read(
        request.app.state.reader,
        actor,
        employer_id,
        file.file,
        file.filename or "",
        is_told=confirms_notice,
    )


RosterDep = Annotated[Roster, Depends(read_roster)]


@router.post(
    "/organizations/{employer_id}/roster/previews",
    status_code=201,
    summary="预览党员名册",
    response_model=RosterPreview,
    responses=answers(NotFound, Forbidden, TooLarge, FileRefused, Unavailable),
    openapi_extra=needs(P.EMPLOYER_ROSTER),
    max_body_size=MOST_BYTES,
)
async def preview_roster(
    session: SessionDep, actor: ActorDep, employer_id: UUID, found: RosterDep
) -> dict[str, Any]:
    """What the file would change; which columns were not read, and what is wrong in which cell."""
    seen = await roster.preview(session, actor, employer_id, found)
    return {name: getattr(seen.row, name) for name in ImportOut.model_fields} | {
        "taken": [{"row": number, "step": step} for number, step in seen.steps[:MOST_SHOWN]],
        "not_in_service": [
            {"row": one.row, "state": one.state, "name": one.name}
            for one in found.idle[:MOST_SHOWN]
        ],
        "refused": [
            {
                "row": error.row,
                "column": error.column,
                "code": error.code,
                "message": error.message,
            }
            for error in found.errors[:MOST_SHOWN]
        ],
        "unread": list(found.unread[:MOST_SHOWN]),
        "skipped": list(found.skipped[:MOST_SHOWN]),
    }


@router.post(
    "/imports/{import_id}/roster",
    summary="应用党员名册",
    response_model=ImportOut,
    responses=answers(NotFound, Forbidden, BadTransition, ImportLapsed, RowsRefused, StateChanged),
    openapi_extra=needs(P.IMPORT_APPLY),
)
async def apply_roster(
    session: SessionDep, actor: ActorDep, import_id: UUID, body: LeaveIn
) -> Import:
    """The previewed lines are the roster, all or nothing."""
    return await roster.apply(session, actor, import_id, leave_missing=body.leave_missing)


@router.get(
    "/organizations/{employer_id}/roster",
    summary="党员名册",
    response_model=Page[LineOut],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.EMPLOYER_ROSTER),
)
async def list_roster(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    employer_id: UUID,
    standing: Annotated[
        Standing | None, Query(description="One standing; left out: everybody.")
    ] = None,
    branch_id: UUID | None = None,
) -> Slice[dict[str, Any]]:
    """The lines of the employer, or of a branch of it, with what became of their registration; phones
    masked."""
    sought = lines.Sought(standing, branch_id)
    return await lines.page(reader, actor, paging, employer_id, sought)


@router.get(
    "/organizations/{employer_id}/standing",
    summary="报到情况",
    response_model=StandingPage,
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.EMPLOYER_ROSTER),
)
async def list_standings(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, employer_id: UUID
) -> dict[str, Any]:
    """How many members are registered: of the employer or a branch of it, and of each branch below."""
    found = await standing_reading.show(reader, actor, paging, employer_id)
    return {"whole": found.whole} | found.branches._asdict()


@router.post(
    "/members/{member_id}/claim-code",
    status_code=201,
    summary="生成认领码",
    response_model=ClaimCodeOut,
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.MEMBER_EDIT),
)
async def make_claim_code(session: SessionDep, actor: ActorDep, member_id: UUID) -> dict[str, Any]:
    """A code for somebody whose phone in the roster is wrong; shown once, good for 30 days."""
    return await lines.make_claim_code(session, actor, member_id)

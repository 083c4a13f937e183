"""Posts and claims as members and the community read them.

Each list has one driving column with an index and is allowed by one grant on its community.
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, and_, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization, Organization
from app.models.person import Person
from app.models.post import LIVING, Claim, ClaimStatus, ClaimStep, Post, PostStatus
from app.permissions import Actor, Permission, grants, may, require
from app.posts.lifecycle import CLAIM, POST
from app.rules.words import PERSON

P = Permission
Mine, Waiting = aliased(Claim), aliased(Claim)
Community = aliased(NamedOrganization)
PROTECTED = "党员"

COMMUNITY = bindparam("community_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
# a literal, so that the partial index of open posts serves it
IS_OPEN = Post.status == literal_column("'open'")


def _one_of(column: Any, states: tuple[ClaimStatus, ...]) -> Any:
    return column.in_([literal_column(f"'{state}'") for state in states])


CARD = (
    Post.id,
    Post.kind,
    Post.category,
    Post.title,
    Post.place,
    Post.headcount,
    Post.taken,
    Post.skills,
    Post.qualifications,
    Post.is_risky,
    Post.term_months,
)
MY_CLAIM = and_(Mine.post_id == Post.id, Mine.person_id == PERSON, _one_of(Mine.status, LIVING))
BRIEF = (
    *CARD,
    (Post.taken >= Post.headcount).label("is_full"),
    select(Mine.status).where(MY_CLAIM).scalar_subquery().label("my_claim"),
)
WAITING = (
    select(func.count())
    .select_from(Waiting)
    .where(
        Waiting.post_id == Post.id,
        _one_of(Waiting.status, (ClaimStatus.PENDING, ClaimStatus.EXIT_PENDING)),
    )
    .scalar_subquery()
)
CONTAINER = Prepared(
    select(grants(P.POST_BOARD, P.POST_KEEP, P.COMMUNITY_PROTECTED)).where(
        Organization.id == COMMUNITY
    )
)


async def allowed(
    reader: Reader, actor: Actor, community_id: UUID, permission: Permission
) -> list[str]:
    """What the actor may there; `permission` is among it.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    granted: list[str] = row["grants"]
    require(granted, permission)
    return granted


async def page_of_open(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID
) -> Slice[dict[str, Any]]:
    """Open posts of a community, the latest first; whether each is full, and mine.

    Raises:
        NotFound, Forbidden: as for the community; open posts are for its registered members.
    """
    await allowed(reader, actor, community_id, P.POST_BOARD)
    binds = {"community_id": community_id, "person": actor.person_id}
    where = scope("posts-open", {"c": community_id})
    return await _page(reader, paging, where, _open, binds)


async def page_of_community(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, status: PostStatus
) -> Slice[dict[str, Any]]:
    """The community's posts in one state, the latest first; errors as above."""
    await allowed(reader, actor, community_id, P.POST_KEEP)
    binds = {"community_id": community_id, "status": status}
    return await _page(reader, paging, scope("posts", binds), _of_staff, binds)


SHOW = Prepared(
    select(
        *BRIEF,
        Post.status,
        Post.community_id,
        Community.name.label("community_name"),
        Post.description,
        Post.needs_pledge,
        Post.insured_until,
        Post.published_at,
        Post.version,
        select(Mine.id).where(MY_CLAIM).scalar_subquery().label("my_claim_id"),
        grants(P.POST_RUN),
    )
    .join(Community, Community.id == Post.community_id)
    .where(Post.id == bindparam("post_id", type_=Uuid()), may(P.POST_READ))
)


async def show(reader: Reader, actor: Actor, post_id: UUID) -> dict[str, Any]:
    """One post with the reader's steps and his own living claim.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"post_id": post_id})
    if row is None:
        raise NotFound
    return row | {"open_to": POST.open_in(row["status"], row["grants"])}


async def page_of_mine(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's claims with their posts, the latest first."""
    where = scope("my-claims", {"p": actor.person_id})
    found = await _page(reader, paging, where, _mine, {"owner": actor.person_id})
    for row in found.items:
        row["open_to"] = CLAIM.open_in(row["status"], [P.CLAIM_OWN])
    return found


async def page_of_claims(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    community_id: UUID,
    status: ClaimStatus,
    post_id: UUID | None,
) -> Slice[dict[str, Any]]:
    """Claims on the community's posts, or on one of them, in one state, with who made them.

    A protected member's are the secretary's alone. Source: practice.md R12.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    granted = await allowed(reader, actor, community_id, P.POST_KEEP)
    binds = {"community_id": community_id, "status": status, "post_id": post_id}
    found = await _page(reader, paging, scope("claims", binds), _claims, binds)
    for row in found.items:
        is_hidden = row["is_protected"] and P.COMMUNITY_PROTECTED not in granted
        row["open_to"] = [] if is_hidden else CLAIM.open_in(row["status"], [P.CLAIM_RUN])
        if is_hidden:
            row |= {"name": PROTECTED, "reason": None}
    return found


async def _page(
    reader: Reader, paging: Paging, where: str, statement: Any, binds: dict[str, Any]
) -> Slice[dict[str, Any]]:
    """One page of a list by id, the latest first; one statement."""
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await statement(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, "id")


def _latest(statement: Select[*tuple[Any, ...]], column: Any, is_continued: bool) -> Prepared:
    statement = statement.order_by(column.desc()).limit(MOST)
    if is_continued:
        statement = statement.where(column < bindparam("id", type_=Uuid()))
    return Prepared(statement)


@cache
def _open(is_continued: bool) -> Prepared:
    return _latest(
        select(*BRIEF).where(Post.community_id == COMMUNITY, IS_OPEN), Post.id, is_continued
    )


@cache
def _of_staff(is_continued: bool) -> Prepared:
    is_wanted = Post.status == bindparam("status", type_=Post.status.type)
    statement = select(*CARD, Post.status, WAITING.label("waiting")).where(
        Post.community_id == COMMUNITY, is_wanted
    )
    return _latest(statement, Post.id, is_continued)


CLAIM_COLUMNS = (
    Claim.id,
    Claim.post_id,
    Claim.status,
    Claim.started_on,
    Claim.term_ends_on,
    Claim.ended_on,
    Post.title,
)


@cache
def _mine(is_continued: bool) -> Prepared:
    statement = (
        select(*CLAIM_COLUMNS, Post.category, Post.kind, Post.place)
        .join(Post, Post.id == Claim.post_id)
        .where(Claim.person_id == bindparam("owner", type_=Uuid()))
    )
    return _latest(statement, Claim.id, is_continued)


LAST_REASON = (
    select(ClaimStep.reason)
    .where(ClaimStep.claim_id == Claim.id, ClaimStep.reason.is_not(None))
    .order_by(ClaimStep.id.desc())
    .limit(1)
    .scalar_subquery()
)


@cache
def _claims(is_continued: bool) -> Prepared:
    post_id = bindparam("post_id", type_=Uuid())
    statement = (
        select(
            *CLAIM_COLUMNS,
            Person.name,
            Member.is_protected,
            Claim.was_kept,
            LAST_REASON.label("reason"),
        )
        .join(Post, Post.id == Claim.post_id)
        .join(Person, Person.id == Claim.person_id)
        .join(Registration, Registration.id == Claim.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .where(
            Claim.community_id == COMMUNITY,
            Claim.status == bindparam("status", type_=Claim.status.type),
            or_(post_id.is_(None), Claim.post_id == post_id),
        )
    )
    return _latest(statement, Claim.id, is_continued)

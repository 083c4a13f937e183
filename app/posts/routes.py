"""Standing posts (岗位), claims on them (认领), and days served on them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.post import Claim, ClaimStatus, Post, PostStatus
from app.models.record import ServiceRecord
from app.permissions import Permission as P
from app.posts import claims, duties, proposals, reading, service
from app.posts.claims import (
    AlreadyClaimed,
    AlreadyKept,
    ClaimLimit,
    NotRegisteredHere,
    OwnClaim,
    PostFull,
    PostNotOpen,
    QualificationMissing,
    SkillMissing,
)
from app.posts.duties import DutyEntered
from app.posts.schemas import (
    ClaimLine,
    ClaimOut,
    DutyIn,
    DutyOut,
    ExitIn,
    LetGoIn,
    MyClaim,
    PostBrief,
    PostChange,
    PostClaimIn,
    PostIn,
    PostLine,
    PostMovedOut,
    PostOut,
    PostReasonIn,
    ProposedPage,
)
from app.posts.service import NotInsured

router = Room(prefix="/api/v1", tags=["posts"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)
DECIDED = answers(NotFound, Forbidden, BadTransition, OwnClaim)


@router.get(
    "/organizations/{community_id}/posts/open",
    summary="可认领的岗位",
    response_model=Page[PostBrief],
    responses=SEEN,
    openapi_extra=needs(P.POST_BOARD),
)
async def list_open_posts(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, community_id: UUID
) -> Slice[dict[str, Any]]:
    """Open posts of a community, for its registered members; the latest first."""
    return await reading.page_of_open(reader, actor, paging, community_id)


@router.get(
    "/organizations/{community_id}/posts/proposed",
    summary="由党员特长推荐的岗位",
    response_model=ProposedPage,
    responses=SEEN,
    openapi_extra=needs(P.POST_KEEP),
)
async def list_proposed_posts(
    reader: ReadDep, actor: ActorDep, community_id: UUID
) -> dict[str, Any]:
    """The skills of this community, and the posts they suggest; counts, no names."""
    return await proposals.proposed(reader, actor, community_id)


@router.get(
    "/organizations/{community_id}/posts",
    summary="社区的岗位",
    response_model=Page[PostLine],
    responses=SEEN,
    openapi_extra=needs(P.POST_KEEP),
)
async def list_posts(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[PostStatus, Query(description="One state.")] = PostStatus.OPEN,
) -> Slice[dict[str, Any]]:
    """The community's posts in one state, the latest first."""
    return await reading.page_of_community(reader, actor, paging, community_id, status)


@router.post(
    "/organizations/{community_id}/posts",
    status_code=201,
    summary="设立岗位",
    response_model=PostMovedOut,
    responses=answers(NotFound, Forbidden, NotInsured),
    openapi_extra=needs(P.POST_KEEP),
)
async def draft_post(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: PostIn
) -> Post:
    """A draft, or with `publish` an open post."""
    return await service.draft(session, actor, community_id, body)


@router.get(
    "/organizations/{community_id}/claims",
    summary="岗位认领名单",
    response_model=Page[ClaimLine],
    responses=SEEN,
    openapi_extra=needs(P.POST_KEEP),
)
async def list_claims(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[ClaimStatus, Query(description="One state.")] = ClaimStatus.PENDING,
    post_id: Annotated[UUID | None, Query(description="Of one post.")] = None,
) -> Slice[dict[str, Any]]:
    """Claims on the community's posts in one state, the latest first."""
    return await reading.page_of_claims(reader, actor, paging, community_id, status, post_id)


@router.get("/me/claims", summary="我的岗位", response_model=Page[MyClaim])
async def list_my_claims(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My claims with their posts, the latest first."""
    return await reading.page_of_mine(reader, actor, paging)


@router.get(
    "/posts/{post_id}",
    summary="查看岗位",
    response_model=PostOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.POST_READ),
)
async def get_post(reader: ReadDep, actor: ActorDep, post_id: UUID) -> dict[str, Any]:
    """One post, and the steps that are open to the reader."""
    return await reading.show(reader, actor, post_id)


@router.patch(
    "/posts/{post_id}",
    summary="修改岗位",
    response_model=PostMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, Stale, NotInsured),
    openapi_extra=needs(P.POST_RUN),
)
async def change_post(
    session: SessionDep, actor: ActorDep, post_id: UUID, body: PostChange
) -> Post:
    """Words, places, insurance or term are changed until it is closed."""
    return await service.change(session, actor, post_id, body)


@router.post(
    "/posts/{post_id}/publish",
    summary="发布或恢复岗位",
    response_model=PostMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, NotInsured),
    openapi_extra=needs(P.POST_RUN),
)
async def publish_post(session: SessionDep, actor: ActorDep, post_id: UUID) -> Post:
    """The draft, or the post that paused, is open to members."""
    return await service.publish(session, actor, post_id)


@router.post(
    "/posts/{post_id}/pause",
    summary="暂停认领",
    response_model=PostMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.POST_RUN),
)
async def pause_post(session: SessionDep, actor: ActorDep, post_id: UUID) -> Post:
    """Nobody claims it for now; who serves goes on."""
    return await service.pause(session, actor, post_id)


@router.post(
    "/posts/{post_id}/close",
    summary="撤销岗位",
    response_model=PostMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.POST_RUN),
)
async def close_post(
    session: SessionDep, actor: ActorDep, post_id: UUID, body: PostReasonIn
) -> Post:
    """The post is no more; who serves on it or waits for it is told."""
    return await service.close(session, actor, post_id, body.reason)


@router.post(
    "/posts/{post_id}/claims",
    status_code=201,
    summary="认领岗位",
    response_model=ClaimOut,
    responses=answers(
        NotFound,
        PostNotOpen,
        PostFull,
        NotRegisteredHere,
        AlreadyClaimed,
        ClaimLimit,
        SkillMissing,
        QualificationMissing,
    ),
    openapi_extra=needs(P.POST_READ),
)
async def claim_post(
    session: SessionDep, actor: ActorDep, post_id: UUID, body: PostClaimIn
) -> Claim:
    """I want to serve on it; the community answers."""
    return await claims.claim(session, actor, post_id, body)


@router.post(
    "/claims/{claim_id}/approve",
    summary="同意上岗",
    response_model=ClaimOut,
    responses=answers(
        NotFound,
        Forbidden,
        BadTransition,
        OwnClaim,
        PostFull,
        NotRegisteredHere,
        QualificationMissing,
        NotInsured,
    ),
    openapi_extra=needs(P.CLAIM_RUN),
)
async def approve_claim(session: SessionDep, actor: ActorDep, claim_id: UUID) -> Claim:
    """The member serves until the end of the term."""
    return await claims.approve(session, actor, claim_id)


@router.post(
    "/claims/{claim_id}/reject",
    summary="不同意认领",
    response_model=ClaimOut,
    responses=DECIDED,
    openapi_extra=needs(P.CLAIM_RUN),
)
async def reject_claim(
    session: SessionDep, actor: ActorDep, claim_id: UUID, body: PostReasonIn
) -> Claim:
    """The member does not get the place, and is told why."""
    return await claims.reject(session, actor, claim_id, body.reason)


@router.post(
    "/claims/{claim_id}/withdraw",
    summary="撤回认领",
    response_model=ClaimOut,
    responses=MOVED,
    openapi_extra=needs(P.CLAIM_OWN),
)
async def withdraw_claim(session: SessionDep, actor: ActorDep, claim_id: UUID) -> Claim:
    """I do not want the place any more."""
    return await claims.withdraw(session, actor, claim_id)


@router.post(
    "/claims/{claim_id}/exit",
    summary="申请退出岗位",
    response_model=ClaimOut,
    responses=MOVED,
    openapi_extra=needs(P.CLAIM_OWN),
)
async def ask_exit(session: SessionDep, actor: ActorDep, claim_id: UUID, body: ExitIn) -> Claim:
    """I want to leave; without an answer in the policy's workdays I have left."""
    return await claims.ask_exit(session, actor, claim_id, body)


@router.post(
    "/claims/{claim_id}/let-go",
    summary="同意退出",
    response_model=ClaimOut,
    responses=DECIDED,
    openapi_extra=needs(P.CLAIM_RUN),
)
async def let_go(session: SessionDep, actor: ActorDep, claim_id: UUID, body: LetGoIn) -> Claim:
    """The member has left; what is handed over is noted."""
    return await claims.let_go(session, actor, claim_id, body.handover)


@router.post(
    "/claims/{claim_id}/keep",
    summary="挽留",
    response_model=ClaimOut,
    responses=answers(NotFound, Forbidden, BadTransition, OwnClaim, AlreadyKept),
    openapi_extra=needs(P.CLAIM_RUN),
)
async def keep_claim(
    session: SessionDep, actor: ActorDep, claim_id: UUID, body: PostReasonIn
) -> Claim:
    """The member is asked to stay on, once."""
    return await claims.keep(session, actor, claim_id, body.reason)


@router.post(
    "/claims/{claim_id}/dismiss",
    summary="请离岗位",
    response_model=ClaimOut,
    responses=DECIDED,
    openapi_extra=needs(P.CLAIM_RUN),
)
async def dismiss_claim(
    session: SessionDep, actor: ActorDep, claim_id: UUID, body: PostReasonIn
) -> Claim:
    """The member serves here no longer; nothing follows from it by itself."""
    return await claims.dismiss(session, actor, claim_id, body.reason)


@router.post(
    "/claims/{claim_id}/duties",
    status_code=201,
    summary="登记岗位服务",
    response_model=DutyOut,
    responses=answers(NotFound, Forbidden, OwnClaim, DutyEntered),
    openapi_extra=needs(P.CLAIM_RUN),
)
async def enter_duty(
    session: SessionDep, actor: ActorDep, claim_id: UUID, body: DutyIn
) -> ServiceRecord:
    """One day served on the post stands in the member's records."""
    return await duties.enter(session, actor, claim_id, body)

"""The sheets of its members as a functional branch sees them: whose, and what it has said; no votes.

A protected member is in no list that goes round.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, literal_column, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization, Organization
from app.models.report import Report, ReportKind, ReportStatus
from app.permissions import Actor, Permission, grants, require

BRANCH = bindparam("branch_id", type_=Uuid())
Branch, Group = aliased(NamedOrganization), aliased(NamedOrganization)
PLACE = Prepared(select(grants(Permission.BRANCH_OPINE)).where(Organization.id == BRANCH))
# a functional branch stands in its community, whose registrations an index finds
LIST = (
    select(
        Report.id,
        Report.period_from,
        Report.period_to,
        Member.name,
        Group.name.label("group_name"),
        Report.branch_opinion,
    )
    .join(Registration, Registration.id == Report.registration_id)
    .join(Branch, Branch.parent_id == Registration.community_id)
    .join(Member, Member.id == Registration.member_id)
    .outerjoin(Group, Group.id == Registration.functional_group_id)
    .where(
        Branch.id == BRANCH,
        Registration.functional_branch_id == BRANCH,
        Report.kind == literal_column(f"'{ReportKind.MEMBER_SHEET}'"),
        Report.status == literal_column(f"'{ReportStatus.DRAFT}'"),
        ~Member.is_protected,
    )
    .order_by(Report.id)
    .limit(bindparam("most", type_=Integer()))
)
FIRST = Prepared(LIST)
NEXT = Prepared(LIST.where(Report.id > bindparam("id", type_=Uuid())))


async def page(
    reader: Reader, actor: Actor, paging: Paging, branch_id: UUID
) -> Slice[dict[str, Any]]:
    """The sheets of the branch's members that are not signed yet; two statements.

    Raises:
        NotFound: no such organization. Forbidden: not the actor's branch.
    """
    binds: dict[str, Any] = {"branch_id": branch_id}
    row = await PLACE.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], Permission.BRANCH_OPINE)
    where = scope("branch-sheets", binds)
    key = after(paging, where, UUID)
    binds["most"] = paging.limit + 1
    if key is None:
        rows = await FIRST.rows(reader, binds)
    else:
        rows = await NEXT.rows(reader, binds | {"id": key[0]})
    return cut(rows, paging, where, "id")

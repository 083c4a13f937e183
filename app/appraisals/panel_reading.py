"""Panels as the secretary reads them: who is named, who might be, what is short; how many answered.

Never what anybody answered, or about whom. Source: practice.md G3, R10.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, array
from sqlalchemy.orm import aliased

from app.appraisals.eligible import is_registered, known_as
from app.appraisals.panels import area_of_post
from app.core import clock
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.models.appraisal import AppraisalBallot, AppraisalCount, AppraisalRater, BallotWay, Panel
from app.models.evaluation import EvaluationCycle
from app.models.member import Registration
from app.models.organization import Appointment, ContentItem, NamedOrganization, Organization
from app.permissions import Actor, Permission, grants, require

P = Permission
SECTION = "appraisal.raters"
# So few ballots in one box name who cast them. Source: policy `satisfaction.min_distinct_raters`.
LEAST_ON_PAPER = 3
Area, Named = aliased(NamedOrganization), aliased(AppraisalRater)
CYCLE, COMMUNITY = bindparam("cycle_id", type_=Uuid()), bindparam("community_id", type_=Uuid())

forms = (
    select(func.jsonb_object_agg(ContentItem.code, ContentItem.data))
    .where(ContentItem.section == SECTION)
    .scalar_subquery()
)


def _container(*columns: Any) -> Prepared:
    return Prepared(
        select(
            EvaluationCycle.id.label("cycle_id"),
            Organization.id.label("community_id"),
            EvaluationCycle.year,
            EvaluationCycle.status,
            EvaluationCycle.appraisal_from,
            EvaluationCycle.appraisal_to,
            forms.label("forms"),
            grants(P.APPRAISAL_PANEL, P.APPRAISAL_COUNT),
            *columns,
        )
        .join(Organization, EvaluationCycle.organization_id == any_(Organization.lineage))
        .where(
            EvaluationCycle.id == CYCLE,
            Organization.id == COMMUNITY,
            Organization.kind == "community",
        )
    )


# the groups of the community that have members, in their official order
areas = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object("area_id", Area.id, "area_name", Area.name),
                Area.position,
                Area.id,
            )
        )
    )
    .where(
        Area.lineage.contains(array([COMMUNITY], type_=Uuid())),
        Area.kind == literal_column("'functional_group'"),
        Area.closed_on.is_(None),
        exists()
        .where(Registration.functional_group_id == Area.id, is_registered)
        .correlate_except(Registration),
    )
    .correlate(EvaluationCycle)
    .scalar_subquery()
)
CONTAINER, WITH_AREAS = _container(), _container(areas.label("areas"))
is_here = and_(AppraisalRater.cycle_id == CYCLE, AppraisalRater.community_id == COMMUNITY)
RATERS = Prepared(
    select(
        AppraisalRater.id,
        AppraisalRater.panel,
        AppraisalRater.name,
        AppraisalRater.way,
        AppraisalRater.area_id,
        Area.name.label("area_name"),
        known_as(AppraisalRater).label("person_id"),
    )
    .outerjoin(Area, Area.id == AppraisalRater.area_id)
    .where(is_here)
    .order_by(AppraisalRater.id)
)
is_below = Organization.lineage.contains(array([COMMUNITY], type_=Uuid()))
proposed_area = area_of_post()
PROPOSED = Prepared(
    select(
        Appointment.id.label("appointment_id"),
        Appointment.name,
        Appointment.post,
        proposed_area.label("area_id"),
        Area.name.label("area_name"),
    )
    .join(Organization, Organization.id == Appointment.organization_id)
    .outerjoin(Area, Area.id == proposed_area)
    .where(
        is_below,
        Appointment.post == any_(bindparam("posts", type_=ARRAY(String()))),
        or_(Appointment.to_on.is_(None), Appointment.to_on >= bindparam("today", type_=Date())),
        ~exists().where(
            Named.cycle_id == CYCLE,
            Named.community_id == COMMUNITY,
            or_(
                Named.appointment_id == Appointment.id,
                Named.person_id == Appointment.person_id,
                Named.phone_hash == Appointment.phone_hash,
            ),
        ),
    )
    .order_by(Appointment.id)
)


async def show(reader: Reader, actor: Actor, cycle_id: UUID, community_id: UUID) -> dict[str, Any]:
    """The panels of a community, in the order of their kinds; three statements.

    Raises:
        NotFound, Forbidden: as for the community and its cycle.
    """
    row, _ = await _named(reader, actor, cycle_id, community_id)
    return row


async def show_with_progress(
    reader: Reader, actor: Actor, cycle_id: UUID, community_id: UUID
) -> dict[str, Any]:
    """As `show`, each panel with what `progress` says of it; five statements. Errors as there."""
    row, binds = await _named(reader, actor, cycle_id, community_id)
    far = await _progress(reader, binds)
    return row | {"panels": [each | far[each["panel"]] for each in row["panels"]]}


async def _named(
    reader: Reader, actor: Actor, cycle_id: UUID, community_id: UUID
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Who is named, proposed and lacking, with the binds that name community and cycle."""
    row, binds = await container(
        reader, actor, cycle_id, community_id, P.APPRAISAL_PANEL, WITH_AREAS
    )
    posts = [post for form in row["forms"].values() for post in form["posts"]]
    raters = await RATERS.rows(reader, binds)
    proposed = await PROPOSED.rows(reader, binds | {"posts": posts, "today": clock.today()})
    groups = [each | {"area_id": UUID(each["area_id"])} for each in row["areas"] or ()]
    panels = []
    for panel in Panel:
        form = row["forms"][panel]
        named = [each for each in raters if each["panel"] is panel]
        panels.append(
            {
                "panel": panel,
                "name": form["name"],
                "least": form["min"],
                "raters": [each | {"is_known": _is_known(each)} for each in named],
                "proposed": [each for each in proposed if each["post"] in form["posts"]],
                "short_of": list(shortages(panel, form, named, groups)),
            }
        )
    return row | {"panels": panels, "areas": groups}, binds


async def container(
    reader: Reader,
    actor: Actor,
    cycle_id: UUID,
    community_id: UUID,
    permission: Permission,
    statement: Prepared = CONTAINER,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The community in its cycle, with the panels' forms; and the binds that name both.

    Raises:
        NotFound, Forbidden: as for the community and its cycle.
    """
    binds = {"cycle_id": cycle_id, "community_id": community_id}
    row = await statement.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], permission)
    return row, binds


def shortages(
    panel: Panel,
    form: Mapping[str, Any],
    named: Sequence[Mapping[str, Any]],
    areas: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """What a panel lacks: people as a whole, in an area, or on paper so that a ballot is a secret."""
    whole = {"area_id": None, "area_name": None}
    found = []
    if len(named) < form["min"]:
        found.append(whole | _lack(form["min"], len(named)))
    on_paper = Counter(each["area_id"] for each in named if each["way"] == BallotWay.PAPER_BALLOT)
    if 0 < on_paper[None] < LEAST_ON_PAPER:
        found.append(whole | _lack(LEAST_ON_PAPER, on_paper[None], is_of_paper=True))
    if panel is not Panel.RESIDENT_REPRESENTATIVES:
        return found
    by_area = Counter(each["area_id"] for each in named)
    for area in areas:
        least, count = form["min_per_group_area"], by_area[area["area_id"]]
        if count < least:
            found.append(dict(area) | _lack(least, count))
        if 0 < on_paper[area["area_id"]] < LEAST_ON_PAPER:
            lack = _lack(LEAST_ON_PAPER, on_paper[area["area_id"]], is_of_paper=True)
            found.append(dict(area) | lack)
    return found


def _lack(wanted: int, named: int, *, is_of_paper: bool = False) -> dict[str, Any]:
    return {"wanted": wanted, "named": named, "is_of_paper": is_of_paper}


def _is_known(rater: Mapping[str, Any]) -> bool:
    return rater["way"] is BallotWay.PAPER_BALLOT or rater["person_id"] is not None


has_answered = or_(
    AppraisalRater.has_answered, exists().where(AppraisalBallot.rater_id == AppraisalRater.id)
)
PROGRESS = Prepared(
    select(
        AppraisalRater.panel,
        func.count().filter(AppraisalRater.way == BallotWay.ONLINE).label("online"),
        func.count().filter(has_answered).label("answered"),
        func.count().filter(AppraisalRater.way == BallotWay.PAPER_BALLOT).label("on_paper"),
    )
    .where(is_here)
    .group_by(AppraisalRater.panel)
)
COUNTED = Prepared(
    select(
        AppraisalCount.panel,
        func.count().filter(AppraisalCount.place == 1).label("lines_counted"),
        func.count()
        .filter(AppraisalCount.place == 1, AppraisalCount.agreed_at.is_not(None))
        .label("lines_agreed"),
    )
    .where(AppraisalCount.cycle_id == CYCLE, AppraisalCount.community_id == COMMUNITY)
    .group_by(AppraisalCount.panel)
)
NOTHING = dict.fromkeys(("online", "answered", "on_paper"), 0)
NO_LINES = dict.fromkeys(("lines_counted", "lines_agreed"), 0)


async def progress(
    reader: Reader, actor: Actor, cycle_id: UUID, community_id: UUID
) -> dict[str, Any]:
    """How many of how many have answered, by panel; three statements.

    Raises:
        NotFound, Forbidden: as for the community and its cycle.
    """
    row, binds = await container(reader, actor, cycle_id, community_id, P.APPRAISAL_PANEL)
    far = await _progress(reader, binds)
    panels = [{"name": row["forms"][panel]["name"]} | far[panel] for panel in Panel]
    return row | {"panels": panels}


async def _progress(reader: Reader, binds: Mapping[str, Any]) -> dict[Panel, dict[str, Any]]:
    answered = {each["panel"]: each for each in await PROGRESS.rows(reader, binds)}
    counted = {each["panel"]: each for each in await COUNTED.rows(reader, binds)}
    return {
        panel: {"panel": panel}
        | NOTHING
        | answered.get(panel, {})
        | NO_LINES
        | counted.get(panel, {})
        for panel in Panel
    }

"""How a member comes to register: what is offered, claimed, submitted, mended, linked.

Nothing of a roster is shown before consent and a verified phone. Source: practice.md R12, R21.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock, fields, ids
from app.core.errors import Forbidden, Invalid, NotFound
from app.identity import service as identity
from app.identity.service import PhoneRequired
from app.members import placing, service
from app.members.lifecycle import REGISTRATION, RegistrationAction
from app.members.schemas import ApplicationIn, ClaimIn, PlaceIn, RegistrationIn, ResubmitIn
from app.models.member import Member, MemberSource, Registration, RegistrationStatus
from app.models.person import Person
from app.permissions import Actor, Permission
from app.policies import content
from app.policies import service as policies

A, P, S = RegistrationAction, Permission, RegistrationStatus
CORE = "registration_core"
CONFIRMATION = "registration.require_employer_confirmation"

Living = aliased(Registration)
POLICIES = (
    policies.said_at(placing.EMPLOYER, CONFIRMATION).label("confirmation"),
    policies.value_at(placing.EMPLOYER, service.EMPLOYER_DAYS).label("employer_days"),
    policies.value_at(bindparam("community_id", type_=Uuid()), service.COMMUNITY_DAYS).label(
        "community_days"
    ),
)


async def submit(session: AsyncSession, actor: Actor, body: RegistrationIn) -> Registration:
    """The registration waits for the community, or first for the employer where policy says so.

    Raises:
        ConsentRequired: the core purpose is not agreed to.
        PhoneRequired: no verified phone.
        NotFound: the line is none that was offered.
        Invalid: place, ground, skills, times or employer are wrong.
        AlreadyRegistered: a living registration of the person or of the line (by the database).
    """
    person = await consenting(session, actor)
    await check_codes(session, body.skills, body.availability)
    _require_one(body.member_id, body.application)
    if body.application is None:
        member = await _claim(session, person, body.member_id)
        found = await _named(session, member.employer_id, body)
        placing.check(found, body)
    else:
        found = await _named(
            session, body.application.employer_id, body, body.application.branch_id
        )
        _check_application(found, body.application)
        placing.check(found, body)
        await _free_lines(session, person.id)
        member = _line(person, body.application)
        member.person_id = person.id
        session.add(member)
        await session.flush()
    await identity.learn_name(session, person.id, member.name)
    said = found[body.community_id]
    status = _first_status(member, said.confirmation)
    row = Registration(
        id=ids.new_id(),
        member_id=member.id,
        person_id=person.id,
        employer_id=member.employer_id,
        channel="online",
        skills=body.skills,
        availability=body.availability,
        status=status,
        submitted_at=clock.now(),
    )
    put(row, body)
    session.add(row)
    waits = said.employer_days if status == S.PENDING_EMPLOYER else said.community_days
    await service.moved(session, actor, row, "submit", None, waits=waits)
    return row


async def resubmit(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: ResubmitIn
) -> Registration:
    """Mended after it was sent back, it waits again for whoever sent it back.

    Raises:
        NotFound, Forbidden: not to be seen; somebody else's.
        BadTransition: it was not sent back.
        ConsentRequired: consent was withdrawn meanwhile.
        Invalid: place, ground or branch are wrong.
    """
    row, granted = await service.get(session, actor, registration_id, P.REGISTRATION_OWN)
    action = A.APPLY_AGAIN if row.status == S.RETURNED_BY_EMPLOYER else A.SUBMIT_AGAIN
    left = REGISTRATION.move(row, action, granted)
    with session.no_autoflush:  # the row is written once
        await consenting(session, actor)
        found = await _named(session, row.employer_id, body, body.branch_id)
        placing.check(found, body)
        if body.branch_id is not None:
            await _correct_branch(session, row, action, found, body.branch_id)
    said = found[body.community_id]
    waits = said.employer_days if action == A.APPLY_AGAIN else said.community_days
    put(row, body)
    row.submitted_at, row.reason_code, row.suggested_community_id = clock.now(), None, None
    await service.moved(session, actor, row, action, left, waits=waits)
    return row


async def claim(session: AsyncSession, actor: Actor, body: ClaimIn) -> Member:
    """The line of the roster that the code belongs to is the person's own; the code is used up.

    Attempts are limited by the route. A wrong code, a wrong name and an old code look the same.

    Raises:
        ConsentRequired: the core purpose is not agreed to.
        Invalid: no such code for this name, or its 30 days are over.
        AlreadyRegistered: another line of the person is registered (by the database).
    """
    if actor.person_id is None:
        raise Forbidden
    await identity.require_consent(session, actor.person_id, CORE)
    member = await session.scalar(
        select(Member)
        .where(
            Member.claim_code_hash == code_hash(body.code),
            Member.claim_code_expires_at > clock.now(),
            Member.person_id.is_(None),
            Member.left_on.is_(None),
        )
        .with_for_update()
    )
    if member is None or member.name_hash != fields.find_by(plain_name(body.name)):
        raise Invalid.field("/code", "bad_claim_code", "认领码或姓名不正确，或认领码已过期")
    await _free_lines(session, actor.person_id, member.id)
    member.person_id = actor.person_id
    member.claim_code_hash, member.claim_code_expires_at = None, None
    await session.flush()
    return member


async def link(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """A registration made at the counter is tied to the person who carries its phone.

    Raises:
        ConsentRequired, PhoneRequired: as `submit`.
        NotFound: none at the counter with this phone that nobody is tied to.
        AlreadyRegistered: the person has another one (by the database).
    """
    person = await consenting(session, actor)
    row = await session.scalar(
        select(Registration)
        .join(Member, Member.id == Registration.member_id)
        .where(
            Registration.id == registration_id,
            Registration.channel == "at_counter",
            Registration.person_id.is_(None),
            Registration.status.in_((S.ACTIVE, S.SUSPENDED)),
            Member.phone_hash == person.phone_hash,
        )
        .with_for_update(of=Registration)
    )
    if row is None:
        raise NotFound
    await _free_lines(session, person.id, row.member_id)
    member = await session.get_one(Member, row.member_id)
    member.person_id = row.person_id = person.id
    await identity.learn_name(session, person.id, member.name)
    return row


def put(row: Registration, wanted: PlaceIn) -> None:
    """The place as chosen; a ground other than residence keeps no address that was not given."""
    row.community_id, row.ground = wanted.community_id, wanted.ground
    row.ground_note = wanted.ground_note
    row.compound_id, row.building_id = wanted.compound_id, wanted.building_id
    row.building_text = None if wanted.building_id else wanted.building_text


def plain_name(name: str) -> str:
    """A name as it is compared: without the spaces people put between two characters."""
    return "".join(name.split())


def code_hash(code: str) -> str:
    """What is stored of a claim code; letters that look like digits count as these."""
    read = code.upper().translate(str.maketrans("OIL", "011"))
    return fields.find_by(f"claim:{read}").hex()


async def check_codes(session: AsyncSession, skills: list[str], availability: list[str]) -> None:
    """Nothing, or what is not in the dictionaries.

    Raises:
        Invalid: an unknown skill or time.
    """
    sections = await content.sections(session, "skills", "availability")
    known = {
        name: {*entries, *(code for data in entries.values() for code in skill_names(data))}
        for name, entries in sections.items()
    }
    for pointer, given in (("skills", skills), ("availability", availability)):
        for position, code in enumerate(given):
            if code not in known[pointer]:
                raise Invalid.field(f"/{pointer}/{position}", "unknown_code", "不在可选范围内")


def skill_names(data: dict[str, Any]) -> dict[str, str]:
    """Name by code of every skill in the grouped entry of the dictionary."""
    groups = data.get("value", ())
    return {item["code"]: item["name"] for group in groups for item in group["items"]}


async def consenting(session: AsyncSession, actor: Actor) -> Person:
    """The actor as a person who agrees to the core purpose and has a verified phone.

    Raises:
        Forbidden: the house itself. ConsentRequired, PhoneRequired.
    """
    if actor.person_id is None:
        raise Forbidden
    person = await identity.consenting(session, actor.person_id, CORE)
    if person.phone_hash is None or person.phone_verified_at is None:
        raise PhoneRequired
    return person


async def find_line(
    session: AsyncSession, person: Person, member_id: UUID | None, wanted: ApplicationIn | None
) -> Member:
    """The offered line, locked, or a new one by which an employer is asked.

    Raises:
        NotFound: the line is none that was offered.
        Invalid: both or neither are given; employer or branch are wrong.
    """
    _require_one(member_id, wanted)
    if wanted is not None:
        found = await placing.named(session, wanted.employer_id, wanted.branch_id)
        _check_application(found, wanted)
        member = _line(person, wanted)
        session.add(member)
        await session.flush()
        return member
    offered = await session.scalar(
        select(Member).where(*_is_offered(person, member_id)).with_for_update()
    )
    if offered is None:
        raise NotFound
    return offered


def _require_one(member_id: UUID | None, wanted: ApplicationIn | None) -> None:
    if (member_id is None) == (wanted is None):
        raise Invalid.field(
            "/member_id", "one_of_two", "请选择名册中的本人，或向单位申请，二者选一"
        )


async def _claim(session: AsyncSession, person: Person, member_id: UUID | None) -> Member:
    """The offered line is the person's, and no other that he had claimed and never registered."""
    await _free_lines(session, person.id, member_id)
    member: Member | None = await session.scalar(
        update(Member)
        .where(*_is_offered(person, member_id))
        .values(person_id=person.id, version=Member.version + 1)
        .returning(Member)
    )
    if member is None:
        raise NotFound
    return member


def _is_offered(person: Person, member_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    """The line carries the person's phone or was claimed, and nobody else's it is."""
    return (
        Member.id == member_id,
        Member.left_on.is_(None),
        Member.service_state == service.IN_SERVICE,
        or_(
            Member.person_id == person.id,
            Member.person_id.is_(None) & (Member.phone_hash == person.phone_hash),
        ),
    )


def _check_application(found: placing.Named, wanted: ApplicationIn) -> None:
    placing.require_employer(found, wanted.employer_id, pointer="/application/employer_id")
    placing.require_branch(found, wanted.branch_id, pointer="/application/branch_id")


def _line(person: Person, wanted: ApplicationIn) -> Member:
    """A line that stands apart from the roster until the employer confirms it."""
    name = plain_name(wanted.name)
    return Member(
        employer_id=wanted.employer_id,
        branch_id=wanted.branch_id,
        source=MemberSource.APPLICATION,
        name=name,
        name_hash=fields.find_by(name),
        phone=person.phone,
        phone_hash=person.phone_hash,
        service_state=service.APPLIED,
    )


async def _named(
    session: AsyncSession, employer_id: UUID, wanted: PlaceIn, branch_id: UUID | None = None
) -> placing.Named:
    """What a registration names, and on each what the policies say of it: `confirmation`, and in
    workdays `employer_days` and `community_days`."""
    return await placing.named(
        session,
        employer_id,
        branch_id,
        wanted.community_id,
        wanted.compound_id,
        wanted.building_id,
        more=POLICIES,
        community_id=wanted.community_id,
    )


def _first_status(member: Member, confirmation: str) -> RegistrationStatus:
    """Whom it waits for first, as the policy CONFIRMATION says."""
    is_rostered = member.service_state != service.APPLIED
    if confirmation == "always" or (confirmation == "unrostered_only" and not is_rostered):
        return S.PENDING_EMPLOYER
    return S.PENDING_COMMUNITY


async def _free_lines(session: AsyncSession, person_id: UUID, kept_id: UUID | None = None) -> None:
    """Other lines that the person had claimed and never registered name nobody any more."""
    registered = (
        select(Living.id)
        .where(Living.member_id == Member.id, Living.status.not_in((S.WITHDRAWN, S.ENDED)))
        .exists()
    )
    others = [] if kept_id is None else [Member.id != kept_id]
    await session.execute(
        update(Member)
        .where(Member.person_id == person_id, *others, ~registered)
        .values(person_id=None)
        .execution_options(synchronize_session=False)
    )


async def _correct_branch(
    session: AsyncSession,
    row: Registration,
    action: RegistrationAction,
    found: placing.Named,
    branch_id: UUID,
) -> None:
    if action != A.APPLY_AGAIN:
        raise Invalid.field("/branch_id", "not_yours", "名册中的党支部由单位更正")
    placing.require_branch(found, branch_id, pointer="/branch_id")
    member = await session.get_one(Member, row.member_id)
    member.branch_id = branch_id

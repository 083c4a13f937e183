"""What is left of wishes and claims when their people no longer agree, or are gone."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.members.events import RegistrationMoved
from app.models.member import RegistrationStatus
from app.models.wish import WishClaimStatus, WishStatus, WishStep
from app.wishes import leaving
from tests.factories.members import make_member, make_registration
from tests.orders.town import Desk, desk
from tests.posts.town import Sessions, told, work
from tests.wishes.town import Town, claim_of, fresh, step, town, wished

__all__ = ["desk", "town"]

S = WishStatus
LATER = (S.DELIVERED, S.UNDECIDED, S.FULFILLED, S.CLOSED, S.REJECTED)
EARLIER = (S.SUBMITTED, S.VERIFIED, S.OPEN, S.CLAIMED)


@pytest.mark.parametrize("is_closed", [False, True])
async def test_without_the_purpose_or_the_account_nothing_goes_on_and_nothing_is_kept(
    town: Town, session: AsyncSession, sessions: Sessions, is_closed: bool
) -> None:
    rows = [await wished(session, town, status) for status in (*EARLIER, *LATER)]
    if is_closed:
        gone = AccountClosed(person_id=town.resident.id)
        await leaving.on_account_closed(session, 1, gone)
    else:
        core = ConsentWithdrawn(person_id=town.resident.id, purpose="resident_core")
        await leaving.on_consent_withdrawn(session, 1, core)
    await session.commit()
    for row in rows:
        left = await fresh(session, row)
        assert left.status is (S.WITHDRAWN if rows.index(row) < len(EARLIER) else left.status)
        assert (left.contact_name, left.contact_phone, left.door, left.phone_hash) == (
            None,
            None,
            None,
            None,
        )
        assert "李梅" not in left.words
    assert [(await fresh(session, row)).status for row in rows[4:]] == list(LATER)
    assert (await claim_of(session, rows[3])).status is WishClaimStatus.ENDED
    await work(sessions)
    heard = await told(sessions)
    assert heard["wish_claim_over"] == ({town.member.id}, "“保温杯一个”：居民已撤回心愿。")


async def test_another_purpose_closes_only_its_own_function(
    town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, S.CLAIMED)
    for purpose in ("service_address", "contact_at_service", "publicity"):
        gone = ConsentWithdrawn(person_id=town.resident.id, purpose=purpose)
        await leaving.on_consent_withdrawn(session, 1, gone)
    left = await fresh(session, wish)
    assert (left.status, left.door, left.shares_phone, left.contact_name) == (
        S.CLAIMED,
        None,
        False,
        "李梅",
    )
    await leaving.on_phone_revoked(session, 2, PhoneRevoked(person_id=town.resident.id))
    left = await fresh(session, wish)
    assert (left.contact_phone, left.phone_hash, left.status) == (None, None, S.CLAIMED)


def ended(town: Town, status: str = "ended") -> RegistrationMoved:
    return RegistrationMoved(
        registration_id=town.registration.id,
        person_id=town.member.id,
        action="end",
        status=status,
    )


async def test_with_the_registration_ends_what_is_not_delivered(
    town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    claimed = await wished(session, town, S.CLAIMED)
    delivered = await wished(session, town, S.DELIVERED)
    await leaving.on_registration_moved(session, 1, ended(town, "suspended"))
    assert (await fresh(session, claimed)).status is S.CLAIMED
    town.registration.status = RegistrationStatus.ENDED
    await session.flush()
    for fact in (1, 2):  # a fact may be told twice
        await leaving.on_registration_moved(session, fact, ended(town))
    await session.commit()
    assert (await fresh(session, claimed)).status is S.OPEN
    assert (await claim_of(session, claimed)).status is WishClaimStatus.ENDED
    assert (await fresh(session, delivered)).status is S.DELIVERED
    await work(sessions)
    heard = await told(sessions)
    assert heard["wish_claim_over"] == ({town.member.id}, "“保温杯一个”：报到已结束。")


async def test_who_changes_only_his_employer_goes_on_under_the_new_registration(
    town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, S.CLAIMED)
    town.registration.status = RegistrationStatus.ENDED
    await session.flush()
    member = await make_member(session, person_id=None)
    new = await make_registration(session, town.community, town.member, member=member)
    await leaving.on_registration_moved(session, 1, ended(town))
    assert (await fresh(session, wish)).status is S.CLAIMED
    assert (await claim_of(session, wish)).registration_id == new.id


@pytest.mark.parametrize("is_closed", [False, True])
async def test_of_a_member_who_is_gone_no_words_are_kept(
    desk: Desk, town: Town, session: AsyncSession, is_closed: bool
) -> None:
    given_up = await wished(session, town, S.CLAIMED)
    await step(desk, town.member, given_up, "cancel", reason="膝盖手术")
    delivered = await wished(session, town, S.CLAIMED)
    await step(desk, town.member, delivered, "deliver", evidence="交给了邻居")
    if is_closed:
        await leaving.on_account_closed(session, 1, AccountClosed(person_id=town.member.id))
    else:
        gone = ConsentWithdrawn(person_id=town.member.id, purpose="registration_core")
        await leaving.on_consent_withdrawn(session, 1, gone)
    assert (await claim_of(session, delivered)).evidence is None
    assert await session.scalar(select(WishStep.reason)) is None
    assert (await fresh(session, delivered)).contact_name == "李梅"

"""Micro-wishes: in every state, some of them claimed and fulfilled by members."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.city import calendar
from app.city.chance import Chance, Wheel
from app.city.crews import Crew
from app.city.documents import Documents
from app.city.histories import Act, Kind, Told, tell
from app.city.members import Serving
from app.city.places import Community
from app.city.records import Done, Records
from app.city.residents import Living, Neighbours
from app.city.rows import Rows
from app.city.staff import Desk
from app.core import clock, fields, workdays
from app.models.wish import Wish, WishClaim, WishKind, WishStep
from app.models.wish import WishClaimStatus as C
from app.models.wish import WishStatus as S
from app.needs.leaving import ERASED
from app.wishes.answers import CATEGORY, PLACE
from app.wishes.lifecycle import ENDED, SUBMITTED, WAITING, WISH
from app.wishes.lifecycle import WishAction as A

STEPS = Kind(WishStep, "wish_id", WISH)
WORDS = (
    ("想要一个保温杯", "保温杯一个", WishKind.GOODS, 80),
    ("孩子想要一套画笔", "水彩画笔一套", WishKind.GOODS, 60),
    ("想有一床厚被子过冬", "棉被一床", WishKind.GOODS, 180),
    ("想拍一张全家福", "拍一张全家福", WishKind.SERVICE, None),
    ("想有人教我写毛笔字", "教写毛笔字", WishKind.SERVICE, None),
)
FATES = Wheel.of({"fulfilled": 0.78, "open": 0.12, "rejected": 0.06, "withdrawn": 0.04})
CLAIM_DAYS, MASKED_AFTER = timedelta(days=15), timedelta(days=90)
FIRST_ANSWER = 2
# How long a claim lasts, and how long its answer is waited for.
PROMISED: Mapping[str, timedelta] = {S.CLAIMED: CLAIM_DAYS, S.DELIVERED: timedelta(days=7)}
MINUTES = (30, 40, 60, 90)


class Wishes:
    """Tells wishes and writes them."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        documents: Documents,
        records: Records,
        communities: Sequence[Community],
        desks: Sequence[Desk],
        crews: Sequence[Crew],
        neighbours: Sequence[Neighbours],
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._documents, self._records = rows, chance, documents, records
        self._communities, self._desks, self._crews = communities, desks, crews
        self._neighbours, self._now = neighbours, now

    def wish(self, place: int, at: datetime) -> None:
        """Somebody of the community wishes for something, and this is what becomes of it."""
        chance, desk = self._chance, self._desks[place]
        who = self._neighbours[place].one(chance, at)
        made = chance.id(at)
        looked = calendar.office(chance, at, chance.among(0, 2))
        published = looked + timedelta(minutes=10)
        fate, claimer = FATES.spin(chance), None
        acts = [Act(A.VERIFY, looked, desk.clerk.id)]
        if fate == "rejected":
            acts = [Act(A.REJECT, looked, desk.clerk.id, "超出微心愿范围，已另行帮助")]
        elif fate == "withdrawn":
            acts.append(Act(A.WITHDRAW, chance.after(looked, 2, 60), who.person_id))
        else:
            acts.append(Act(A.PUBLISH, published, desk.secretary.id))
        claimed = chance.after(published, 2, 200)
        if fate == "fulfilled" and claimed < self._now:
            drawn = self._crews[place].draw(chance, clock.local_day(claimed), 1, in_week=False)
            claimer = drawn[0] if drawn else None
        if claimer is not None:
            acts += self._fulfil(place, who, claimer, claimed)
        self._write(place, who, claimer, at, made, acts)

    def _fulfil(self, place: int, who: Living, claimer: Serving, claimed: datetime) -> list[Act]:
        chance, desk = self._chance, self._desks[place]
        by = claimer.person_id
        delivered = chance.after(claimed, 10, 240)
        confirmed = chance.after(delivered, 1, 120)
        closed = calendar.office(chance, confirmed, 1)
        claim_id = chance.id(claimed)
        minutes = chance.pick(MINUTES)
        named = {"wish_claim_id": claim_id}
        return [
            Act(A.CLAIM, claimed, by, None, named),
            Act(A.DELIVER, delivered, by, None, named),
            Act(A.CONFIRM, confirmed, who.person_id or desk.caller.id, None, named),
            Act(A.CLOSE, closed, desk.clerk.id, None, named | {"minutes": minutes}),
        ]

    def _write(
        self,
        place: int,
        who: Living,
        claimer: Serving | None,
        at: datetime,
        made: UUID,
        acts: list[Act],
    ) -> None:
        chance, desk, community = self._chance, self._desks[place], self._communities[place]
        is_own = who.person_id is not None
        words, title, kind, value = chance.pick(WORDS)
        born = Act(SUBMITTED, at, who.person_id if is_own else desk.clerk.id)
        told = tell(self._rows, chance, STEPS, made, (S.SUBMITTED, born), acts, self._now)
        clocks = self._clocks(told)
        is_erased = told.status in ENDED and not clocks
        self._rows.add(
            Wish,
            id=made,
            number=self._documents.number(community.node, "wish", clock.local_day(at)),
            community_id=community.node.id,
            resident_id=who.id,
            requester_id=who.person_id,
            entered_by_id=None if is_own else desk.clerk.id,
            source="mini_program" if is_own else "visit",
            kind=kind,
            words=ERASED if is_erased else words,
            title=title if A.VERIFY in told.done else None,
            value_yuan=value,
            contact_name=None if is_erased else who.name,
            contact_phone=None if is_erased else who.phone,
            phone_hash=fields.find_by(who.phone),
            shares_phone=who.shares_phone,
            status=told.status,
            published_at=acts[1].at if A.PUBLISH in told.done else None,
            created_at=at,
            updated_at=told.last.at,
            **clocks,
        )
        if claimer is not None:
            self._claim(place, claimer, made, title, told, {act.action: act for act in acts})

    def _clocks(self, told: Told) -> dict[str, object]:
        last, soon = told.last.at, workdays.after(self._now, 1)
        if told.status in WAITING:
            return {"remind_at": max(workdays.after(last, FIRST_ANSWER), soon)}
        if told.status in PROMISED:
            due_at = last + PROMISED[told.status]
            reminded = due_at - calendar.DAY if told.status == S.CLAIMED else None
            return {"due_at": due_at, "remind_at": reminded}
        erase_at = last + MASKED_AFTER
        return {"erase_at": erase_at} if told.status in ENDED and erase_at > self._now else {}

    def _claim(
        self,
        place: int,
        claimer: Serving,
        wish_id: UUID,
        title: str,
        told: Told,
        acts: dict[str, Act],
    ) -> None:
        claimed, delivered, confirmed, closed = (
            acts[action] for action in (A.CLAIM, A.DELIVER, A.CONFIRM, A.CLOSE)
        )
        minutes = (closed.also or {})["minutes"]
        claim_id = (claimed.also or {})["wish_claim_id"]
        columns: dict[str, object] = {}
        if A.DELIVER in told.done:
            columns |= {
                "delivered_at": delivered.at,
                "delivered_by_id": claimer.person_id,
                "declared_minutes": minutes,
            }
        if A.CONFIRM in told.done:
            columns |= {
                "answer": "solved",
                "answered_at": confirmed.at,
                "answered_by_id": confirmed.actor_id,
            }
        self._rows.add(
            WishClaim,
            id=claim_id,
            wish_id=wish_id,
            person_id=claimer.person_id,
            registration_id=claimer.registration_id,
            status=C.FULFILLED if A.CONFIRM in told.done else C.ACTIVE,
            created_at=claimed.at,
            updated_at=told.last.at,
            **columns,
        )
        if A.CLOSE in told.done and closed.actor_id is not None:
            served_on = clock.local_day(delivered.at)
            here = self._communities[place].node.id
            done = Done(("wish", claim_id), here, CATEGORY, title, PLACE, served_on)
            self._records.add(claimer, done, minutes, closed.at, closed.actor_id)

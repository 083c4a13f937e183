"""Needs of residents with their answers: told to the end, and written as far as now.

What an order serves is told together with it; what it left unserved the community does itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from app.city import calendar, wants
from app.city.chance import SECOND, Chance, Wheel
from app.city.documents import Documents
from app.city.histories import Act, Kind, Told, tell
from app.city.inbox import Inbox
from app.city.orders import Ask, Orders, Plan
from app.city.places import Community
from app.city.residents import Living, Neighbours
from app.city.rows import Rows
from app.city.staff import Desk
from app.city.wants import Service
from app.core import clock, workdays
from app.models.need import Acceptance, AcceptanceStep, Need, NeedStep, Route, Verdict
from app.models.need import AcceptanceStatus as Q
from app.models.need import NeedStatus as S
from app.models.report import Rating, Satisfaction
from app.needs import categories
from app.needs.categories import Items
from app.needs.lifecycle import ACCEPTANCE, ASKED, NEED, REMINDED, SETTLES, SUBMITTED, WAITING
from app.needs.lifecycle import AcceptanceAction as B
from app.needs.lifecycle import NeedAction as A

STEPS = Kind(NeedStep, "need_id", NEED)
ANSWER_STEPS = Kind(AcceptanceStep, "acceptance_id", ACCEPTANCE)

BEGINNINGS = Wheel.of(
    {"plain": 0.855, "asked_back": 0.06, "lapses": 0.015, "refused": 0.05, "withdrawn": 0.02}
)
ANSWERED_AFTER = Wheel.of({0: 0.5, 1: 0.33, 2: 0.12, 4: 0.05})  # workdays
DONE_AFTER = {  # workdays
    Route.OWN_STAFF: Wheel.of({1: 4, 2: 3, 4: 2, 8: 1}),
    Route.REFERRED: Wheel.of({2: 2, 4: 4, 7: 3, 15: 1}),
}
ANSWERS = Wheel.of({B.SOLVED: 0.66, B.PARTLY: 0.07, B.UNSOLVED: 0.04, B.SILENCE: 0.23})
COMES_BACK = 0.4  # of what was not solved
SILENT_AFTER = timedelta(days=7)
ASK_BACK_DAYS = timedelta(days=7)
MOST_ROUNDS = 2
RATED = 0.7
SATISFACTION = Wheel.of(
    {Satisfaction.SATISFIED: 0.83, Satisfaction.FAIR: 0.13, Satisfaction.UNSATISFIED: 0.04}
)
THANKS = 0.25
WAYS = ("call_back", "visit", "paper_slip")
FIRST_ANSWER = 2
NOT_NOW = "须列入年度改造计划，社区会告知进展"
TITLES = {
    code: Service(1, code, title, (1, 1), 60, "居民家中", "micro_service")
    for code, title in wants.TITLES.items()
}


@dataclass(slots=True)
class Case:
    """One need while it is being told."""

    id: UUID
    place: int
    code: str
    who: Living
    source: str
    at: datetime
    acts: list[Act] = field(default_factory=list)
    turns: list[tuple[datetime, dict[str, object]]] = field(default_factory=list)
    handlers: set[UUID] = field(default_factory=set)

    @property
    def asker_id(self) -> UUID | None:
        """The resident, where he asked himself."""
        return self.who.person_id if self.source == "mini_program" else None

    def act(
        self, action: str, at: datetime, actor_id: UUID | None = None, reason: str | None = None
    ) -> datetime:
        """One more step; when it was taken."""
        self.acts.append(Act(action, at, actor_id, reason))
        return at


class Needs:
    """Tells needs and writes them."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        documents: Documents,
        inbox: Inbox,
        communities: Sequence[Community],
        desks: Sequence[Desk],
        above: Mapping[UUID, UUID],
        neighbours: Sequence[Neighbours],
        orders: Orders,
        items: Items,
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._documents, self._inbox = rows, chance, documents, inbox
        self._communities, self._desks, self._above = communities, desks, above
        self._neighbours, self._orders, self._items, self._now = neighbours, orders, items, now
        self._codes = Wheel.of({code: want.weight for code, want in wants.WANTS.items()})
        self._sources = Wheel.of(wants.SOURCES)
        self._routes = {route: Wheel.of(table) for route, table in wants.ROUTES.items()}

    def ask(self, place: int, at: datetime, who: Living | None = None) -> None:
        """A resident of the community asks for something, and this is what becomes of it.

        `who` asks by himself; else it is anybody, in any way.
        """
        chance, desk = self._chance, self._desks[place]
        source = "mini_program" if who else self._sources.spin(chance)
        who = who or self._neighbours[place].one(chance, at)
        if source == "mini_program" and who.person_id is None:
            source = "phone"
        case = Case(chance.id(at), place, self._codes.spin(chance), who, source, at)
        beginning = BEGINNINGS.spin(chance)
        plan = None
        answered = calendar.office(chance, at, ANSWERED_AFTER.spin(chance))
        if beginning == "withdrawn":
            case.act(A.WITHDRAW, chance.after(at, 1, 40), case.asker_id)
        elif beginning == "refused":
            case.act(A.REFUSE, answered, desk.clerk.id, chance.pick(wants.REFUSED_FOR))
        elif beginning == "lapses":
            asked = case.act(A.ASK_BACK, answered, desk.clerk.id, chance.pick(wants.QUESTIONS))
            case.act(A.LAPSE, asked + ASK_BACK_DAYS)
        else:
            if beginning == "asked_back":
                asked = case.act(A.ASK_BACK, answered, desk.clerk.id, chance.pick(wants.QUESTIONS))
                said = chance.after(asked, 1, 100)
                case.act(
                    A.ANSWER_BACK, said, case.asker_id or desk.clerk.id, chance.pick(wants.SAID)
                )
                answered = calendar.office(chance, said, chance.among(0, 1))
            plan = self._accept(case, answered)
        self._write(case, plan)

    def _accept(self, case: Case, at: datetime) -> Plan | None:
        """The need is taken, by a route; the order that serves it, where one does."""
        route = self._routes[self._items[case.code]["route"]].spin(self._chance)
        if route != Route.ORDER or case.code not in TITLES:
            self._handle(case, at, Route.OWN_STAFF if route == Route.ORDER else Route(route))
            return None
        desk = self._desks[case.place]
        case.act(A.ACCEPT, at, desk.secretary.id)
        case.turns.append((at, {"route": Route.ORDER}))
        drafted_at = self._chance.after(at, 0.1, 20)
        if drafted_at >= self._now:
            return None
        item = self._items[case.code]
        service = TITLES[case.code]._replace(seats=(1, item["seats"]), minutes=item["minutes"])
        if "in_home" not in item.get("flags", ()):
            service = service._replace(place=case.who.building.name)
        door = f"{case.who.building.name}{self._chance.among(1, 6)}0{self._chance.among(1, 4)}室"
        plan = self._orders.plan(case.place, drafted_at, service, Ask(case.id, case.who, door))
        case.act(A.START, plan.published_at, desk.secretary.id)
        settled_at = None
        if plan.fate == "served":
            case.act(A.FINISH, plan.over_at, desk.clerk.id)
            case.handlers |= {desk.secretary.id, desk.clerk.id}
            settled_at = self._answer(case, plan.over_at, plan)
        else:
            case.act(A.BACK_TO_TRIAGE, plan.over_at, None, plan.reason)
            again = calendar.office(self._chance, plan.over_at, self._chance.among(0, 2))
            self._handle(case, again, Route.OWN_STAFF)
        self._orders.write(plan, settled_at)
        return plan

    def _handle(self, case: Case, at: datetime, route: Route) -> None:
        """The community does it, has it done, or answers."""
        chance, clerk = self._chance, self._desks[case.place].clerk.id
        case.act(A.ACCEPT, at, clerk)
        turn: dict[str, object] = {"route": route, "referred_to": None, "answer_expected_on": None}
        done = at + SECOND
        if route in DONE_AFTER:
            started = case.act(A.START, chance.after(at, 0.2, 6), clerk)
            done = calendar.office(chance, started, DONE_AFTER[route].spin(chance))
        if route is Route.REFERRED:
            expected = clock.local_day(max(done, self._now)) + timedelta(days=2)
            turn |= {
                "referred_to": chance.pick(wants.REFERRED_TO),
                "answer_expected_on": expected if done >= self._now else clock.local_day(done),
            }
        case.turns.append((at, turn))
        case.turns.append((done, {"reply": wants.REPLIES[route]}))
        case.act(A.FINISH, done, clerk)
        case.handlers.add(clerk)
        self._answer(case, done, None)

    def _answer(self, case: Case, asked_at: datetime, plan: Plan | None) -> datetime:
        """The resident is asked, and answers or not; when that is known. It may come back."""
        chance, desk = self._chance, self._desks[case.place]
        answer = ANSWERS.spin(chance)
        if answer is B.SILENCE:
            acts = [Act(REMINDED, asked_at + SILENT_AFTER)]
            at = asked_at + 2 * SILENT_AFTER
            acts.append(Act(answer, at))
        else:
            at = chance.after(asked_at, 0.5, 150)
            reason = None if answer is B.SOLVED else chance.pick(wants.NOT_SOLVED_FOR)
            by = case.asker_id or desk.caller.id
            acts = [Act(answer, at, by, reason)]
        if asked_at < self._now:
            self._acceptance(case, asked_at, acts, plan)
        case.act(SETTLES[answer], at + SECOND, acts[-1].actor_id)
        rounds = sum(act.action in (A.REOPEN, A.HAND_UP) for act in case.acts)
        if answer in (B.PARTLY, B.UNSOLVED) and chance.roll() < COMES_BACK:
            self._come_back(case, chance.after(at, 1, 200), rounds)
        return at

    def _come_back(self, case: Case, at: datetime, rounds: int) -> None:
        """The resident asks for it once more; the third time it is for the level above to say."""
        by, reason = case.asker_id or self._desks[case.place].caller.id, "还没有解决，请再看看"
        case.turns.append((at, {"rounds": rounds + 1, "answer_expected_on": None}))
        if rounds < MOST_ROUNDS:
            case.act(A.REOPEN, at, by, reason)
            self._handle(case, calendar.office(self._chance, at, 1), Route.OWN_STAFF)
        else:
            case.act(A.HAND_UP, at, by, reason)
            decided = calendar.office(self._chance, at, self._chance.among(3, 9))
            above = self._above[self._communities[case.place].node.id]
            case.act(A.CLOSE, decided, above, NOT_NOW)
            case.turns.append((decided, {"reply": NOT_NOW}))

    def _acceptance(
        self, case: Case, asked_at: datetime, acts: list[Act], plan: Plan | None
    ) -> None:
        chance, desk = self._chance, self._desks[case.place]
        made = chance.id(asked_at)
        rounds = sum(act.action == A.REOPEN for act in case.acts)
        born = Act(ASKED, asked_at, desk.clerk.id)
        told = tell(self._rows, chance, ANSWER_STEPS, made, (Q.ASKED, born), acts, self._now)
        is_answered = told.last.actor_id is not None and told.last.action in SETTLES
        excluded = case.handlers | set(plan.served_by() if plan else ())
        columns: dict[str, object] = {}
        if is_answered:
            columns = {
                "answered_by_id": told.last.actor_id,
                "answered_at": told.last.at,
                "reason_code": told.last.reason,
            }
            if case.asker_id is None:
                columns["on_behalf_way"] = chance.pick(WAYS)
            elif plan is not None:
                self._rate(case, plan, told)
        elif told.status == Q.ASKED:
            columns = {"due_at": told.last.at + SILENT_AFTER}
        self._rows.add(
            Acceptance,
            id=made,
            need_id=case.id,
            order_id=plan.id if plan else None,
            round=rounds,
            status=told.status,
            excluded_ids=sorted(excluded),
            created_at=asked_at,
            updated_at=told.last.at,
            **columns,
        )
        subject = ("need", case.id)
        self._inbox.tell(
            "need_done_confirm", case.asker_id, subject, asked_at, need=self._name(case)
        )

    def _rate(self, case: Case, plan: Plan, told: Told) -> None:
        given_at = told.last.at + timedelta(seconds=20)
        if self._chance.roll() < RATED and given_at < self._now:
            mark = SATISFACTION.spin(self._chance)
            self._rows.add(
                Rating,
                id=self._chance.id(given_at),
                order_id=plan.id,
                need_id=case.id,
                rater_id=case.asker_id,
                satisfaction=mark,
                relays_thanks=mark is Satisfaction.SATISFIED and self._chance.roll() < THANKS,
                given_at=given_at,
            )

    def _name(self, case: Case) -> str:
        return str(self._items[case.code]["name"])

    def _write(self, case: Case, plan: Plan | None) -> None:
        chance, desk, now = self._chance, self._desks[case.place], self._now
        community, want = self._communities[case.place], wants.WANTS[case.code]
        is_own = case.source == "mini_program"
        born = Act(SUBMITTED, case.at, case.asker_id if is_own else desk.clerk.id)
        told = tell(self._rows, chance, STEPS, case.id, (S.SUBMITTED, born), case.acts, now)
        words = chance.pick(want.words)
        columns: dict[str, object] = {}
        for at, turn in case.turns:
            columns |= turn if at < now else {}
        if told.status == S.REFUSED:
            columns["reply"] = "不属于社区可以办理的事项，已告知办理途径。"
        columns |= self._clocks(told, columns)
        is_home = "in_home" in self._items[case.code].get("flags", ())
        self._rows.add(
            Need,
            id=case.id,
            number=self._documents.number(community.node, "need", clock.local_day(case.at)),
            community_id=community.node.id,
            building_id=case.who.building.id,
            resident_id=case.who.id,
            requester_id=case.asker_id,
            entered_by_id=None if is_own else desk.clerk.id,
            kind=want.kind,
            source=case.source,
            category=case.code,
            suggested_category=categories.suggest(self._items, words),
            words=words,
            place=case.who.building.name,
            contact_name=case.who.name,
            contact_phone=case.who.phone,
            shares_phone=case.who.shares_phone,
            door=plan.ask.door if plan and plan.ask and is_home else None,
            verdict=Verdict.PASS,
            status=told.status,
            created_at=case.at,
            updated_at=told.last.at,
            **columns,
        )
        subject = ("need", case.id)
        due = workdays.after(case.at, FIRST_ANSWER)
        self._inbox.tell("need_received", case.asker_id, subject, case.at, due=due)

    def _clocks(self, told: Told, columns: dict[str, object]) -> dict[str, object]:
        """Until when the resident is waited for, or when the community is reminded."""
        if told.status == S.ASKED_BACK:
            return {"due_at": told.last.at + ASK_BACK_DAYS}
        is_followed = told.status == S.IN_HAND and columns.get("route") != Route.ORDER
        if told.status not in WAITING and not is_followed:
            return {}
        expected = columns.get("answer_expected_on")
        remind_at = workdays.after(told.last.at, FIRST_ANSWER)
        if isinstance(expected, date):
            remind_at = clock.day_starts(expected)
        overdue = workdays.after(self._now, 1)
        return {"remind_at": remind_at if remind_at > self._now else overdue}

"""Standing posts, who has claimed one, and the days served on them: most of a year's hours."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.city import calendar, wants
from app.city.chance import Chance, Wheel
from app.city.crews import Crew
from app.city.histories import Act, Kind, Told, tell
from app.city.inbox import Inbox
from app.city.members import NEVER, Serving
from app.city.places import Community
from app.city.records import Done, Records
from app.city.rows import Rows
from app.city.staff import Desk
from app.core import clock, workdays
from app.models.post import HOLDING, LIVING, Claim, ClaimStep, Duty, Post, PostStatus, PostStep
from app.models.post import ClaimStatus as C
from app.posts.lifecycle import CLAIM, CLAIMED, DRAFTED, POST, PostAction
from app.posts.lifecycle import ClaimAction as B

STEPS = Kind(PostStep, "post_id", POST)
CLAIM_STEPS = Kind(ClaimStep, "claim_id", CLAIM)


class Form(NamedTuple):
    """A post as communities set it up."""

    category: str
    title: str
    place: str
    needs_two: bool = False
    needs_pledge: bool = False
    is_risky: bool = False


FORMS = (
    Form("elder_health", "独居老人定期探访", "分片走访", needs_two=True, needs_pledge=True),
    Form("environment", "楼道认领", "各楼栋楼道"),
    Form("safety_patrol", "夜间巡防", "小区东门", needs_two=True, is_risky=True),
    Form("policy_publicity", "政策明白人", wants.CENTRE),
    Form("environment", "垃圾分类指导", "分类投放点"),
    Form("mediation", "邻里纠纷劝导", "居民议事厅"),
    Form("culture_civility", "社区合唱队", wants.CENTRE),
    Form("elder_health", "手机课堂", wants.CENTRE, needs_two=True, needs_pledge=True),
    Form("environment", "绿地认养", wants.SQUARE),
    Form("policy_publicity", "反诈宣传员", wants.CENTRE),
    Form("culture_civility", "书法课堂", wants.CENTRE),
    Form("safety_patrol", "消防通道巡查", "各楼栋", needs_two=True, is_risky=True),
)
LEAST_POSTS, MEMBERS_A_POST, SPARE = 5, 14, 4
TERM_MONTHS, MOST_CLAIMS = 12, 3
FATES = Wheel.of({"serves": 0.9, "exits": 0.05, "kept": 0.01, "rejected": 0.02, "withdrawn": 0.02})
SHORT = Wheel.of({"rejected": 1, "withdrawn": 1})
EXITS_FOR = ("work_changed", "moved", "health", "time_conflict")
DUTY_MINUTES = Wheel.of({90: 1, 120: 4, 150: 4, 180: 4, 210: 2, 240: 1})
DUTY_MEAN = 158
REACHED = 0.92  # of the days of a claim: its end cuts off what would have come next
EXIT_DAYS, APPROVAL_DAYS = 5, 3


class Standing(NamedTuple):
    """A post that claims name."""

    id: UUID
    form: Form


class Wanted(NamedTuple):
    """Somebody is going to claim a post at that time."""

    at: datetime
    place: int
    number: int  # of the post in its community
    who: int  # in the crew of the community
    fate: str


class Held(NamedTuple):
    """A place on a post that somebody holds or held, and the day from which he serves no more."""

    claim_id: UUID
    form: Form
    who: Serving
    until: date


def _none(told: Told, ends_on: date | None) -> dict[str, datetime]:
    return {}


# What the clock looks at next, by the state of a claim; its term is known once it is approved.
CLOCKS: Mapping[str, Callable[[Told, date | None], dict[str, datetime]]] = {
    C.PENDING: lambda told, _: {"remind_at": workdays.after(told.last.at, APPROVAL_DAYS)},
    C.EXIT_PENDING: lambda told, _: {"due_at": workdays.after(told.last.at, EXIT_DAYS)},
    C.SERVING: lambda told, ends_on: {"due_at": clock.day_after(ends_on or date.max)},
}


class Posts:
    """Posts of all communities, claims on them, and duties day by day."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        inbox: Inbox,
        records: Records,
        communities: Sequence[Community],
        desks: Sequence[Desk],
        crews: Sequence[Crew],
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._inbox, self._records = rows, chance, inbox, records
        self._communities, self._desks, self._crews, self._now = communities, desks, crews, now
        self._agenda: defaultdict[date, list[Held]] = defaultdict(list)
        self._first = clock.local_day(now) - calendar.YEAR
        self._every = 1.0  # days between two duties of one claim

    async def claim(self, claims: int, minutes: int) -> None:
        """The posts stand, and so many claims were made on them in the year; of the days to come
        on them so many minutes are to be made."""
        wanted = sorted(self._wanted(claims))
        told = []
        taken: Counter[tuple[int, int]] = Counter()
        for each in wanted:
            acts = self._acts(each)
            told.append(acts)
            taken[each.place, each.number] += self._status(acts) in HOLDING
        posts = [
            self._post(place, number, taken[place, number]) for place, number in self._places()
        ]
        known = dict(zip(self._places(), posts, strict=True))
        held = []
        for each, acts in zip(wanted, told, strict=True):
            held.append(self._claim(each, acts, *known[each.place, each.number]))
            await self._rows.settle()
        self._every = self._spread([one for one in held if one is not None], minutes)
        for one in held:
            if one is not None:
                self._next(one[1], one[0])

    def serve(self, day: date) -> None:
        """What was served on posts on that day is entered at its end; nobody serves on two a day."""
        served = set()
        for held in self._agenda.pop(day, ()):
            if held.who.registration_id not in served:
                served.add(held.who.registration_id)
                self._enter(held, day)
            self._next(held, day)

    def _places(self) -> list[tuple[int, int]]:
        return [
            (place, number)
            for place, community in enumerate(self._communities)
            for number in range(_posts_of(community))
        ]

    def _wanted(self, claims: int) -> list[Wanted]:
        able = [
            (place, number)
            for place, crew in enumerate(self._crews)
            for number, who in enumerate(crew.members)
            if who.is_active
        ]
        mean = min(claims / max(1, len(able)), MOST_CLAIMS - 0.5)
        found: dict[tuple[int, int, int], str] = {}
        for place, number in able:
            count = round(self._chance.normal(mean, 0.9))
            posts = list(range(_posts_of(self._communities[place])))
            self._chance.shuffle(posts)
            for post in posts[: max(0, min(MOST_CLAIMS, count))]:
                found[place, number, post] = FATES.spin(self._chance)
        while able and len(found) < claims:
            place, number = self._chance.pick(able)
            post = self._chance.below(_posts_of(self._communities[place]))
            found.setdefault((place, number, post), SHORT.spin(self._chance))
        return [self._want(*where, fate) for where, fate in found.items()]

    def _want(self, place: int, who: int, post: int, fate: str) -> Wanted:
        first = max(self._first, self._crews[place].members[who].since)
        days = (clock.local_day(self._now) - first).days
        day = first + timedelta(days=int(days * self._chance.roll() ** 2.2))
        at = calendar.at(day, self._chance.among(8, 21), self._chance.below(60))
        return Wanted(at, place, post, who, fate)

    def _acts(self, each: Wanted) -> list[Act]:
        chance, desk = self._chance, self._desks[each.place]
        person_id = self._crews[each.place].members[each.who].person_id
        answered = calendar.office(chance, each.at, chance.among(0, APPROVAL_DAYS))
        acts = [Act(CLAIMED, each.at, person_id)]
        if each.fate == "withdrawn":
            acts.append(Act(B.WITHDRAW, chance.after(each.at, 0.2, 10), person_id))
        elif each.fate == "rejected":
            acts.append(Act(B.REJECT, answered, desk.secretary.id, "该岗位近期人手已够"))
        else:
            acts.append(Act(B.APPROVE, answered, desk.secretary.id))
        if each.fate in ("exits", "kept"):
            asked = chance.after(answered, 24 * 20, 24 * 240)
            acts.append(Act(B.ASK_EXIT, asked, person_id, chance.pick(EXITS_FOR)))
            decided = calendar.office(chance, asked, chance.among(1, 4))
            if each.fate == "exits":
                acts.append(Act(B.LET_GO, decided, desk.secretary.id))
            else:
                acts.append(Act(B.KEEP, decided, desk.secretary.id, "请坚持到年底"))
        return acts

    def _status(self, acts: list[Act]) -> C:
        """What the claim is now; the same that its history says."""
        done = [act.action for act in acts if act.at < self._now]
        return CLAIM.steps[B(done[-1])].target if done[1:] else C.PENDING

    def _post(self, place: int, number: int, taken: int) -> Standing:
        chance, desk, community = self._chance, self._desks[place], self._communities[place]
        form = FORMS[number % len(FORMS)]
        at = calendar.at(self._first - timedelta(days=chance.among(20, 300)), 10, chance.below(60))
        made = chance.id(at)
        published = Act(PostAction.PUBLISH, at + timedelta(minutes=2), desk.secretary.id)
        drafted = Act(DRAFTED, at, desk.secretary.id)
        told = tell(
            self._rows, chance, STEPS, made, (PostStatus.DRAFT, drafted), [published], self._now
        )
        self._rows.add(
            Post,
            id=made,
            community_id=community.node.id,
            category=form.category,
            title=form.title,
            place=form.place,
            headcount=taken + chance.among(1, SPARE),
            taken=taken,
            is_risky=form.is_risky,
            insured_until=clock.local_day(self._now) + calendar.YEAR if form.is_risky else None,
            needs_pledge=form.needs_pledge,
            needs_two=form.needs_two,
            term_months=TERM_MONTHS,
            status=told.status,
            created_by_id=desk.secretary.id,
            published_at=published.at,
            created_at=at,
        )
        return Standing(made, form)

    def _claim(
        self, each: Wanted, acts: list[Act], post_id: UUID, form: Form
    ) -> tuple[date, Held] | None:
        """The claim stands; from when on somebody serves by it, if he does."""
        chance, who = self._chance, self._crews[each.place].members[each.who]
        made = chance.id(each.at)
        told = tell(
            self._rows, chance, CLAIM_STEPS, made, (C.PENDING, acts[0]), acts[1:], self._now
        )
        is_approved = B.APPROVE in told.done
        started_on = clock.local_day(acts[1].at) if is_approved else None
        ends_on = clock.months_after(started_on, TERM_MONTHS) if started_on else None
        is_over = told.status not in LIVING
        self._rows.add(
            Claim,
            id=made,
            post_id=post_id,
            community_id=self._communities[each.place].node.id,
            person_id=who.person_id,
            registration_id=who.registration_id,
            status=told.status,
            pledged_at=each.at if form.needs_pledge else None,
            started_on=started_on,
            term_ends_on=ends_on,
            ended_on=clock.local_day(told.last.at) if is_over else None,
            was_kept=B.KEEP in told.done,
            created_at=each.at,
            updated_at=told.last.at,
            **CLOCKS.get(told.status, _none)(told, ends_on),
        )
        subject = "claim", made
        if is_approved:
            self._inbox.tell("claim_approved", who.person_id, subject, acts[1].at, post=form.title)
        if started_on is None:
            return None
        until = clock.local_day(told.last.at) if is_over else NEVER
        today = clock.local_day(self._now)
        return started_on, Held(made, form, who, min(until, who.until, today))

    def _spread(self, held: Sequence[tuple[date, Held]], minutes: int) -> float:
        """How many days lie between two duties, for so many minutes in all."""
        days = sum(max(0, (one.until - started_on).days) for started_on, one in held)
        return max(1.0, days * REACHED * DUTY_MEAN / max(1, minutes))

    def _next(self, held: Held, day: date) -> None:
        gap = max(1, self._chance.about(self._every * (0.3 + 1.4 * self._chance.roll())))
        then = day + timedelta(days=gap)
        if then < held.until:
            self._agenda[then].append(held)

    def _enter(self, held: Held, day: date) -> None:
        chance, who = self._chance, held.who
        clerk = self._desks[who.place].clerk.id
        at = calendar.at(day, 20, chance.below(60)) + timedelta(seconds=chance.below(60))
        minutes = DUTY_MINUTES.spin(chance)
        duty_id = chance.id(at)
        self._rows.add(
            Duty,
            id=duty_id,
            claim_id=held.claim_id,
            served_on=day,
            minutes=minutes,
            entered_by_id=clerk,
        )
        form = held.form
        place_id = self._communities[who.place].node.id
        done = Done(("post", duty_id), place_id, form.category, form.title, form.place, day)
        self._records.add(who, done, minutes, at, clerk)


def _posts_of(community: Community) -> int:
    return LEAST_POSTS + community.weight // MEMBERS_A_POST

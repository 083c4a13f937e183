"""What members declare themselves (补录): looked at by somebody else, some of it still waiting."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.city import calendar
from app.city.chance import Chance, Wheel
from app.city.crews import Crew
from app.city.histories import Act, Kind, tell
from app.city.places import Community
from app.city.rows import Rows
from app.city.staff import Desk
from app.core import workdays
from app.models.record import RecordStatus as S
from app.models.record import ServiceRecord, ServiceRecordStep
from app.records.declaring import SOURCE
from app.records.lifecycle import DECLARED, RECORD
from app.records.lifecycle import RecordAction as A

STEPS = Kind(ServiceRecordStep, "service_record_id", RECORD)
FATES = Wheel.of({A.APPROVE: 0.9, A.REJECT: 0.1})
FORMS = (
    ("environment", "雨后清扫楼道"),
    ("elder_health", "陪邻居老人就医"),
    ("mediation", "劝和楼上楼下"),
)
MINUTES = (30, 60, 90)
ANSWER_DAYS = 5


class Declarations:
    """Declares services and has them decided."""

    def __init__(
        self,
        rows: Rows,
        chance: Chance,
        communities: Sequence[Community],
        desks: Sequence[Desk],
        crews: Sequence[Crew],
        now: datetime,
    ) -> None:
        self._rows, self._chance, self._now = rows, chance, now
        self._communities, self._desks, self._crews = communities, desks, crews

    def declare(self, place: int, day: date) -> None:
        """Whoever of the community served that day without an order says so."""
        chance, clerk = self._chance, self._desks[place].clerk.id
        for who in self._crews[place].draw(chance, day, 1, in_week=False):
            starts_at = calendar.at(day, chance.among(9, 17))
            minutes = chance.pick(MINUTES)
            ends_at = starts_at + timedelta(minutes=minutes)
            declared = chance.after(ends_at, 0.2, 3)
            decided = calendar.office(chance, declared, chance.among(0, 3))
            category, title = chance.pick(FORMS)
            made, fate = chance.id(declared), FATES.spin(chance)
            said = {"minutes": minutes}
            reason = "与社区掌握的情况不符" if fate is A.REJECT else None
            born = Act(DECLARED, declared, who.person_id, None, said)
            acts = [Act(fate, decided, clerk, reason, said)]
            told = tell(
                self._rows, chance, STEPS, made, (S.PENDING_APPROVAL, born), acts, self._now
            )
            is_approved = told.status == S.APPROVED
            is_waiting = told.status == S.PENDING_APPROVAL
            self._rows.add(
                ServiceRecord,
                id=made,
                registration_id=who.registration_id,
                member_id=who.member_id,
                person_id=who.person_id,
                employer_id=who.employer_id,
                community_id=self._communities[place].node.id,
                source_kind=SOURCE,
                source_id=made,
                category=category,
                title=title,
                place="本小区",
                served_on=day,
                starts_at=starts_at,
                ends_at=ends_at,
                minutes=minutes,
                approved_minutes=minutes,
                status=told.status,
                approved_by_id=clerk if is_approved else None,
                approved_at=decided if is_approved else None,
                remind_at=workdays.after(self._now, ANSWER_DAYS) if is_waiting else None,
                created_at=declared,
                updated_at=told.last.at,
            )

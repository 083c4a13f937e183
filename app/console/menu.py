"""The pages of the console by who has them: a line a page, in the order of the screen.

What is opened every day stands open; the others lie in drawers, so that nobody reads thirty lines.
"""

from typing import NamedTuple

from app.console.visit import Visit
from app.models.person import Role
from app.rules.words import TAKERS, TAKING

DESK = frozenset({Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK})
SECRETARY = frozenset({Role.COMMUNITY_SECRETARY})
LEVELS = frozenset({Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN, Role.CITY_ADMIN})
OFFICES = frozenset({Role.DISTRICT_ADMIN, Role.CITY_ADMIN})
RUNS = LEVELS | {Role.COMMUNITY_SECRETARY}
CHECKERS = SECRETARY | {Role.SUBDISTRICT_ADMIN, Role.AUDITOR}
ITEMS = SECRETARY | {Role.BRANCH_SECRETARY, Role.SUBDISTRICT_ADMIN}
OBJECTIONS = SECRETARY | {Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN}
EMPLOYER = frozenset({Role.EMPLOYER_SECRETARY, Role.EMPLOYER_CLERK})
HELPS = frozenset({Role.BRANCH_SECRETARY, Role.GROUP_LEADER, Role.EMPLOYER_SECRETARY})
AUDITOR = frozenset({Role.AUDITOR})
OPENERS = AUDITOR | {Role.CITY_DISCIPLINE_CONTACT}
EMPLOYER_SECRETARY = frozenset({Role.EMPLOYER_SECRETARY})
BRANCH_SECRETARY = frozenset({Role.BRANCH_SECRETARY})
HELPING = frozenset({"functional_branch", "functional_group", "employer"})
ITSELF = frozenset({"employer"})  # not its branches
SPEAKERS, UNITS = frozenset(TAKERS), frozenset(TAKING)
FUNCTIONAL = frozenset({"functional_branch"})
SIDES = ITSELF | {"community"}
ANSWERS = ITSELF | {"district", "city"}


class Entry(NamedTuple):
    """A page: its name, where it is (`{id}`: the place of the role), the roles that have it, and of
    which kinds the place must be.

    It opens nothing: who may is asked by the service behind the page.
    """

    label: str
    path: str
    roles: frozenset[Role]
    kinds: frozenset[str] = frozenset()  # of the place; empty: of any


class Drawer(NamedTuple):
    """Entries under one heading; those without one stand open."""

    name: str
    entries: tuple[Entry, ...]


class Links(NamedTuple):
    """What a visitor has of a drawer at one place: names and addresses."""

    name: str
    links: list[tuple[str, str]]


class Group(NamedTuple):
    """The pages of one place."""

    name: str
    drawers: list[Links]


DRAWERS = (
    Drawer(
        "",
        (
            Entry("诉求", "/console/communities/{id}/needs", DESK),
            Entry("回访", "/console/communities/{id}/call-backs", DESK),
            Entry("周研判", "/console/triage/{id}", DESK),
            Entry("报到", "/console/communities/{id}/registrations", DESK),
            Entry("党员", "/console/communities/{id}/members", DESK),
            Entry("服务订单", "/console/communities/{id}/orders", DESK),
            Entry("服务记录", "/console/communities/{id}/records", DESK),
            Entry("可承接的服务", "/console/organizations/{id}/open-orders", SPEAKERS, UNITS),
            Entry("已承接的服务", "/console/organizations/{id}/branch-takes", SPEAKERS, UNITS),
            Entry(
                "支部意见",
                "/console/organizations/{id}/branch-sheets",
                BRANCH_SECRETARY,
                FUNCTIONAL,
            ),
            Entry("汇总单", "/console/employers/{id}/summaries", EMPLOYER),
            Entry("报到情况", "/console/employers/{id}/standing", EMPLOYER),
            Entry("党员名册", "/console/employers/{id}/roster", EMPLOYER),
            Entry(
                "报到确认", "/console/organizations/{id}/applications", EMPLOYER | OFFICES, ANSWERS
            ),
            Entry("下级提交的诉求", "/console/organizations/{id}/handed-up-needs", LEVELS),
            Entry("应急", "/console/emergency/{id}", LEVELS | DESK),
            Entry("应急", "/console/call-ups", HELPS, HELPING),
            Entry("统计", "/console/statistics/{id}", LEVELS | DESK | EMPLOYER),
            Entry("查看记录", "/console/organizations/{id}/looks", AUDITOR),
            Entry("操作记录", "/console/organizations/{id}/operations", AUDITOR),
            Entry("查看评价人", "/console/organizations/{id}/rater-openings", OPENERS),
        ),
    ),
    Drawer(
        "岗位和计划",
        (
            Entry("岗位", "/console/communities/{id}/posts", DESK),
            Entry("微心愿", "/console/communities/{id}/wishes", DESK),
            Entry("年度计划", "/console/communities/{id}/plan", DESK),
            Entry("周期服务", "/console/communities/{id}/order-series", DESK),
            Entry("结对", "/console/organizations/{id}/pairings", DESK | EMPLOYER, SIDES),
            Entry("照片", "/console/communities/{id}/photos", DESK),
        ),
    ),
    Drawer(
        "评价和反馈",
        (
            Entry("反馈单", "/console/communities/{id}/sheets", SECRETARY),
            Entry("群众评价", "/console/communities/{id}/ratings", DESK),
            Entry("年度评价", "/console/evaluation/{id}", DESK),
            Entry("年度评价安排", "/console/organizations/{id}/evaluation-cycles", OFFICES),
            Entry("年终", "/console/year-end/{id}", OFFICES),
            Entry(
                "表扬和推荐",
                "/console/organizations/{id}/commendations",
                SECRETARY | BRANCH_SECRETARY,
                FUNCTIONAL | {"community"},
            ),
            Entry("服务证明", "/console/communities/{id}/certificates", DESK),
            Entry("抽查", "/console/organizations/{id}/samples", CHECKERS),
            Entry("负面清单", "/console/organizations/{id}/negative-items", ITEMS),
            Entry("异议", "/console/organizations/{id}/objections", OBJECTIONS),
            Entry("约谈提醒", "/console/employers/{id}/talks", EMPLOYER_SECRETARY, ITSELF),
        ),
    ),
    Drawer(
        "小结和打印",
        (
            Entry("小结与记录", "/console/organizations/{id}/roll-ups", DESK),
            Entry("十个一", "/console/ten-ones/{id}", DESK),
            Entry("打印", "/console/communities/{id}/printables", DESK),
            Entry("打印", "/console/employers/{id}/printables", EMPLOYER),
        ),
    ),
    Drawer(
        "组织和权限",
        (
            Entry("组织", "/console/organizations/{id}", RUNS),
            Entry("转接", "/console/organizations/{id}/transfers", DESK | EMPLOYER, SIDES),
            Entry("职务与权限", "/console/organizations/{id}/roles", RUNS | EMPLOYER_SECRETARY),
            Entry("政策", "/console/organizations/{id}/policies", RUNS),
        ),
    ),
)


def of(visit: Visit) -> list[Group]:
    """What the visitor has, place by place, drawer by drawer."""
    groups: dict[str, Group] = {}
    for drawer in DRAWERS:
        for entry in drawer.entries:
            for place in visit.organizations(*entry.roles):
                if entry.kinds and place.kind not in entry.kinds:
                    continue
                key = str(place.organization_id)
                group = groups.setdefault(key, Group(place.name, []))
                if not group.drawers or group.drawers[-1].name != drawer.name:
                    group.drawers.append(Links(drawer.name, []))
                group.drawers[-1].links.append((entry.label, entry.path.format(id=key)))
    return list(groups.values())


def address_at(groups: list[Group], path: str) -> str:
    """The entry that a page stands under: the longest whose address begins the page's; or none."""
    found = [
        href
        for group in groups
        for drawer in group.drawers
        for _, href in drawer.links
        if f"{path}/".startswith(f"{href}/")
    ]
    return max(found, key=len, default="")

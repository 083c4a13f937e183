"""What of a report stands on paper and in a workbook: the form's names and order over its content.

The form says how a field is called and where it stands (content `report_forms`); here stands where its
value is found and how it is written. What the reader may not see is not in the content any more, and
what has no value yet is left out. Minutes are written as hours with one decimal.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.reports.reading_line import hours

Cells = Mapping[str, Any]
CHANNELS = {"online": "线上", "at_counter": "线下（社区代录）", "paper_only": "线下（纸质）"}
NONE, GRANTED, KEPT = "无", "异议成立", "维持"
OBJECTIONS = {
    "votes": "群众评价",
    "record": "服务记录",
    "absence": "无故缺席",
    "item": "负面清单情形",
}
ADVICE = {
    "recommend_first": "优先推荐",
    "normal": "正常参考",
    "talk_advised": "建议约谈提醒",
    "insufficient": "情况不足不作结论",
}
PARTY = {"full": "正式党员", "probationary": "预备党员"}


def _plain(name: str) -> Callable[[Cells], Any]:
    return lambda cells: cells.get(name)


def _hours(name: str) -> Callable[[Cells], Any]:
    return lambda cells: hours(cells[name]) if name in cells else None


def _words(name: str, words: Mapping[str, str]) -> Callable[[Cells], Any]:
    return lambda cells: words.get(cells.get(name, ""), cells.get(name))


def _period(cells: Cells) -> str:
    return "至".join(cells["period"])


def _days(held: Cells) -> str:
    return f"{held['from']}至{held['to'] or '今'}"


def _posts(cells: Cells) -> str | None:
    return "；".join(f"{held['name']}（{_days(held)}）" for held in cells["posts_held"]) or None


def _appointments(cells: Cells) -> str | None:
    held = (
        f"{each['organization']}{each['name']}（{_days(each)}）" for each in cells["appointments"]
    )
    return "；".join(held) or None


def _pairing_wish(cells: Cells) -> str:
    counts = cells["pairing_wish"]
    return f"结对 {counts['pairings']} 件，微心愿 {counts['wishes']} 件"


def _main_services(cells: Cells) -> str | None:
    lines = (
        f"{each['served_on']} {each['title']}（{hours(each['minutes'])}小时）"
        for each in cells["main_services"]
    )
    return "；".join(lines) or None


def _solved(cells: Cells) -> str | None:
    return f"{cells['solved']}/{cells['answered']}" if cells.get("answered") else None


def _by_mode(cells: Cells) -> str:
    modes = cells["by_mode"]
    return f"岗位 {modes['post']}，活动 {modes['activity']}，应急 {modes['emergency']}"


def _counted(name: str) -> Callable[[Cells], Any]:
    return lambda cells: f"{cells[name]} 条" if cells.get(name) else None


def _names(name: str) -> Callable[[Cells], Any]:
    return lambda cells: "、".join(cells.get(name) or ()) or None


def _conduct(name: str) -> Callable[[Cells], Any]:
    return lambda cells: (
        "；".join(f"{each['name']}（{each['on']}）" for each in cells[name]) or NONE
    )


def _statement(cells: Cells) -> str | None:
    return "\n".join(cells["member_statement"]) or None


def _outcomes(cells: Cells) -> str | None:
    said = (
        f"{OBJECTIONS[each['kind']]}：{GRANTED if each['is_granted'] else KEPT}"
        + (f"（{each['words']}）" if each["words"] else "")
        for each in cells.get("objection_outcome", ())
    )
    return "\n".join(said) or None


# Of a form's field: how its value is written, where that is not the value itself.
WRITTEN: Mapping[str, Callable[[Cells], Any]] = {
    "period": _period,
    "channel": _words("channel", CHANNELS),
    "party_status": _words("party_status", PARTY),
    "posts_held": _posts,
    "appointments": _appointments,
    "pairing_wish": _pairing_wish,
    "main_services": _main_services,
    "total_hours": _hours("total_minutes"),
    "work_time_hours": _hours("work_time_minutes"),
    "hours": _hours("minutes"),
    "taken_count": _plain("taken"),
    "completed_count": _plain("completed"),
    "excused_count": _plain("excused"),
    "no_show_count": _plain("no_show"),
    "released_in_time": _plain("released_in_time"),
    "solved_ratio": _solved,
    "relayed_thanks": _counted("relayed_thanks"),
    "by_mode": _by_mode,
    "commended": _conduct("commended"),
    "negative_items": _conduct("negative_items"),
    "suggestion": _words("suggestion", ADVICE),
    "recommend_list": _names("recommend_list"),
    "talk_list": _names("talk_list"),
    "member_statement": _statement,
    "objection_outcome": _outcomes,
}
DETAILS = "details"


def value(field: Mapping[str, Any], cells: Cells) -> Any:
    """A field's value as it is written; None: there is none, or not for this reader."""
    return WRITTEN.get(field["code"], _plain(field["code"]))(cells)


def rows(form: Mapping[str, Any], content: Cells) -> Iterable[tuple[str, list[tuple[str, Any]]]]:
    """The form's sections by name, each with its fields that have a value; without the lines."""
    for section in form["sections"]:
        cells = content.get(section["code"])
        if section["code"] == DETAILS or not isinstance(cells, Mapping):
            continue
        named = ((field["name"], value(field, cells)) for field in section["fields"])
        yield section["name"], [(name, said) for name, said in named if said is not None]


def columns(form: Mapping[str, Any], sees_votes: bool) -> list[Mapping[str, Any]]:
    """The columns of a summary's lines, without those that the form shows to others only."""
    fields = details(form).get("fields", ())
    return [field for field in fields if sees_votes or "shown_to" not in field]


def details(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """The form's section of lines; empty, if it has none."""
    return next((each for each in form["sections"] if each["code"] == DETAILS), {})

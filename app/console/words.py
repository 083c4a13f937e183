"""What pages say: days, times and states in Chinese, and what was just done."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from app.core import clock, workdays

WEEKDAYS = "一二三四五六日"
MORNING = time(9, 30)  # when a service begins, where nothing else is said
DAY_MINUTES, HOUR = 24 * 60, 60

# What a page says after a form was sent, by the `said` of its address.
SAID: Mapping[str, str] = {
    "accepted": "已接收报到",
    "entered": "已办理报到，请打印回执",
    "confirmed": "已确认，转社区接收",
    "transfer_let_go": "已同意转出，等待转入方接收",
    "transfer_keep": "已不同意转出，本人会收到说明",
    "transfer_take_in": "已接收转入，报到证和回执已更新",
    "transfer_turn_down": "已不接收，本人会收到说明",
    "suspended": "已暂停，本人会收到通知",
    "resumed": "已恢复",
    "ended": "已结束，本人会收到通知",
    "returned": "已退回，对方会收到说明",
    "need_accept": "已受理",
    "need_start": "已开始办理",
    "need_finish": "已办结，正在请居民确认",
    "need_ask_back": "已追问居民",
    "need_refuse": "已告知居民不予受理",
    "need_enter": "已录入诉求箱",
    "need_merge": "已合并，居民会随主件收到进展",
    "need_answer_back": "已记下居民的回复",
    "need_withdraw": "已撤回",
    "need_follow_up": "已登记进展，居民会收到通知",
    "need_answer_for": "已代录居民的确认",
    "need_reopen": "已重新办理",
    "need_order": "已发布，党员可以接单了",
    "wish_enter": "已录入微心愿",
    "wish_verify": "已核实",
    "wish_change": "已保存",
    "wish_publish": "已公开征集",
    "wish_reject": "已告知居民不采纳",
    "wish_take_down": "已下架",
    "wish_revoke": "已收回认领，心愿重新公开",
    "wish_settle": "已认定心愿实现",
    "wish_send_back": "已请认领人继续完成",
    "wish_close": "已销号",
    "wish_answer_for": "已代录居民的确认",
    "need_decide": "已交社区再办",
    "need_close": "已办结，居民会收到说明",
    "triage_accept": "已受理选中的诉求",
    "triage_merge": "已合并，居民会随主件收到进展",
    "triage_order": "已发布，党员可以接单了",
    "triage_publish": "草稿已发布，党员可以接单了",
    "triage_record": "本周研判已留存",
    "roll_up_send": "已发给党员和居民",
    "claim_approve": "已同意，本人会收到通知",
    "claim_reject": "已不同意，本人会收到说明",
    "claim_let_go": "已同意退出",
    "claim_keep": "已挽留，本人会收到说明",
    "post_draft": "岗位已设立",
    "post_change": "岗位已修改",
    "post_publish": "岗位已开放认领",
    "post_pause": "岗位已暂停认领",
    "post_close": "岗位已关闭，在岗党员会收到说明",
    "photo_show": "照片已显示",
    "photo_hide": "照片不显示，上传的人会收到说明",
    "plan_add": "已列入年度计划",
    "plan_change": "已保存",
    "plan_remove": "已移出年度计划",
    "plan_order": "已生成服务草稿，核对后发布",
    "series_begin": "已设立，系统会提前几周开放接单",
    "series_change": "已保存，还没开始的服务随后跟着改",
    "series_pause": "已暂停",
    "series_resume": "已恢复",
    "series_end": "已结束",
    "order_publish": "已发布，党员可以接单了",
    "order_draft": "已存为草稿，核对后发布",
    "order_change": "已保存，已接单的党员会收到说明",
    "order_cancel": "已取消，相关人员会收到说明",
    "order_dispatch": "已发出邀请，等待对方答复",
    "order_attendance": "到场情况已登记",
    "order_complete": "到场和时长已确认",
    "order_unserved": "已登记无人到场，诉求退回研判",
    "call_up_draft": "已起草，还没有通知任何人，请批准",
    "call_up_approve": "已批准，等待另一人批准",
    "call_up_active": "已批准，党员正在收到通知",
    "call_up_withdraw": "草稿已撤回",
    "call_up_stand_down": "已解除，答复过的人会收到通知",
    "call_up_review": "已复盘并关闭",
    "call_up_location": "已要求签到位置，参加的人会看到原因",
    "team_start": "已发起组团，够人数即成团",
    "team_join": "已加入组团",
    "team_leave": "已退出组团",
    "team_merge": "已并入另一组团",
    "call_up_plan_keep": "预案已保存，需要时一键集结",
    "call_up_plan_change": "预案已修改，以前的集结任务不变",
    "call_up_replies": "已代记答复",
    "shift_attendance": "到岗情况已登记",
    "shift_confirm": "时长已确认，已记入服务记录",
    "shift_group": "已整班认领，请报人员",
    "shift_employer": "已整班认领，请报人员",
    "shift_unblock": "已取消整班认领",
    "shift_names": "已报人员，等待本人确认",
    "shift_location": "已录入原因",
    "call_up_shift": "已增加班次",
    "report_acknowledge": "已签收",
    "report_use": "已记录结果运用",
    "roster_applied": "名册已更新",
    "branch_take": "已承接，选中的人会收到邀请",
    "branch_name": "已发出邀请，等待对方答复",
    "branch_exchange": "已换人，双方会收到通知",
    "branch_give_back": "名额已退回",
    "poll_ask": "已询问，答复会出现在这里",
    "poll_name": "已发出邀请，等待对方答复",
    "poll_close": "询问已结束",
    "record_approve": "已同意，本人会收到通知",
    "record_reject": "已不同意，本人会收到说明",
    "record_uphold": "已维持原记录，本人会收到说明",
    "record_void": "记录已作废，本人会收到说明",
    "sample_audit": "已记下核对结果",
    "certificate_check": "已审核，等待书记签发",
    "certificate_issue": "已签发并编号，本人会收到通知",
    "certificate_refuse": "已告知本人不予开具",
    "certificate_revoke": "已撤销，本人会收到说明",
    "item_allege": "已提出，等待功能型党支部书记核实",
    "item_agree": "已核实，本人会收到通知，可以说明情况",
    "item_confirm": "已确认，转街道复核",
    "item_review": "已复核，本人会收到结果",
    "item_drop": "已撤销",
    "objection_answer": "已答复，转街道复核",
    "objection_decide": "已复核，本人会收到结果",
    "talk_schedule": "已约定，本人会收到通知",
    "talk_hold": "已记录",
    "raters_named": "已指定评议人",
    "rater_removed": "已取消",
    "paper_counted": "票数已保存",
    "pairing_proposed": "已提出，等待对方确认",
    "pairing_confirm": "已结对，编号已生成",
    "pairing_end": "已结束，原因已留存",
    "suggestions_propose": "已由事实生成，请逐人决定",
    "suggestions_decide": "已决定",
    "suggestions_recommend": "已报功能型党支部确认",
    "commendation_proposed": "已报功能型党支部确认",
    "commendation_confirm": "已确认，本人会收到通知",
    "commendation_refuse": "已不同意，社区会看到",
    "commendation_withdraw": "已撤回，本人会收到说明",
    "cycle_planned": "已安排，日期按政策预排",
    "cycle_changed": "日期已调整",
    "year_begun": "已开始，进度见下",
    "opening_asked": "已提出，等待另一人同意",
    "opening_agree": "已同意，两人可以限时查看",
    "opening_refuse": "已不同意，提出的人会看到原因",
    "sheet_sign": "已签发",
    "sheet_void": "已作废",
    "organization_added": "已新增",
    "organization_changed": "已保存",
    "organization_closed": "已撤销，其中的任职同时结束",
    "import_applied": "文件已应用",
    "role_given": "已授予，本人下次打开时生效",
    "role_ended": "已收回",
    "policy_set": "已设定，到生效日期自动执行",
    "signed_out": "已退出登录",
    "session_ended": "已退出该浏览器",
    "ticket_gone": "二维码已失效，已为您换了新的",
}


def day(value: date | datetime | None) -> str:
    """`11月29日 周日`; with the year where it is not this one."""
    if value is None:
        return "—"
    on = clock.local_day(value) if isinstance(value, datetime) else value
    year = "" if on.year == clock.today().year else f"{on.year}年"
    return f"{year}{on.month}月{on.day}日 周{WEEKDAYS[on.weekday()]}"


def moment(value: datetime | None) -> str:
    """`11月29日 周日 14:30`, local time."""
    if value is None:
        return "—"
    return f"{day(value)} {value.astimezone(clock.ZONE):%H:%M}"


def local(value: datetime) -> str:
    """`2026-11-29T14:30`, local time: as a field has it."""
    return f"{value.astimezone(clock.ZONE):%Y-%m-%dT%H:%M}"


def minutes(value: int) -> str:
    """`1小时30分`."""
    hours, rest = divmod(value, HOUR)
    said = (f"{hours}小时" if hours else "") + (f"{rest}分" if rest else "")
    return said or "0分"


def waited(since: datetime | None) -> str:
    """How many workdays lie between: `今天`, `已等3个工作日`."""
    if since is None:
        return "—"
    count = _workdays(clock.local_day(since), clock.today())
    return f"已等{count}个工作日" if count else "今天"


def left(until: datetime | None) -> str:
    """How long is left: `今天到期`, `还有3个工作日`, `已过期`."""
    if until is None:
        return "不限时"
    if until <= clock.now():
        return "已过期"
    count = _workdays(clock.today(), clock.local_day(until))
    return f"还有{count}个工作日" if count else "今天到期"


def _workdays(after: date, to: date) -> int:
    """Workdays after the one day, up to and with the other; a year at most."""
    return sum(
        workdays.is_workday(date.fromordinal(number))
        for number in range(after.toordinal() + 1, min(to.toordinal(), after.toordinal() + 366) + 1)
    )


FILTERS: Mapping[str, Callable[[Any], str]] = {
    "day": day,
    "moment": moment,
    "local": local,
    "minutes": minutes,
    "waited": waited,
    "left": left,
}

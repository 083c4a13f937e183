/** What people read for the enums of the contract. `python -m app openapi` writes this file. */

import type { components } from "./schema";

type Shapes = components["schemas"];
type Words<Name extends keyof Shapes> = Shapes[Name] extends string ? Record<Shapes[Name], string> : never;

/** The words of a value; "其他" of one that the server has learnt after this file was written. */
export function label<Name extends keyof typeof LABELS>(kind: Name, value: Shapes[Name]): string {
  const words: Record<string, string> = LABELS[kind];
  return words[value] ?? "其他";
}

/** The words of a line of a history, by its shape: `labelOfStep("NeedStepLine", step.action)`. */
export function labelOfStep(shape: keyof typeof HISTORIES, action: string): string {
  const words: Record<string, string> = HISTORIES[shape];
  return words[action] ?? "其他";
}

/** All of them, to fill a list to choose from. */
export const LABELS = {
  "AcceptanceStatus": {
    "asked": "等待答复",
    "solved": "已解决",
    "partly": "部分解决",
    "unsolved": "没解决",
    "silent": "未答复"
  },
  "NeedStatus": {
    "submitted": "待研判",
    "accepted": "已受理，待安排",
    "lapsed": "追问未回复",
    "asked_back": "已追问居民",
    "in_hand": "办理中",
    "done": "已办结，待居民确认",
    "solved": "已解决",
    "partly": "部分解决",
    "unsolved": "未解决",
    "unanswered": "居民未答复",
    "handed_up": "已提交上级",
    "refused": "不予受理",
    "merged": "已并入",
    "withdrawn": "已撤回"
  },
  "NeedAction": {
    "ask_back": "请居民补充",
    "answer_back": "回复追问",
    "lapse": "追问到期",
    "accept": "受理",
    "refuse": "不予受理",
    "merge": "并入同类诉求",
    "unmerge": "恢复为单独诉求",
    "withdraw": "撤回",
    "start": "开始办理",
    "back_to_triage": "退回研判",
    "finish": "办结",
    "settle_solved": "居民确认已解决",
    "settle_partly": "居民说部分解决",
    "settle_unsolved": "居民说没解决",
    "settle_unanswered": "居民未答复",
    "reopen": "重新办理",
    "hand_up": "提交上级",
    "decide": "交社区再办",
    "close": "上级办结",
    "revoke": "撤销"
  },
  "Verdict": {
    "pending": "正在检查",
    "pass": "可以显示",
    "review": "待社区查看",
    "risky": "不宜显示"
  },
  "FileStatus": {
    "stored": "已上传",
    "checking": "正在检查",
    "held": "待社区查看",
    "shown": "已显示",
    "hidden": "不显示",
    "removed": "已删除"
  },
  "FileAction": {
    "ask": "送检查",
    "ask_again": "再次检查",
    "pass": "检查通过",
    "condemn": "检查不通过",
    "hold": "转社区查看",
    "show": "可以显示",
    "hide": "不显示",
    "take_back": "撤回照片",
    "lapse": "到期删除",
    "erase": "删除"
  },
  "WishStatus": {
    "submitted": "待核实",
    "verified": "已核实，未公开",
    "rejected": "不采纳",
    "open": "待认领",
    "claimed": "已认领",
    "delivered": "已送达，待居民确认",
    "undecided": "待社区认定",
    "fulfilled": "已实现，待销号",
    "closed": "已销号",
    "withdrawn": "已撤回或下架"
  },
  "WishKind": {
    "goods": "实物",
    "service": "服务",
    "cash": "现金"
  },
  "WishClaimStatus": {
    "active": "已认领",
    "fulfilled": "已实现",
    "cancelled": "已取消认领",
    "revoked": "社区已收回",
    "expired": "认领期已过",
    "ended": "已结束"
  },
  "WishAction": {
    "verify": "核实通过",
    "reject": "不采纳",
    "publish": "公开征集",
    "claim": "认领",
    "cancel": "取消认领",
    "revoke": "收回认领",
    "expire": "认领到期",
    "release": "认领结束",
    "deliver": "登记送达",
    "confirm": "确认实现",
    "deny": "还没有实现",
    "silence": "居民未答复",
    "settle": "认定实现",
    "send_back": "请继续完成",
    "close": "销号",
    "withdraw": "撤回",
    "take_down": "下架",
    "drop": "不再办理"
  },
  "OrderStatus": {
    "draft": "草稿",
    "open": "已发布",
    "in_progress": "已确认到场",
    "pending_acceptance": "等待居民答复",
    "closed": "已办结",
    "expired": "无人接单或到场",
    "cancelled": "已取消"
  },
  "OrderAction": {
    "publish": "发布",
    "start": "登记到场",
    "complete": "确认时长",
    "close_unasked": "办结",
    "settle": "居民已答复",
    "expire": "无人接单或到场",
    "cancel": "取消服务"
  },
  "SeatStatus": {
    "waiting": "候补",
    "offered": "已邀请，待答复",
    "declined": "已谢绝",
    "lapsed": "未答复",
    "taken": "已接单",
    "released": "已退出",
    "excused": "未到，有事由",
    "attended": "已到场",
    "no_show": "未到",
    "reported": "已到场，已报时长",
    "confirmed": "时长已确认",
    "replaced": "已换人",
    "cancelled": "已取消"
  },
  "SeatAction": {
    "offer": "邀请",
    "accept": "接受",
    "decline": "谢绝",
    "lapse": "未答复",
    "end_wait": "候补结束",
    "replace": "换人",
    "release": "退出",
    "leave": "报到已结束",
    "excuse": "登记事由",
    "attend": "登记到场",
    "miss": "登记未到",
    "report": "报时长",
    "send_back": "退回时长",
    "confirm": "确认时长",
    "cancel": "取消"
  },
  "SeatOrigin": {
    "waiting": "候补递补",
    "dispatch": "社区邀请",
    "branch": "党组织安排"
  },
  "SeriesStatus": {
    "active": "进行中",
    "paused": "已暂停",
    "ended": "已结束"
  },
  "SeriesAction": {
    "pause": "暂停",
    "resume": "恢复",
    "end": "结束周期服务",
    "run_out": "到期结束"
  },
  "Frequency": {
    "weekly": "每周",
    "monthly": "每月"
  },
  "PollStatus": {
    "open": "询问中",
    "closed": "已结束"
  },
  "PollChoice": {
    "yes": "能来",
    "maybe": "不一定",
    "no": "来不了"
  },
  "PostStatus": {
    "draft": "草稿",
    "open": "开放认领",
    "paused": "暂停认领",
    "closed": "已关闭"
  },
  "PostAction": {
    "publish": "开放认领",
    "pause": "暂停认领",
    "close": "关闭岗位"
  },
  "ClaimStatus": {
    "pending": "申请认领，待答复",
    "exit_pending": "申请退出，待答复",
    "serving": "在岗",
    "rejected": "未同意",
    "withdrawn": "本人撤回",
    "exited": "已退出",
    "dismissed": "已解除",
    "completed": "期满",
    "ended": "已结束"
  },
  "ClaimAction": {
    "approve": "同意认领",
    "reject": "不同意",
    "withdraw": "撤回",
    "ask_exit": "申请退出",
    "let_go": "同意退出",
    "keep": "请再留一段",
    "dismiss": "解除",
    "complete": "期满",
    "end": "结束"
  },
  "RecordStatus": {
    "pending_approval": "待核定",
    "approved": "已确认",
    "rejected": "未同意",
    "disputed": "复核中",
    "voided": "已作废"
  },
  "RecordAction": {
    "approve": "同意",
    "reject": "不同意",
    "dispute": "提出异议",
    "question": "抽查转复核",
    "uphold": "维持原记录",
    "correct": "更正",
    "void": "作废"
  },
  "SampleStatus": {
    "waiting": "待核对",
    "right": "核对无误",
    "wrong": "发现问题"
  },
  "SampleAction": {
    "find_right": "核对无误",
    "find_wrong": "发现问题"
  },
  "CertificateStatus": {
    "requested": "待审核",
    "checked": "待签发",
    "issued": "已开具",
    "refused": "不予开具",
    "withdrawn": "本人撤回",
    "revoked": "已撤销",
    "superseded": "已由新证明替代"
  },
  "CertificateAction": {
    "check": "记录无误，转签发",
    "issue": "签发",
    "refuse": "不予开具",
    "withdraw": "撤回",
    "revoke": "撤销",
    "supersede": "由新证明替代"
  },
  "CodeStatus": {
    "valid": "有效",
    "superseded": "已由新版替代",
    "void": "已作废"
  },
  "RegistrationStatus": {
    "pending_community": "待社区接收",
    "pending_employer": "待单位确认",
    "returned_by_community": "社区已退回",
    "returned_by_employer": "单位已退回",
    "active": "已报到",
    "suspended": "已暂停",
    "withdrawn": "已撤回",
    "ended": "已结束"
  },
  "RegistrationAction": {
    "confirm": "确认",
    "return_to_member": "单位退回",
    "accept": "接收",
    "return_from_community": "社区退回",
    "apply_again": "再次申请",
    "submit_again": "再次提交",
    "withdraw": "撤回",
    "suspend": "暂停",
    "resume": "恢复",
    "end": "结束"
  },
  "Standing": {
    "registered": "已报到",
    "suspended": "已暂停",
    "under_way": "办理中",
    "not_registered": "未报到"
  },
  "Way": {
    "claim_code": "用认领码报到",
    "employer_queue": "请单位确认",
    "at_counter": "线下报到",
    "paper_only": "纸质报到"
  },
  "TransferKind": {
    "community": "转社区",
    "employer": "转单位"
  },
  "TransferStatus": {
    "requested": "待转出方办理",
    "out_confirmed": "待转入方接收",
    "effective": "已转入",
    "refused": "未同意",
    "withdrawn": "已撤回"
  },
  "TransferAction": {
    "let_go": "同意转出",
    "keep": "不同意转出",
    "take_in": "接收转入",
    "turn_down": "不接收转入",
    "withdraw": "撤回"
  },
  "Side": {
    "out": "转出",
    "in": "转入"
  },
  "Role": {
    "city_admin": "市级管理员",
    "district_admin": "区县管理员",
    "subdistrict_admin": "街道管理员",
    "community_secretary": "社区党组织书记",
    "community_clerk": "社区工作人员",
    "grid_worker": "网格员",
    "grid_helper": "兼职网格员",
    "building_helper": "楼栋长",
    "branch_secretary": "支部书记",
    "branch_deputy": "支部副书记",
    "group_leader": "党小组组长",
    "resident_representative": "居民代表",
    "employer_secretary": "单位党组织书记",
    "employer_clerk": "单位经办人",
    "merchant": "商户",
    "auditor": "审计员",
    "city_discipline_contact": "市纪检联络员"
  },
  "PairingStatus": {
    "proposed": "待对方确认",
    "active": "已结对",
    "ended": "已结束"
  },
  "PairingAction": {
    "confirm": "确认结对",
    "end": "结束结对"
  },
  "CloseReason": {
    "merged": "合并到其他组织",
    "dissolved": "撤销、解散",
    "demolished": "拆除",
    "entered_wrongly": "录入有误",
    "other": "其他"
  },
  "Below": {
    "district": "区县",
    "subdistrict": "街道（镇）",
    "community": "社区（村）",
    "grid": "网格",
    "employer": "单位",
    "employer_branch": "单位党支部"
  },
  "ImportKind": {
    "divisions": "区划文件",
    "community": "社区工作簿",
    "employers": "单位名单",
    "roster": "党员名册"
  },
  "ImportStatus": {
    "previewed": "待应用",
    "applied": "已应用",
    "lapsed": "已作废"
  },
  "Step": {
    "added": "新增",
    "changed": "有变化",
    "name_changed": "姓名有变化，请核对是否同一人",
    "phone_changed": "手机号有变化，请核对是否同一人",
    "unchanged": "无变化"
  },
  "RowStep": {
    "added": "新增",
    "changed": "有变化",
    "unchanged": "无变化"
  },
  "DivisionStep": {
    "added": "新增",
    "renamed": "更名",
    "moved": "变更上级"
  },
  "CallUpStatus": {
    "draft": "草稿，等待批准",
    "active": "集结中",
    "stood_down": "已解除，待复盘",
    "reviewed": "已复盘",
    "withdrawn": "已撤回"
  },
  "CallUpAction": {
    "activate": "发出集结",
    "withdraw": "撤回草稿",
    "stand_down": "解除集结",
    "lapse": "逾期解除",
    "review": "复盘并关闭"
  },
  "ShiftSeatStatus": {
    "named": "已安排，待本人确认",
    "taken": "已认领",
    "declined": "已谢绝",
    "released": "已退出",
    "on_duty": "已到岗",
    "relieved": "已交接",
    "no_show": "未到",
    "confirmed": "时长已确认",
    "cancelled": "已取消"
  },
  "ShiftSeatAction": {
    "accept": "接受",
    "decline": "谢绝",
    "release": "退出",
    "leave": "报到已结束",
    "attend": "登记到岗",
    "miss": "登记未到",
    "relieve": "登记交接",
    "confirm": "确认时长",
    "cancel": "取消"
  },
  "TeamStatus": {
    "forming": "组团中",
    "standing": "已成团",
    "lapsed": "人数不足，已失效",
    "dissolved": "已解散",
    "merged": "已合并"
  },
  "ShiftTeamAction": {
    "stand": "成团",
    "merge": "并入另一组团",
    "dissolve": "解散",
    "lapse": "未能成团"
  },
  "CycleStatus": {
    "planned": "未开始",
    "collecting": "测评中",
    "computing": "计票中",
    "objection_window": "本人阅看",
    "final": "待出具",
    "sent": "已送达单位",
    "acknowledged": "单位已签收",
    "archived": "已归档"
  },
  "AppraisalAnswer": {
    "satisfied": "满意",
    "fair": "基本满意",
    "unsatisfied": "不满意",
    "unknown": "不了解",
    "recused": "回避"
  },
  "Advice": {
    "recommend_first": "优先推荐",
    "normal": "正常参考",
    "talk_advised": "建议约谈提醒",
    "insufficient": "情况不足不作结论"
  },
  "SuggestionStatus": {
    "proposed": "待决定",
    "decided": "已决定"
  },
  "OpeningSource": {
    "service": "一次服务的评价",
    "appraisal": "年度测评"
  },
  "OpeningStatus": {
    "asked": "待另一人同意",
    "open": "可以查看",
    "refused": "不同意",
    "lapsed": "逾期未同意",
    "closed": "查看时限已过"
  },
  "OpeningAction": {
    "agree": "同意查看",
    "refuse": "不同意",
    "lapse": "逾期未同意",
    "close": "查看时限已过"
  },
  "NegativeItemStatus": {
    "alleged": "待支部核实",
    "asked": "等本人说明",
    "answered": "待社区确认",
    "confirmed": "待街道复核",
    "reviewed": "已复核，异议期内",
    "objected": "异议办理中",
    "upheld": "已成立",
    "dropped": "已撤销",
    "expired": "已到期"
  },
  "NegativeAction": {
    "agree": "核实属实",
    "lapse": "到期未核实",
    "answer": "说明情况",
    "silence": "到期未说明",
    "confirm": "确认，提交街道复核",
    "review": "复核属实",
    "drop": "不成立，撤销",
    "object": "提出异议",
    "stand": "异议期满",
    "uphold": "维持",
    "clear": "异议成立",
    "expire": "到期"
  },
  "ObjectionKind": {
    "votes": "年度评价投票",
    "record": "服务记录",
    "absence": "缺席记录",
    "item": "负面清单情形"
  },
  "ObjectionStatus": {
    "raised": "待社区答复",
    "answered": "待街道复核",
    "granted": "异议成立",
    "kept": "维持原情况，可请区级再复核",
    "appealed": "待区级复核",
    "final": "维持原情况，已办结",
    "withdrawn": "本人撤回"
  },
  "ObjectionAction": {
    "answer": "答复",
    "pass_on": "转街道复核",
    "grant": "异议成立",
    "keep": "维持原情况",
    "appeal": "请区级再复核",
    "let_rest": "办结",
    "grant_above": "区级复核：异议成立",
    "keep_above": "区级复核：维持原情况",
    "withdraw": "撤回"
  },
  "TalkStatus": {
    "opened": "待约定",
    "scheduled": "已约定",
    "held": "已进行",
    "closed": "已关闭"
  },
  "TalkAction": {
    "schedule": "约定时间",
    "hold": "记录结果",
    "close": "关闭"
  },
  "CommendationStatus": {
    "proposed": "待功能型党支部确认",
    "confirmed": "待本人同意公示",
    "on_notice": "公示中",
    "standing": "已成立",
    "refused": "支部不同意",
    "declined": "未列入",
    "withdrawn": "已撤回"
  },
  "CommendationAction": {
    "confirm": "确认",
    "refuse": "不同意",
    "lapse": "到期未列入",
    "agree": "同意公示",
    "decline": "不同意公示",
    "stand": "公示期满",
    "withdraw": "撤回推荐"
  },
  "ReportStatus": {
    "draft": "待签发",
    "issued": "已签发，待送达",
    "delivered": "已送达单位",
    "acknowledged": "单位已签收",
    "superseded": "已由新版替代",
    "void": "已作废"
  },
  "ReportAction": {
    "issue": "签发",
    "deliver": "送达单位",
    "acknowledge": "签收",
    "supersede": "由新版替代",
    "void": "作废",
    "stop": "停止出具"
  },
  "RunKind": {
    "year": "年度反馈",
    "briefs": "季度简报"
  },
  "Rhythm": {
    "month": "月小结",
    "week": "周研判记录",
    "day": "日汇总"
  },
  "ExportStatus": {
    "asked": "排队中，一两分钟内开始",
    "making": "正在生成",
    "ready": "已生成",
    "failed": "没有生成，请重新导出",
    "gone": "已过保存期，请重新导出"
  },
  "WorkSort": {
    "age": "等待最久的在前",
    "deadline": "期限最近的在前",
    "kind": "按类别"
  }
} satisfies { [Name in keyof Shapes]?: Words<Name> };

const HISTORIES = {
  "HistoryOut": {
    "let_go": "同意转出",
    "keep": "不同意转出",
    "take_in": "接收转入",
    "turn_down": "不接收转入",
    "withdraw": "本人撤回",
    "confirm": "单位确认",
    "return_to_member": "单位退回",
    "accept": "社区接收",
    "return_from_community": "社区退回",
    "apply_again": "再次申请",
    "submit_again": "再次提交",
    "suspend": "暂停",
    "resume": "恢复",
    "end": "结束",
    "submit": "提交",
    "enter": "线下报到",
    "remind": "提醒办理",
    "ask": "本人申请"
  },
  "NeedStepLine": {
    "ask_back": "社区追问",
    "answer_back": "居民回复",
    "lapse": "追问未回复",
    "accept": "社区受理",
    "refuse": "不予受理",
    "merge": "并入同类诉求",
    "unmerge": "恢复为单独诉求",
    "withdraw": "撤回",
    "start": "开始办理",
    "back_to_triage": "退回研判",
    "finish": "办结",
    "settle_solved": "居民确认已解决",
    "settle_partly": "居民说部分解决",
    "settle_unsolved": "居民说没解决",
    "settle_unanswered": "居民未答复",
    "reopen": "重新办理",
    "hand_up": "提交上级",
    "decide": "上级交办",
    "close": "上级办结",
    "revoke": "撤销",
    "submit": "提出",
    "follow_up": "登记转办进展"
  },
  "CycleStepOut": {
    "plan": "安排",
    "change": "调整日期",
    "remind": "提醒",
    "collect": "开始测评",
    "compute": "测评截止，计票",
    "open_objections": "本人开始阅看",
    "finalize": "阅看和异议截止",
    "send": "向单位出具",
    "acknowledge": "各单位都已签收",
    "archive": "归档"
  }
} satisfies { [Name in keyof Shapes]?: Record<string, string> };

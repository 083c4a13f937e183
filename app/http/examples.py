"""One example of every shape, made out of the contract: the same city and the same morning everywhere.

A field says what it looks like by its own `examples`, else by its name (`WORDS`), else by its kind. A
request shows what must be said, or all that may be where nothing must; an answer shows all of it.
"""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

Contract = dict[str, Any]
JSON = "application/json"

# Names of other things than persons, by the beginnings of shapes that speak of them.
PLACES = ("Organization", "Community", "Division", "Employer", "Named", "Building", "TransferItem")
# What stands in a field of this name.
WORDS: dict[str, Any] = {
    "acceptance_reason": "没办成",
    "acceptance_way": "phone",
    "accepted": "order_taken",
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "action": "accept",
    "address": "203.0.113.7",
    "answer": "当天已向社区说明情况",
    "answer_reason": "not_done",
    "area_name": "第一网格",
    "ask_template": "need_answered",
    "audience": "社区工作人员",
    "availability": "weekend_morning",
    "basis": "社区党组织会议决定",
    "begins_at": "19:30",
    "branch_name": "第二党支部",
    "branch_opinion": "active_and_reliable",
    "building_name": "12幢",
    "building_text": "12幢",
    "by": "year",
    "capacity": "德民社区居委会 社区党组织书记",
    "category": "phone_teaching",
    "certificate_code": "ZQ7M2K4T9XWB3HC6RD",
    "certificate_number": "BD-2026-000128",
    "channel": "online",
    "choice": "24",
    "claimer": "市卫生健康委员会",
    "clearance": "no_cash",
    "code": "phone_teaching",
    "column": "手机号",
    "community_kind": "urban",
    "community_name": "德民社区",
    "compound_name": "德民花园",
    "compound_text": "德民花园",
    "compound_type": "old",
    "consents_missing": "registration_core",
    "contact_name": "陈阿姨",
    "contact_phone": "138****8000",
    "content_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "data": "姓名、手机号",
    "decision": "下周增派两名党员",
    "description": "教会用手机挂号和缴费",
    "detail": "",
    "device": "Windows 电脑",
    "district_name": "崇川区",
    "door": "12幢301室",
    "duty": "door_to_door_check",
    "employer_name": "市卫生健康委员会",
    "entered": "active",
    "evidence": "现场签到表",
    "facts": "约定的服务没有到场，也没有告知",
    "fields": "phone",
    "from_name": "德民社区",
    "functional_branch_name": "德民社区双报到功能型党支部",
    "functional_group_name": "第一党小组",
    "given_version": "1",
    "grid_name": "第一网格",
    "ground": "lives_there",
    "ground_note": "长期居住在子女家",
    "group_name": "第一党小组",
    "guest": "物业经理 李强",
    "handler": "德民社区党委，电话 0513-55550101",
    "handover": "钥匙在门岗，下一班八点到",
    "holder_name": "市卫生健康委员会",
    "id_kind": "id_card",
    "id_number": "320600199001010018",
    "if_refused": "不影响其他功能",
    "insurance": "社区为志愿者投保意外险",
    "issuer_name": "德民社区党委",
    "key": "orders.release_cutoff_hours",
    "kind": "small",
    "last_four": "1234",
    "left": "pending_community",
    "level": "community",
    "licence": "electrician",
    "line": "会议记录 …",
    "location_reason": "核实封控点位在岗情况",
    "mark": "commend",
    "matched": "building",
    "meals": "提供午餐，12点送到岗位",
    "member_name": "王建国",
    "merged_into_number": "SQ-2026-000031",
    "message": "应为11位手机号",
    "name": "王建国",
    "next_cursor": None,
    "no_taker_proposal": "另定时间",
    "no_taker_reason": "时间不合适",
    "not_a_sanction": "约谈提醒不是处分",
    "note": "已核对",
    "number": "SQ-2026-000042",
    "on_behalf_way": "phone",
    "organization_kind": "community",
    "organization_name": "德民社区",
    "outcome": "will_improve",
    "parent_name": "文峰街道",
    "party_status": "full",
    "phone": "138****8000",
    "photo": "/api/v1/files/…",
    "phrase": "active_and_reliable",
    "place": "社区党群服务中心",
    "pointer": "/phone",
    "post": "community_secretary",
    "post_name": "社区党组织书记",
    "previous_hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "proposal": "另定时间",
    "proposal_code": "other_time",
    "proposed": "全年服务12次，18小时",
    "proposed_by": "community",
    "proposed_route": "order",
    "public_text": "教老人用手机",
    "purpose": "单位评优",
    "qualification": "electrician",
    "reason": "情况有变，已与对方说明",
    "reason_code": "other",
    "reason_text": "时间有冲突",
    "receipt_code": "ZR4T9XWB3HC6RDQ7M2",
    "receipt_number": "HZ-2026-000128",
    "referred_number": "12345-20261120-077",
    "referred_to": "property_company",
    "refresh_token": "q7Tz0mVb3Yx9KcR2",
    "reply": "周六上午有党员上门，请留意电话",
    "request_id": "01a22544-a5ea-75c7-aaca-99ba9ee43305",
    "required_for": "报到",
    "retention": "离开后三年",
    "review": "人员到位及时，物资登记要更早",
    "rights": "可以查阅、更正、撤回同意",
    "route": "order",
    "satisfaction": "90%以上",
    "seed": "5feceb66ffc86f38",
    "seen_by": "社区工作人员",
    "set_by": "community",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sheet": "党员名册",
    "skill": "phone_teaching",
    "source": "resident",
    "source_kind": "order",
    "source_number": "12345-20261118-031",
    "state": "retired",
    "status": "active",
    "storage": "存放在中国境内的服务器",
    "subdistrict_name": "文峰街道",
    "subject_kind": "order",
    "suggested_category": "phone_teaching",
    "summary_number": "HZD-2026-000007",
    "target": "elderly",
    "template": "phone_teaching",
    "text": "请在12月1日前到社区说明",
    "text_version": "1",
    "thumbnail": "/api/v1/files/…",
    "title": "教老人用手机",
    "to_name": "学田社区",
    "trigger": "negative_item",
    "type": "integer",
    "unit": "小时",
    "unit_kind": "public_institution",
    "unread": "第3行",
    "urgent_hint": "遇到紧急情况请先拨打 110、119、120",
    "use": "filed_only",
    "used_for": "联系和安排服务",
    "uses_made": "filed_only",
    "value": 24,
    "version": "1",
    "was_name": "德民居委会",
    "was_parent_name": "文峰街道",
    "way": "phone",
    "wished_time": "周末上午",
    "words": "老人不会用手机挂号，想请人上门教一教",
}
ENTRY = {"code": "phone_teaching", "version": 1, "data": {"name": "教用手机"}}
# Beside them, by shape: where the name alone would say another thing.
OF_SHAPE: dict[tuple[str, str], Any] = {
    ("ContentEntry", "data"): ENTRY["data"],
    ("Dictionaries", "sections"): {"need_categories": [ENTRY]},
    ("LoginIn", "code"): "0a1B2c3d",
    ("PhoneIn", "code"): "e31968a7f94cc5ee25fafc2aef2773f0",
    ("ClaimIn", "code"): "042917",
    ("ClaimCodeOut", "code"): "042917",
    ("Problem", "title"): "没有找到",
    ("Problem", "code"): "not_found",
    ("Health", "status"): "ok",
}
WHOLE: dict[str, int] = {
    **dict.fromkeys(("version", "edition", "rounds", "round"), 1),
    **dict.fromkeys(("width", "height"), 1200),
    "year": 2026,
    "status": 404,
}
NUMBERS = {"latitude": 32.0, "longitude": 120.9}
MORNING, NOON = "2026-11-28T01:00:00Z", "2026-11-28T02:30:00Z"
SATURDAY, YEAR_END = "2026-11-28", "2026-12-31"
PERSONS_PHONE = "13800138000"


class Examples:
    """The examples of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.shapes: dict[str, Any] = contract["components"]["schemas"]

    def put_into(self, contract: Contract) -> None:
        """Every body in JSON has an example; one a shape, to which its operations point."""
        made: dict[str, Any] = {}
        for operations in contract["paths"].values():
            for operation in operations.values():
                asked = operation.get("requestBody", {}).get("content", {})
                given = [
                    answer.get("content", {}).get(JSON)
                    for status, answer in operation["responses"].items()
                    if status < "300"
                ]
                for body, is_asked in [(asked.get(JSON), True), *((each, False) for each in given)]:
                    if body:
                        name = str(body["schema"].get("$ref") or operation["operationId"])
                        name = name.rpartition("/")[2]
                        made[name] = {"value": self.of(body["schema"], "", "", is_asked)}
                        body["examples"] = {"one": {"$ref": f"#/components/examples/{name}"}}
        contract["components"]["examples"] = dict(sorted(made.items()))

    def of(self, shape: dict[str, Any], name: str, owner: str, is_asked: bool) -> Any:
        """A value of the shape, for the field `name` of `owner`."""
        if "$ref" in shape:
            owner = shape["$ref"].rpartition("/")[2]
            return self.of(self.shapes[owner], name, owner, is_asked)
        if said := shape.get("examples"):
            return said[0]
        if "anyOf" in shape:
            return self.of(_plainest(shape["anyOf"], name), name, owner, is_asked)
        if "enum" in shape:
            return shape["enum"][0]
        if shape.get("type") == "object" and "properties" in shape:
            return self._object(shape, owner, is_asked)
        if shape.get("type") == "array":
            least = shape.get("minItems", 1)
            return [self.of(shape["items"], _singular(name), owner, is_asked)] * max(least, 1)
        return _scalar(shape, name, owner, is_asked)

    def _object(self, shape: dict[str, Any], owner: str, is_asked: bool) -> dict[str, Any]:
        inner = shape["properties"]
        wanted = shape.get("required") if is_asked else None
        return {name: self.of(inner[name], name, owner, is_asked) for name in wanted or inner}


def _plainest(choices: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Of several, the one that is a value; null only where the field is so in every example."""
    if name in WORDS and WORDS[name] is None:
        return choices[-1]
    return choices[0]


def _singular(name: str) -> str:
    return name.removesuffix("s")


def _scalar(shape: dict[str, Any], name: str, owner: str, is_asked: bool) -> Any:
    kind, form = shape.get("type"), shape.get("format")
    if (owner, name) in OF_SHAPE:
        return OF_SHAPE[owner, name]
    if kind == "integer":
        whole = 90 if name.endswith("minutes") else WHOLE.get(name, 3)
        return int(max(shape.get("minimum", 0), min(shape.get("maximum", whole), whole)))
    if kind == "number":
        return NUMBERS.get(name, 87.5)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    if kind == "object":
        return {"new": 3} if "additionalProperties" in shape else {}
    if form == "uuid":
        return _id(owner if name == "id" else name)
    if form in ("date", "date-time"):
        is_end = name.startswith("ends") or name.endswith(("until", "to"))
        return (YEAR_END if is_end else SATURDAY) if form == "date" else NOON if is_end else MORNING
    return _words(shape, name, owner, is_asked)


def _words(shape: dict[str, Any], name: str, owner: str, is_asked: bool) -> Any:
    if kind_of_phone(name) and is_asked:
        return PERSONS_PHONE
    if name == "name" and owner.startswith(PLACES):
        return "德民社区"
    text = WORDS.get(name, "说明")
    return text[: shape.get("maxLength", len(text))] if isinstance(text, str) else text


def kind_of_phone(name: str) -> bool:
    """Whether the field holds a telephone number: asked for in clear, answered masked."""
    return name.endswith("phone")


def _id(name: str) -> str:
    """Always the same for the same name; of the form of our ids, of no row."""
    digits = uuid5(NAMESPACE_URL, name).hex
    return f"019ab3f0-{digits[:4]}-7{digits[4:7]}-a{digits[7:10]}-{digits[10:22]}"

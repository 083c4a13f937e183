"""What residents ask for and what communities announce: how often, in which words.

Minutes, seats, skills and flags of a category are the tenant's content; here stands only how a year
is made of them. A title is what a community would write above an order, and never names anybody.
"""

from collections.abc import Mapping
from typing import NamedTuple

from app.models.need import NeedKind as K


class Want(NamedTuple):
    """How often a category is asked for, and how."""

    weight: float
    kind: K
    words: tuple[str, ...]


class Service(NamedTuple):
    """What a community announces by itself: how often, for how many, how long, where."""

    weight: float
    category: str
    title: str
    seats: tuple[int, int]
    minutes: int
    place: str
    kind: str
    target: str = "person"


H, R, G, C = K.HELP_REQUEST, K.SNAPSHOT_REPORT, K.SUGGESTION, K.COMPLAINT
WANTS: Mapping[str, Want] = {
    "corridor_light": Want(8, R, ("楼道灯坏了好几天，晚上上下楼看不清", "二楼感应灯不亮了")),
    "pipe_blocked": Want(6, R, ("下水道又堵了，污水冒到路面上", "厨房下水返水，麻烦看看")),
    "road_damage": Want(5, R, ("小区门口路面有个坑，电瓶车容易摔", "井盖松了，车一过就响")),
    "fire_lane": Want(3, R, ("消防通道停满了车", "楼梯口被电动车堵住了")),
    "object_falling": Want(1, R, ("楼上往下扔烟头，太危险了",)),
    "parking": Want(9, C, ("车位太少，晚上回来没地方停", "有人长期占两个车位")),
    "charging": Want(5, R, ("有人从窗口拉飞线充电", "充电桩坏了两个，没人修")),
    "lift_add": Want(2, G, ("想问问我们单元加装电梯要走哪些程序",)),
    "noise": Want(6, C, ("楼上装修周末也在敲", "广场舞音响太吵，孩子要写作业")),
    "leak_dispute": Want(4, C, ("楼上漏水到我家天花板，协商不下来",)),
    "property_dispute": Want(6, C, ("物业费涨了，服务没有变好", "报修一周了物业还没来")),
    "owners_committee": Want(2, G, ("业委会什么时候换届，公共收益在哪里看",)),
    "pets": Want(3, C, ("有人遛狗不牵绳，老人小孩害怕",)),
    "fire_check": Want(2, R, ("楼道灭火器过期了",)),
    "policy_question": Want(6, H, ("想了解一下医保异地报销怎么办", "独生子女补贴怎么申请")),
    "care_policy": Want(4, H, ("老人八十岁了，高龄补贴怎么领",)),
    "school_policy": Want(2, H, ("孩子明年上小学，学区是哪里",)),
    "help_apply": Want(5, H, ("腿脚不便，想请人帮忙办个证明", "表格不会填，麻烦帮一下")),
    "meal_help": Want(3, H, ("一个人做饭不方便，想问问助餐点",)),
    "activity_idea": Want(3, G, ("希望周末办一次孩子的绘画活动",)),
    "venue_open": Want(2, G, ("活动室晚上能不能开到九点",)),
    "public_service": Want(2, G, ("公交站离小区太远，能不能加一站",)),
    "family": Want(1, H, ("家里有点矛盾，想请人帮忙劝劝",)),
    "relief": Want(1, H, ("家里有人生大病，想申请临时救助",)),
    "lock_gas_lift": Want(2, H, ("电梯老是停，维保的人不来",)),
    "other": Want(3, H, ("有件事想跟社区说一下，请回个话",)),
    "visit_company": Want(4.0, H, ("一个人在家，想有人来说说话", "独居的母亲想有人常去看看")),
    "hospital_escort": Want(1.6, H, ("周三要去医院复查，儿女不在身边",)),
    "errand": Want(2.6, H, ("想请人帮忙取一下药", "下雨天买菜不方便")),
    "phone_teaching": Want(4.0, H, ("想学用手机挂号", "微信视频不会打，想请人教教")),
    "haircut": Want(0.8, H, ("老人卧床，想请人上门理个发",)),
    "home_safety_check": Want(1.4, H, ("卫生间想装个扶手，请人来看看",)),
    "water_small": Want(1.6, H, ("水龙头滴水，关不紧",)),
    "appliance": Want(1.4, H, ("电饭煲坏了，还能不能修",)),
    "furniture": Want(0.8, H, ("窗户关不严，冬天漏风",)),
    "computer_network": Want(0.8, H, ("路由器连不上，家里上不了网",)),
    "corridor_clutter": Want(2.2, R, ("楼道堆了旧家具，走路都困难",)),
    "waste": Want(1.4, R, ("垃圾分类点周围总是乱扔",)),
    "green": Want(1.2, R, ("楼前绿地荒了，长满杂草",)),
    "advert_paint": Want(0.8, R, ("单元门上全是小广告",)),
    "labor": Want(0.4, H, ("公司拖欠工资，想问问怎么办",)),
    "consumer": Want(0.5, H, ("买到假货，商家不退款",)),
    "job_hunting": Want(0.6, H, ("想找份离家近的工作",)),
    "disability": Want(0.6, H, ("坐轮椅出门办事，想请人陪一下",)),
}

# Above an order that serves a resident's need.
TITLES: Mapping[str, str] = {
    "visit_company": "探访独居老人",
    "hospital_escort": "陪同老人就医",
    "errand": "代取代送",
    "phone_teaching": "教老人用手机",
    "haircut": "上门理发",
    "home_safety_check": "居家安全查看",
    "water_small": "水龙头小修",
    "appliance": "小家电维修",
    "furniture": "门窗小修",
    "computer_network": "帮调家庭网络",
    "corridor_clutter": "楼道清理",
    "waste": "垃圾分类引导",
    "green": "楼前绿地整理",
    "advert_paint": "清理小广告",
    "labor": "劳动权益咨询",
    "consumer": "消费维权咨询",
    "job_hunting": "求职指导",
    "disability": "助残出行陪同",
}

CENTRE, SQUARE, YARD = "社区党群服务中心", "小区中心广场", "各楼栋楼道"
ANNOUNCED: tuple[Service, ...] = (
    Service(6, "patrol", "夜间巡防", (2, 4), 90, "小区东门集合", "micro_service"),
    Service(5, "phone_teaching", "老人手机课堂", (2, 4), 90, CENTRE, "micro_service"),
    Service(5, "corridor_clutter", "楼道清理日", (6, 12), 120, YARD, "project", "group"),
    Service(4, "waste", "垃圾分类值守", (2, 4), 60, "分类投放点", "micro_service"),
    Service(3, "green", "绿地养护", (4, 8), 90, SQUARE, "project", "group"),
    Service(3, "sewing_sharpening", "便民小修日", (4, 8), 150, CENTRE, "project"),
    Service(2, "health_talk", "健康讲座志愿服务", (2, 4), 90, CENTRE, "micro_service"),
    Service(2, "first_aid_course", "急救培训助教", (2, 4), 120, CENTRE, "project"),
    Service(2, "course", "书法兴趣班助教", (2, 3), 90, CENTRE, "micro_service"),
    Service(2, "photo", "免费拍全家福", (2, 4), 120, CENTRE, "project"),
    Service(1, "skills_training", "就业技能培训助教", (2, 3), 120, CENTRE, "project"),
    Service(1, "visit_company", "集中探访独居老人", (6, 12), 90, "分片走访", "project", "group"),
)
FESTIVAL = Service(1, "visit_company", "{festival}慰问老人", (4, 12), 90, "分片走访", "project")
COMING = Service(1, "waste", "周末环境整治", (10, 20), 120, SQUARE, "campaign", "team")

SOURCES: Mapping[str, float] = {
    "mini_program": 0.68,
    "phone": 0.12,
    "counter": 0.08,
    "visit": 0.05,
    "hotline": 0.05,
    "meeting": 0.02,
}
# By the route that the content proposes, the one that is taken.
ROUTES: Mapping[str, Mapping[str, float]] = {
    "order": {"order": 0.86, "own_staff": 0.14},
    "own_staff": {"own_staff": 0.86, "answered": 0.08, "referred": 0.06},
    "referred": {"referred": 0.88, "own_staff": 0.12},
    "answered": {"answered": 0.94, "own_staff": 0.06},
}
REPLIES: Mapping[str, str] = {
    "own_staff": "社区已上门处理，情况已当面说明。",
    "referred": "已由承办单位处理完毕，社区已到场查看。",
    "answered": "已电话答复，所需材料和办理地点已说明。",
}
REFERRED_TO = ("property_company", "subdistrict", "utility")
REFUSED_FOR = ("not_in_community", "commercial", "legal_procedure", "insufficient")
QUESTIONS = ("请问方便什么时间上门？", "请问是哪一栋哪一单元？", "请问这种情况有多久了？")
SAID = ("周末都在家。", "三单元门口。", "大概一个星期了。")
NOT_SOLVED_FOR = ("not_done", "half_done", "problem_returned", "needs_other_unit")
CANCELLED_FOR = ("weather", "venue", "not_enough_people", "requester_withdrew")
ABSENT_FOR = ("duty_call", "illness", "family_emergency")
RELEASED_FOR = ("work", "illness")

"""What people, places and services of the city are called; everybody is made up."""

from app.city.chance import Chance, Wheel

SURNAMES = Wheel(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤",
    [1 / (place + 4) for place in range(100)],
)
GIVEN_FIRST = "建国志文海明晓丽春秋玉金永德家学永俊思雨子佳美红国庆卫东新华成立正光宏伟忠诚慧敏静淑兰梅桂凤亚雅欣怡浩宇天一可乐安平长江南通"
GIVEN_LAST = "国华明芳英军平勇杰涛磊强伟刚敏静丽艳娟霞燕玲红梅兰萍辉鹏飞超斌波宁健龙凤云生林森峰松柏春秋成业民安康乐喜庆祥和"

PLACE_FIRST = "学郭易虹钟文濠段城任观秦新望人永唐幸五山狼开通竹陈平石金三川港海启临寅滨和天"
PLACE_LAST = "田里家桥秀峰河坝港音灶园湖民兴闸福接水洋发元行潮安场余星姜闾阳"
COMPOUND_LAST = ("花苑", "新村", "佳园", "名邸", "公寓", "小区", "雅居", "华庭", "东苑", "西苑")
COMPOUND_TYPES = Wheel.of(
    {"new_commodity": 6, "old": 5, "resettlement": 2, "unit_housing": 1, "mixed": 1}
)

EMPLOYERS = (
    ("事业单位", ("中心医院", "实验小学", "高级中学", "图书馆", "设计院", "疾控中心")),
    ("机关", ("水务局", "交通运输局", "民政局", "财政局", "税务局", "住建局", "市场监管局")),
    ("国有企业", ("供电公司", "自来水公司", "公交集团", "港务集团", "建工集团")),
    ("民营企业", ("纺织有限公司", "机电有限公司", "海工装备公司", "软件园科技公司")),
    ("金融机构", ("农商银行", "工商银行支行", "人寿保险公司")),
)
BRANCHES = (
    "机关第一党支部",
    "机关第二党支部",
    "业务第一党支部",
    "业务第二党支部",
    "业务第三党支部",
)

SKILLS = Wheel.of(
    {
        "policy_explaining": 8,
        "elder_company": 9,
        "smartphone_teaching": 8,
        "errand": 7,
        "neighbor_mediation": 6,
        "patrol": 6,
        "sanitation": 5,
        "waste_sorting": 5,
        "gardening": 3,
        "traffic_guidance": 4,
        "driving": 5,
        "computer_repair": 4,
        "plumbing": 2,
        "appliance_repair": 2,
        "haircut": 1,
        "hospital_escort": 3,
        "career_guidance": 2,
        "photography": 3,
        "calligraphy": 2,
        "music_dance": 2,
        "fitness": 3,
        "event_planning": 3,
        "fire_safety": 2,
        "consumer_rights": 1,
    }
)
AVAILABILITY = Wheel.of(
    {
        ("weekday_evening", "weekend_day"): 6,
        ("weekend_day",): 5,
        ("weekday_evening",): 3,
        ("weekend_day", "weekend_evening", "holiday"): 2,
        ("weekday_evening", "weekend_day", "lunch_break"): 2,
        ("weekday_day", "weekend_day"): 1,
        (): 4,
    }
)


def person(chance: Chance) -> str:
    """A name of two or three characters."""
    given = chance.pick(GIVEN_LAST)
    if chance.roll() < 0.72:
        given = chance.pick(GIVEN_FIRST) + given
    return SURNAMES.spin(chance) + given


def places(chance: Chance, count: int) -> list[str]:
    """So many names of places, each of its own."""
    names = [first + last for first in PLACE_FIRST for last in PLACE_LAST]
    chance.shuffle(names)
    rounds = ("", "东", "西", "南", "北", "新", "上", "下")
    return [
        names[place % len(names)] + rounds[place // len(names) % len(rounds)]
        for place in range(count)
    ]

"""What the demo company sent in the month before it was made: who, when, to whom. Pure, and the same for every start of the same day."""

from collections.abc import Iterator

import msgspec

from hongyan.admission.tasks import Flags
from hongyan.directory.audience import Selectors
from hongyan.messages.bodies import (
    ActionCardBody,
    AnyBody,
    Button,
    FileBody,
    ImageBody,
    LinkBody,
    MarkdownBody,
    NewsCardBody,
    OaBody,
    OaRow,
    SingleNewsCardBody,
    TextBody,
    VoiceBody,
)
from hongyan.messages.template_fill import fill_template
from hongyan.sandbox.demo_templates import DEMO_PICTURE, DEMO_TEMPLATES

DAYS = 30
NEWS, OFFICE, APP, SUITE = "news", "office", "app", "suite"  # two service accounts, an app of the company's own, a third-party app
_ALL = Selectors(everyone=True)
_RESEARCH, _BACKEND, _TEST, _MARKET, _SERVICE = 1958658, 1958702, 1958703, 2324553, 421897262
_MONDAY, _WEDNESDAY, _FRIDAY, _SATURDAY = 0, 2, 4, 5
_MENUS = (
    ("番茄牛腩", "清蒸鲈鱼", "素炒时蔬"),
    ("红烧狮子头", "干锅花菜", "玉米排骨汤"),
    ("宫保鸡丁", "麻婆豆腐", "紫菜蛋花汤"),
    ("葱油拌面", "卤牛肉", "凉拌木耳"),
    ("梅菜扣肉", "蒜蓉菜心", "冬瓜丸子汤"),
)
_REQUESTS = (("user002", "差旅报销", "1280.00"), ("lina", "调休一天", ""), ("user023", "办公用品采购", "366.50"), ("zhangwei", "居家办公", ""))


class Planned(msgspec.Struct, frozen=True):
    """One send. `time` is HH:MM of the company's zone, `recalled_after` minutes, 0 for never."""

    days_ago: int
    time: str
    by: str
    to: Selectors
    body: AnyBody
    flags: Flags = Flags()
    recalled_after: int = 0
    preview: bool = False


def plan_month(weekday: int) -> list[Planned]:
    """Everything from `DAYS` ago until today, whose weekday is 0 for Monday; in no order."""
    plan: list[Planned] = list(_occasions())
    for days_ago in range(DAYS):
        day = (weekday - days_ago) % 7
        plan += _weekend(days_ago) if day >= _SATURDAY else _workday(days_ago, day)
    return plan


def _to(*userids: str) -> Selectors:
    return Selectors(userids=userids)


def _in(*depts: int) -> Selectors:
    return Selectors(depts=depts)


def _workday(days_ago: int, day: int) -> Iterator[Planned]:
    menu = _MENUS[days_ago % len(_MENUS)]
    dishes = "\n".join(f"- {dish}" for dish in menu)
    yield Planned(days_ago, "11:20", OFFICE, _ALL, MarkdownBody("今日午餐", f"### 今日午餐\n\n{dishes}\n\n> 第 {DAYS - days_ago} 期，欢迎提意见"))
    yield Planned(days_ago, "08:55", APP, _in(_BACKEND, _TEST), _build_report(days_ago))
    yield from _approvals(days_ago)
    if day == _MONDAY:
        yield Planned(days_ago, "09:00", NEWS, _in(_RESEARCH), TextBody(f"周一例会 10:00 在三楼大会议室，请带上第 {40 - days_ago // 7} 周的计划。"))
        yield Planned(days_ago, "16:30", NEWS, _ALL, NewsCardBody("cardDHndhMAowusiE"), Flags(allow_comment=True, show_homepage=True))
    if day == _WEDNESDAY:
        yield Planned(
            days_ago, "15:00", SUITE, _in(_MARKET), _template(1, {"name": f"秋冬新品第 {30 - days_ago} 批", "name2": "https://example.com/goods"})
        )
        yield Planned(days_ago, "10:30", NEWS, _in(_MARKET, _SERVICE), _referral(days_ago))
    if day == _FRIDAY:
        yield Planned(days_ago, "17:00", NEWS, _in(_RESEARCH), _weekly_report(days_ago))
        yield Planned(days_ago, "18:00", OFFICE, _ALL, ImageBody(DEMO_PICTURE))


def _weekend(days_ago: int) -> Iterator[Planned]:
    text = f"值班提醒：今天由 {('刘洋', '李娜')[days_ago % 2]} 值班，电话保持畅通。"
    yield Planned(days_ago, "09:00", APP, _to("10203029011219896", "liuyang", "lina", "manager4220"), TextBody(text))


def _build_report(days_ago: int) -> AnyBody:
    failed = days_ago % 6 == 4
    title = "夜间构建失败" if failed else "夜间构建通过"
    lines = "2 个用例失败：`test_recall`、`test_quota`" if failed else "1 284 个用例全部通过，用时 6 分 12 秒"
    return MarkdownBody(title, f"**{title}** #{2400 - days_ago}\n\n{lines}\n\n[查看日志](https://example.com/builds/{2400 - days_ago})")


def _approvals(days_ago: int) -> Iterator[Planned]:
    for n, time in enumerate(("10:12", "14:47")):
        applicant, subject, amount = _REQUESTS[(days_ago * 2 + n) % len(_REQUESTS)]
        values = {"number": f"AP{260300 - days_ago * 2 + n}", "applicant": subject, "result": "已退回" if days_ago % 7 == 3 else "已通过"}
        body = _template(2, values | {"remark": f"金额 {amount} 元" if amount else "请按时安排交接。"})
        yield Planned(days_ago, time, SUITE, _to(applicant), body, Flags(template_id=DEMO_TEMPLATES[2][0]))


def _template(index: int, values: dict[str, str]) -> AnyBody:
    body = fill_template(DEMO_TEMPLATES[index][1], values)
    assert isinstance(body, AnyBody)
    return body


def _referral(days_ago: int) -> AnyBody:
    return LinkBody(
        "内推招募：高级后端工程师", "https://example.com/jobs/backend", f"推荐成功有奖，第 {40 - days_ago // 7} 周更新三个职位。", DEMO_PICTURE
    )


def _weekly_report(days_ago: int) -> AnyBody:
    text = f"### 请写周报\n\n第 {40 - days_ago // 7} 周的周报请在今天下班前提交。"
    return ActionCardBody(
        text, "请写周报", buttons=(Button("现在写", "https://example.com/report"), Button("看模板", "https://example.com/sample")), orientation="1"
    )


def _occasions() -> Iterator[Planned]:
    """What happened once; each shows something that a page can explain."""
    yield Planned(29, "10:00", NEWS, _ALL, SingleNewsCardBody("cardSingle10012iE"), Flags(allow_comment=True, show_homepage=True))
    yield Planned(26, "09:40", OFFICE, _ALL, FileBody("@lAjPDemoFile01"))
    yield Planned(21, "15:20", NEWS, _to("liuyang", "lina"), VoiceBody("@lATPDemoVoice01", 2))
    yield Planned(19, "14:00", OFFICE, _in(_RESEARCH), TextBody("今晚 20:00 至 22:00 机房断电检修，请提前保存工作。"))
    # The same words again, now to everyone: who has them already is left out, with the reason.
    yield Planned(19, "14:30", OFFICE, _ALL, TextBody("今晚 20:00 至 22:00 机房断电检修，请提前保存工作。"))
    yield Planned(16, "11:02", NEWS, _ALL, TextBody("年会定于 12 月 31 日，地点另行通知。"), recalled_after=4)
    yield Planned(16, "11:10", NEWS, _ALL, TextBody("年会定于 1 月 15 日 18:00，地点：滨江礼堂。"))
    yield Planned(
        13,
        "10:00",
        NEWS,
        _to("newhire001", "user004"),
        MarkdownBody("欢迎加入", "**林晓晨**，欢迎加入品牌组！[新人手册](https://example.com/welcome)"),
    )
    yield Planned(12, "02:14", APP, _to("liuyang", "user002", "left0042", "10203029011219896"), _incident())
    yield Planned(12, "03:05", APP, _to("liuyang", "user002", "10203029011219896"), TextBody("数据库主从延迟已恢复，影响 51 分钟。"))
    yield Planned(8, "16:00", NEWS, _to("boss001"), TextBody("请审阅年会预算（预览）。"), preview=True)
    yield Planned(
        7, "09:30", SUITE, _to("newhire001", "user013", "user031"), _template(0, {"名字": "各位同事"}), Flags(template_id=DEMO_TEMPLATES[0][0])
    )
    # More in one second than an account may send: the last ones were refused.
    for n in range(12):
        yield Planned(5, "20:00", NEWS, _to(f"user{n + 10:03}"), TextBody("生日快乐！公司为您准备了一份小礼物，请到前台领取。"))
    yield Planned(3, "17:35", OFFICE, _in(_SERVICE), TextBody("明早八点停水，请用茶水间的桶装水。"), recalled_after=25)
    yield Planned(1, "10:05", NEWS, _ALL, _survey())
    yield Planned(1, "15:30", NEWS, _in(_RESEARCH), LinkBody("鸿雁 0.9 发布说明", "https://example.com/release", "控制台、回调与组织导入。"))


def _incident() -> AnyBody:
    return OaBody(
        url="https://example.com/incidents/118",
        head_color="FFC0392B",
        head_text="告警",
        title="数据库主从延迟超过 60 秒",
        form=(OaRow("级别：", "P1"), OaRow("服务：", "订单库 order-db-2"), OaRow("负责人：", "刘洋")),
        rich_num="83",
        rich_unit="秒",
        content="延迟持续上升，已自动切换只读流量。",
        author="监控中心",
        status_value="已恢复",
        status_color="FF2E8B57",
    )


def _survey() -> AnyBody:
    return ActionCardBody(
        "### 食堂满意度调查\n\n只要一分钟，下周起按大家的意见调整菜单。", "食堂满意度调查", single=Button("去填写", "https://example.com/survey")
    )

"""The demo's templates: the two of the documented samples, one more that sends, one that is still being written."""

from hongyan.access.records import app_by_key_txn
from hongyan.messages.template_book import (
    EVERY_CORP,
    KeptTemplate,
    TemplateOwner,
    create_template_txn,
    load_template_txn,
    submit_template_txn,
)
from hongyan.messages.templates import (
    ActionCardTemplate,
    FormTemplate,
    MarkdownTemplate,
    TemplateButton,
    TemplateContent,
    TemplateRow,
)
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

DEMO_PICTURE = "@lALPDeC2uOPVEsvNAVjNAVg"

_GREETING = MarkdownTemplate(
    name="入职欢迎",
    title="欢迎加入",
    content="**${名字}**，您好！\n\n欢迎加入鸿雁演示公司。入职材料已经备好，请在本周内到人事处领取。",
    scenario="新员工报到当天发送。",
)
_GOODS = ActionCardTemplate(
    name="到货提醒",
    title="您关注的商品到货了",
    content="您关注的 **${name}** 已经到货，数量有限。",
    buttons=(TemplateButton("去看看", "${name2}"),),
    scenario="商品补货后，发给登记过的员工。",
)
_APPROVAL = FormTemplate(
    name="审批结果",
    title="您提交的申请有了结果",
    mobile_link="https://example.com/approvals/${number}",
    pc_link="https://example.com/approvals/${number}?from=pc",
    head_text="审批",
    head_color="FF2F6DB5",
    content="${remark}",
    image=DEMO_PICTURE,
    rows=(TemplateRow("单号", "${number}"), TemplateRow("申请人", "${applicant}"), TemplateRow("结果", "${result}")),
    scenario="审批结束时发给申请人。",
)
_SURVEY = ActionCardTemplate(
    name="食堂满意度调查",
    title="请为食堂打分",
    content="${名字}，这周的饭菜还合口味吗？请在 ${日期} 前告诉我们。",
    buttons=(TemplateButton("满意", "https://example.com/survey/good"), TemplateButton("有话要说", "https://example.com/survey/more")),
    horizontal=True,
    scenario="每月一次，文字还在斟酌。",
)
# (template_id, content, approved); the first two ids stand in the documented samples.
DEMO_TEMPLATES: tuple[tuple[str, TemplateContent, bool], ...] = (
    ("xxxx", _GREETING, True),
    ("e27a9eed42b34a14a2xxxx", _GOODS, True),
    ("5d1c0a7e94f24b0f8c3be6a1d2907f41", _APPROVAL, True),
    ("b83f6e2a17c9405d9a64c0f75e1d8b32", _SURVEY, False),
)


def demo_templates_txn(tx: Tx, app_key: str, now: EpochMs) -> None:
    """Add those whose id is free; deleted ones stay deleted. Without the app there is nothing to do."""
    app = app_by_key_txn(tx, app_key)
    if app is None:
        return
    owner = TemplateOwner(app.no, EVERY_CORP)
    for template_id, content, approved in DEMO_TEMPLATES:
        if load_template_txn(tx, template_id) is None:
            made = create_template_txn(tx, owner, content, template_id, now)
            if approved and isinstance(made, KeptTemplate):
                submit_template_txn(tx, made, now, auto_approve=True)

"""What the page about coverage says, in both languages."""

import msgspec


class CoverageTexts(msgspec.Struct, frozen=True):
    """One language. The dicts name what rows are grouped and marked by."""

    title: str
    lead: str
    interfaces: str
    differences: str
    differences_lead: str
    description: str
    contents: str
    app_kinds: str
    permission: str
    page: str
    tests: str
    no_tests: str
    platform: str
    ours: str
    setting: str
    surfaces: dict[str, str]
    kinds: dict[str, str]
    topics: dict[str, str]
    evidence: dict[str, str]


_ZH = CoverageTexts(
    title="接口与差异",
    lead="本服务器实现了哪些钉钉接口，哪些地方可能与平台不同。",
    interfaces="接口",
    differences="与平台的差异",
    differences_lead="没有人能向真实平台求证。每一条都注明依据；平台没有写明、或两处写法不同时，也列在这里。",
    description="机器可读的接口描述",
    contents="目录",
    app_kinds="应用",
    permission="权限点",
    page="文档",
    tests="测试",
    no_tests="还没有测试",
    platform="平台",
    ours="这里",
    setting="设置",
    surfaces={
        "top": "/topapi",
        "classic": "更早的路径",
        "v1": "/v1.0",
        "router": "旧网关",
        "hongyan": "自有接口，参数与钉钉相同",
    },
    kinds={"internal": "企业内部应用", "third_party": "第三方企业应用", "personal": "第三方个人应用"},
    topics={
        "gateway": "进入接口之前",
        "encoding": "请求与应答的写法",
        "tokens": "令牌与权限",
        "mass": "群发",
        "limits": "限额",
        "accounts": "服务号",
        "material": "文章、卡片、媒体",
        "work": "工作通知",
        "directory": "通讯录",
        "callbacks": "回调",
        "readers": "读者",
        "outside": "不在范围内",
    },
    evidence={"documented": "文档", "sdk": "SDK 源码", "measured": "实测 SDK", "observed": "公开的真实应答", "judgement": "我们的判断"},
)
_EN = CoverageTexts(
    title="Coverage",
    lead="Which of DingTalk's interfaces this server speaks, and where it may differ from the platform.",
    interfaces="Interfaces",
    differences="Differences from the platform",
    differences_lead="Nobody could ask the real platform. Each row says what its reading rests on, also where nothing is published or pages disagree.",
    description="Machine-readable description",
    contents="Contents",
    app_kinds="Apps",
    permission="Permission",
    page="Page",
    tests="Tests",
    no_tests="none yet",
    platform="Platform",
    ours="Here",
    setting="Setting",
    surfaces={
        "top": "/topapi",
        "classic": "Older paths",
        "v1": "/v1.0",
        "router": "The older router",
        "hongyan": "Our own, with DingTalk's parameters",
    },
    kinds={"internal": "internal", "third_party": "third party", "personal": "personal"},
    topics={
        "gateway": "Before an interface",
        "encoding": "How calls are read and answers written",
        "tokens": "Tokens and permissions",
        "mass": "Mass sends",
        "limits": "Limits",
        "accounts": "Service accounts",
        "material": "Articles, cards, media",
        "work": "Work notifications",
        "directory": "Directory",
        "callbacks": "Callbacks",
        "readers": "Readers",
        "outside": "Not this server's business",
    },
    evidence={
        "documented": "documented",
        "sdk": "SDK source",
        "measured": "SDK measured",
        "observed": "published answers",
        "judgement": "our judgement",
    },
)
COVERAGE_TEXTS = {"zh": _ZH, "en": _EN}

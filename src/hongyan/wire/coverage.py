"""Which of DingTalk's interfaces there are here, and what is known of each; `python -m hongyan.wire.coverage` prints it as a page.

What tests call is not known here: it was written down by a run of all of them (`tested.json`).
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from hongyan.access.records import AppKind
from hongyan.model.errors import Family
from hongyan.wire import router
from hongyan.wire.description import AnyEndpoint, methods_of
from hongyan.wire.differences import Difference, Topic, load_differences
from hongyan.wire.endpoint import Endpoint
from hongyan.wire.surface import ENDPOINTS, OPEN_ENDPOINTS

_HERE = Path(__file__).parent
TESTED_FILE = _HERE / "tested.json"
PURPOSES_FILE = _HERE / "purposes.json"
_EVERY: tuple[AnyEndpoint, ...] = (*ENDPOINTS, *OPEN_ENDPOINTS)
PAGES = "https://open.dingtalk.com/document/development/"


class Covered(msgspec.Struct, frozen=True):
    """One interface. `tests` are the test modules that had an answer without error from it; `scope` and `page` may be blank."""

    path: str
    surface: str
    methods: tuple[str, ...]
    kinds: tuple[AppKind, ...]
    scope: str
    purpose: str
    purpose_zh: str
    page: str
    tests: tuple[str, ...]


def load_coverage() -> list[Covered]:
    """Every interface, by surface."""
    tested = msgspec.json.decode(TESTED_FILE.read_bytes(), type=dict[str, dict[str, bool]])
    chinese = msgspec.json.decode(PURPOSES_FILE.read_bytes(), type=dict[str, str])
    rows = [_covered(endpoint, tested, chinese) for endpoint in _EVERY]
    rows.append(_row(router.PATH, "router", ("POST", "GET"), _ROUTER_PURPOSE, tested, chinese))
    return sorted(rows, key=lambda row: _SURFACES.index(row.surface))


_ROUTER_PURPOSE = "any call below /topapi by its method's name"
_SURFACES = [*(family.value for family in Family), "router", "hongyan"]


def _covered(endpoint: AnyEndpoint, tested: dict[str, dict[str, bool]], chinese: dict[str, str]) -> Covered:
    surface = "hongyan" if endpoint.path.startswith("/hongyan/") else endpoint.family.value
    row = _row(endpoint.path, surface, methods_of(endpoint), endpoint.purpose, tested, chinese)
    if isinstance(endpoint, Endpoint):
        kinds = tuple(kind for kind in AppKind if kind in endpoint.kinds)
        row = msgspec.structs.replace(row, kinds=kinds, scope=endpoint.scope)
    return msgspec.structs.replace(row, page=endpoint.page)


def _row(path: str, surface: str, methods: tuple[str, ...], purpose: str, tested: dict[str, dict[str, bool]], chinese: dict[str, str]) -> Covered:
    tests = tuple(sorted(module for module, done in tested.get(path, {}).items() if done))
    return Covered(path, surface, methods, (), "", purpose, chinese.get(purpose, purpose), "", tests)


def pattern_of(path: str) -> str:
    """The path as it stands in the table of interfaces; blank for one that is none."""
    if path in _PATHS:
        return path
    parts = path.split("/")
    return next((one for one in _PATTERNS if _fits(one.split("/"), parts)), "")


_PATHS = frozenset((*(endpoint.path for endpoint in _EVERY), router.PATH))
_PATTERNS = tuple(path for path in _PATHS if "{" in path)


def _fits(wanted: list[str], found: list[str]) -> bool:
    return len(wanted) == len(found) and all(want.startswith("{") or want == have for want, have in zip(wanted, found, strict=True))


# --- as a page of the documentation


_HEADS = {
    "top": "`/topapi`",
    "classic": "Older paths",
    "v1": "`/v1.0`",
    "router": "The older router",
    "hongyan": "Our own, in DingTalk's dialect",
}
_TOPICS = {
    Topic.GATEWAY: "Before an interface",
    Topic.ENCODING: "How calls are read and answers written",
    Topic.TOKENS: "Tokens and permissions",
    Topic.MASS: "Mass sends",
    Topic.LIMITS: "Limits",
    Topic.ACCOUNTS: "Service accounts",
    Topic.MATERIAL: "Articles, cards, media",
    Topic.WORK: "Work notifications",
    Topic.DIRECTORY: "Directory",
    Topic.CALLBACKS: "Callbacks",
    Topic.READERS: "Readers",
    Topic.OUTSIDE: "Not this server's business",
}
_INTRO = """\
# Coverage

<!-- Printed by `python -m hongyan.wire.coverage`; a test fails when it is out of date. -->

Every interface of DingTalk's that this server speaks, and where it may differ from the platform. A running server shows the same at
`/coverage`, and describes the interfaces as OpenAPI at `/hongyan/v1/dingtalk/openapi.json`.

*Tests*: the test modules that had an answer without error from the interface.
"""
_DIFFERENCES = """\
## Differences from the platform

Nobody could ask the real platform. *Evidence* says what a reading rests on: **documented** on DingTalk's pages, read in an official **sdk**,
**measured** with one, **observed** in answers that others published, or our **judgement** where nothing is published.
"""


def coverage_page() -> str:
    """The page, in English."""
    return "\n".join((_INTRO, *_tables(load_coverage()), _DIFFERENCES, *_difference_tables(load_differences()))) + "\n"


def _tables(rows: Iterable[Covered]) -> Iterator[str]:
    listed = list(rows)
    for surface, head in _HEADS.items():
        yield f"## {head}\n\n| path | methods | for | apps | permission | page | tests |\n|---|---|---|---|---|---|---|"
        yield "\n".join(_line(row) for row in listed if row.surface == surface) + "\n"


def _line(row: Covered) -> str:
    page = f"[{row.page}]({PAGES}{row.page})" if row.page else ""
    kinds, tests = ", ".join(kind.value for kind in row.kinds), ", ".join(row.tests)
    scope = f"`{row.scope}`" if row.scope else ""
    return f"| `{row.path}` | {', '.join(row.methods)} | {row.purpose} | {kinds} | {scope} | {page} | {tests} |"


def _difference_tables(rows: Iterable[Difference]) -> Iterator[str]:
    listed = list(rows)
    for topic, head in _TOPICS.items():
        yield f"### {head}\n\n| the platform | here | evidence | setting |\n|---|---|---|---|"
        yield "\n".join(_difference_line(row) for row in listed if row.topic is topic) + "\n"


def _difference_line(row: Difference) -> str:
    setting = f"`{row.setting}`" if row.setting else ""
    return f"| {row.platform.en} | {row.ours.en} | {row.evidence.value} | {setting} |"


if __name__ == "__main__":
    sys.stdout.write(coverage_page())

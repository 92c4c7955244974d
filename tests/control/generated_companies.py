"""Generated organisations, as the lines of a file."""

import base64
from typing import Any

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NAME = TEXT.filter(lambda text: text.strip() != "")
IDS = st.text("abcXYZ09_-测", min_size=1, max_size=6)
FLAGS = st.booleans()


@st.composite
def companies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A valid file with some of everything."""
    depts = [1]
    lines: list[dict[str, Any]] = [{"kind": "corp", "corp_id": "acme", "name": draw(NAME), "zone": draw(st.sampled_from(["Asia/Shanghai", "UTC"]))}]
    for dept in draw(st.lists(st.integers(2, 50), unique=True, max_size=5)):
        lines.append(
            {"kind": "department", "dept": dept, "name": draw(NAME), "parent": draw(st.sampled_from(depts)), "position": draw(st.integers(-5, 5))}
        )
        depts.append(dept)
    userids = draw(st.lists(IDS, unique=True, max_size=6))
    for userid in userids:
        texts = {member: draw(TEXT) for member in ("mobile", "title", "email", "avatar", "job_number")}
        own = draw(st.lists(st.sampled_from(depts), unique=True, max_size=3))
        lines.append({"kind": "user", "userid": userid, "name": draw(NAME), "depts": own, "active": draw(FLAGS), **texts})
    roles = draw(st.lists(st.integers(1, 9), unique=True, max_size=2))
    lines += [{"kind": "role", "role": role, "name": draw(NAME), "group": draw(NAME | st.just("")), "userids": userids[:role]} for role in roles]
    lines += _library(draw, draw(st.lists(IDS, unique=True, max_size=2)), userids)
    return draw(st.permutations(lines))


def _library(draw: st.DrawFn, accounts: list[str], userids: list[str]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for number, unionid in enumerate(accounts):
        lists = {member: draw(st.lists(IDS, max_size=2)) for member in ("operators", "blocked", "allow_userids")}
        lines.append({"kind": "account", "unionid": unionid, "name": f"{number}{draw(TEXT)}", "allow_all": draw(FLAGS), "descr": draw(TEXT), **lists})
        article = {
            "kind": "article",
            "article_id": number + 1,
            "account": unionid,
            "title": draw(NAME),
            "content": draw(TEXT),
            "published": draw(FLAGS),
        }
        lines += [article, {"kind": "card", "media_id": f"@{number}", "account": unionid, "articles": [number + 1]}]
    for media_id in draw(st.lists(IDS, unique=True, max_size=2)):
        data = base64.b64encode(draw(st.binary(min_size=1, max_size=20))).decode()
        lines.append({"kind": "media", "media_id": media_id, "type": "file", "name": draw(TEXT), "data": data})
    return lines

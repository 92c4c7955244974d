"""The parser and the checks of organisation files, as tables."""

import pytest

from hongyan.transfer.orgcheck import Known, check_file
from hongyan.transfer.orgfile import parse_jsonl
from hongyan.transfer.orgtable import guarded, parse_csv, unguarded, write_csv

USER = '{"kind":"user","userid":"a","name":"A"'
ACCOUNT = '{"kind":"account","unionid":"s","name":"S"}\n'
ARTICLE = '{"kind":"article","article_id":1,"account":"s","title":"T","content":"C"}\n'


def problems(text: str, known: Known | None = None) -> list[tuple[int, str]]:
    file = parse_jsonl(text.encode())
    check_file(file, "acme", known or Known())
    return [(one.line, one.reason) for one in file.problems]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("hello", 1, "JSON"),
        ("[]", 1, "expected"),
        ('{"userid":"a"}', 1, "kind"),
        ('{"kind":"ghost"}', 1, "ghost"),
        ('\n\n{"kind":"user","userid":"a"}', 3, "name"),
        ('{"kind":"user","userid":7,"name":"A"}', 1, "userid"),
        (USER + ',"colour":1}', 1, "colour"),
        (USER + ',"title":"\\u0000"}', 1, "U+0000"),
        (USER + "}\n" + USER + "}", 2, "line 1"),
        ('{"kind":"user","userid":" ","name":"A"}', 1, "blank"),
        ('{"kind":"role","role":1,"name":"R","group":" ","userids":[]}', 1, "group is blank"),
        ('{"kind":"user","userid":"%s","name":"A"}' % ("u" * 65), 1, "64"),
        ('{"kind":"user","userid":"a","name":"%s"}' % ("n" * 81), 1, "80"),
        (USER + ',"depts":[9]}', 1, "department 9"),
        (USER + ',"depts":[1,1]}', 1, "twice"),
        (USER + ',"unionid":"x"}\n{"kind":"user","userid":"b","name":"B","unionid":"x"}', 2, "unionid x"),
        ('{"kind":"department","dept":2,"name":"D","parent":9}', 1, "parent 9"),
        ('{"kind":"department","dept":0,"name":"D"}', 1, "dept must be"),
        ('{"kind":"department","dept":99999999999999999999,"name":"D"}', 1, ""),
        ('{"kind":"department","dept":2,"name":"D","parent":2}', 1, "below itself"),
        ('{"kind":"role","role":1,"name":"R","userids":["z"]}', 1, "member z"),
        (ACCOUNT + '{"kind":"account","unionid":"t","name":"S"}', 2, "called S"),
        ('{"kind":"media","media_id":"m","type":"image","name":"a","data":"!"}', 1, "data"),
        ('{"kind":"media","media_id":"m","type":"song","name":"a","data":"aGk="}', 1, "type"),
        (ARTICLE, 1, "no account s"),
        (ACCOUNT + '{"kind":"card","media_id":"c","account":"s","articles":[1]}', 2, "article 1"),
        (ACCOUNT + ARTICLE + '{"kind":"card","media_id":"c","account":"s","articles":[1,1,1,1,1,1,1,1,1]}', 3, "8 articles"),
        (ACCOUNT + ARTICLE + '{"kind":"card","media_id":"c","account":"s","articles":[]}', 3, "8 articles"),
        ('{"kind":"corp","corp_id":"other","name":"O"}', 1, "other"),
        ('{"kind":"corp","corp_id":"acme","name":"A","zone":"Mars"}', 1, "zone"),
        ('{"kind":"corp","corp_id":"acme","name":"A"}\n{"kind":"corp","corp_id":"acme","name":"A"}', 2, "line 1"),
    ],
)
def test_a_bad_line_is_named_with_its_reason(text: str, line: int, words: str) -> None:
    found = problems(text)

    assert any(number == line and words in reason for number, reason in found), found


def test_every_department_of_a_circle_is_named_and_nobody_else() -> None:
    lines = [f'{{"kind":"department","dept":{dept},"name":"D","parent":{parent}}}' for dept, parent in [(2, 3), (3, 4), (4, 2), (5, 4)]]

    assert [line for line, _ in problems("\n".join(lines))] == [1, 2, 3]


def test_rows_may_name_what_the_organisation_has() -> None:
    known = Known({2: 1}, frozenset({"z"}), {"s": True}, {"S": "s"}, {1: "s"})
    text = (
        USER + ',"depts":[2]}\n{"kind":"role","role":1,"name":"R","userids":["a","z"]}\n{"kind":"card","media_id":"c","account":"s","articles":[1]}'
    )

    assert problems(text, known) == []


def test_a_disabled_account_cannot_come_back() -> None:
    assert "final" in problems(ACCOUNT, Known(accounts={"s": False}))[0][1]


def test_a_file_may_begin_with_a_mark_of_the_byte_order_and_end_lines_like_windows() -> None:
    assert problems("\ufeff" + USER + "}\r\n") == []


TABLE = "userid,name,depts,active\na,安,2;3,0\nb,Bo,,是\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_table_is_read_in_every_usual_encoding(encoding: str) -> None:
    file = parse_csv(TABLE.encode(encoding))

    assert file.problems == []
    assert [(row.userid, row.name, row.depts, row.active) for _, row in file.users.values()] == [("a", "安", (2, 3), False), ("b", "Bo", (1,), True)]
    assert [line for line, _ in file.users.values()] == [2, 3]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "userid"),
        ("userid\na", 1, "name"),
        ("userid,name,colour\n", 1, "colour"),
        ("userid,name,name\n", 1, "twice"),
        ("userid,name\na", 2, "1 cells"),
        ("userid,name,depts\na,A,x", 2, "depts"),
        ("userid,name,active\na,A,maybe", 2, "active"),
        ('userid,name\na,"A\nA"\nb', 4, "1 cells"),
        ('userid,name\na,"A', 2, "cannot be read"),
        ("userid,name\na,A\na,A", 3, "line 2"),
    ],
)
def test_a_bad_row_of_a_table_is_named(text: str, line: int, words: str) -> None:
    found = [(one.line, one.reason) for one in parse_csv(text.encode()).problems]

    assert any(number == line and words in reason for number, reason in found), found


@pytest.mark.parametrize("cell", ["=1+1", "+86 1", "-", "@x", "'=1", "''@", "'x", "plain", ""])
def test_a_cell_survives_the_guard_and_no_cell_is_a_formula(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@"))


def test_a_written_table_reads_back() -> None:
    users = [row for _, row in parse_csv(TABLE.encode()).users.values()]

    assert [row for _, row in parse_csv(write_csv(users, header=True)).users.values()] == users

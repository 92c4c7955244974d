"""People as a table: CSV with a header row, as spreadsheets write and read it. Pure."""

import csv
import io
import re
from collections.abc import Iterable

from hongyan.transfer.orgfile import OrgFile, UserRow

COLUMNS = ("userid", "name", "depts", "mobile", "title", "email", "job_number", "active", "unionid")
_REQUIRED = ("userid", "name")
_TEXTS = ("unionid", "mobile", "title", "email", "job_number")
_TRUE = frozenset({"", "1", "true", "yes", "y", "是"})
_FALSE = frozenset({"0", "false", "no", "n", "否"})
# A spreadsheet takes a cell that starts like this for a formula. The apostrophes in front make the rule reversible.
_FORMULA = re.compile(r"'*[=+\-@]")
_GUARDED = re.compile(r"'+[=+\-@]")


def decode_table(content: bytes) -> str | None:
    """The text of a table: UTF-8 with or without its mark, else GB 18030, which holds all of GBK (Excel in China); None if neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def parse_csv(content: bytes) -> OrgFile:
    """The people of a table. Columns may stand in any order; those that are absent leave what they would give as it is."""
    text = decode_table(content)
    if text is None:
        file = OrgFile(frozenset())
        file.wrong(0, "the file is neither UTF-8 nor GBK")
        return file
    # io.StringIO with newline="" leaves line ends inside quotes alone.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    file = OrgFile()
    try:
        header = [cell.strip() for cell in next(reader, [])]
        file = OrgFile(frozenset(header))
        if _check_header(file, header):
            _parse_rows(file, header, reader)
    except csv.Error as error:
        file.wrong(reader.line_num, f"the table cannot be read on from here: {error}")
    return file


def _check_header(file: OrgFile, header: list[str]) -> bool:
    for column in _REQUIRED:
        if column not in header:
            file.wrong(1, f"the column {column} is missing; the first line names the columns")
    for column in header:
        if column not in COLUMNS:
            file.wrong(1, f"the column {column or '(blank)'} is unknown; there are {', '.join(COLUMNS)}")
    if len(set(header)) != len(header):
        file.wrong(1, "a column is named twice")
    return not file.problems


def _parse_rows(file: OrgFile, header: list[str], reader: Iterable[list[str]]) -> None:
    before = 1
    for cells in reader:
        line, before = before + 1, getattr(reader, "line_num", before + 1)
        if not any(cells):
            continue
        if len(cells) != len(header):
            file.wrong(line, f"it has {len(cells)} cells, the first line has {len(header)}")
            continue
        row = _row({column: unguarded(cell) for column, cell in zip(header, cells, strict=True)})
        if isinstance(row, str):
            file.wrong(line, row)
        else:
            file.add(line, row)


def _row(cells: dict[str, str]) -> UserRow | str:
    active = cells.get("active", "").strip().lower()
    if active not in _TRUE and active not in _FALSE:
        return "active must be 1 or 0"
    depts = [part.strip() for part in cells.get("depts", "").split(";") if part.strip()]
    if not all(part.isascii() and part.isdecimal() and len(part) < 17 for part in depts):
        return "depts must be department ids with ; between them"
    texts = [cells.get(member, "") for member in _TEXTS]
    numbers = tuple(int(part) for part in depts) or (1,)
    unionid, mobile, title, email, job_number = texts
    head = (cells["userid"], cells["name"], numbers, unionid)
    return UserRow(*head, mobile=mobile, title=title, email=email, job_number=job_number, active=active in _TRUE)


def guarded(cell: str) -> str:
    """The cell with an apostrophe in front when a spreadsheet would take it for a formula."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The inverse of `guarded`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def write_csv(users: Iterable[UserRow], *, header: bool) -> bytes:
    """Rows of a table; with a header, also the mark that tells Excel that this is UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if header:
        text.write("\ufeff")
        writer.writerow(COLUMNS)
    for user in users:
        depts = ";".join(str(dept) for dept in user.depts)
        cells = (user.userid, user.name, depts, user.mobile, user.title, user.email, user.job_number, "1" if user.active else "0", user.unionid)
        writer.writerow([guarded(cell) for cell in cells])
    return text.getvalue().encode()

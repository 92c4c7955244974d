"""`hongyan media …` on a folder that no server has open."""

import json
from pathlib import Path

import pytest
from cli_server import ROOT, hongyan
from typer.testing import CliRunner

from hongyan.app.cli import app
from hongyan.app.commands.media import kind_of
from hongyan.app.failures import CommandFailed
from media_samples import EXE, PNG, WAV

COMPANY = ROOT / "src/hongyan/sandbox/demo_company.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    hongyan("org", "import", str(COMPANY), "--data", str(tmp_path / "data"))
    return tmp_path


def test_a_file_is_uploaded_listed_and_removed(folder: Path) -> None:
    (folder / "图 1.JPEG").write_bytes(PNG)
    (folder / "b.wav").write_bytes(WAV)
    where = ("--data", str(folder / "data"))

    media_id = hongyan("media", "upload", str(folder / "图 1.JPEG"), *where).strip()
    assert media_id.startswith("@lAP")
    sound = json.loads(hongyan("media", "upload", str(folder / "b.wav"), "--name", "铃.wav", "--json", *where))
    listed = hongyan("media", "list", *where)
    assert f"{media_id}\timage\t图 1.JPEG\t{len(PNG)}\timage/png\t" in listed and sound["media_id"] in listed
    assert hongyan("media", "list", "--type", "voice", "--limit", "1", *where).count("\n") == 2
    assert hongyan("media", "delete", media_id, *where) == f"{media_id} is removed.\n"
    assert media_id not in hongyan("media", "list", *where)


def test_what_cannot_be_done_is_said(folder: Path) -> None:
    (folder / "a.pdf").write_bytes(EXE)
    where = ("--data", str(folder / "data"))

    def failure(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, *where])
        assert isinstance(result.exception, CommandFailed)
        return str(result.exception)

    assert "by name and by content" in failure("media", "upload", str(folder / "a.pdf"))
    assert "No such file" in failure("media", "upload", str(folder / "none.pdf"))
    assert "accounts; force removes it" in failure("media", "delete", "@lALPDeC2uOPVEsvNAVjNAVg")
    assert "There is no media @none" in failure("media", "delete", "@none")
    hongyan("media", "delete", "@lALPDeC2uOPVEsvNAVjNAVg", "--force", *where)


def test_the_type_follows_from_the_name() -> None:
    assert [kind_of(name) for name in ("a.PNG", "a.b.mp3", "x.mp4", "x.docx", "x.jpeg")] == ["image", "voice", "video", "file", "image"]
    with pytest.raises(CommandFailed, match="none of the extensions"):
        kind_of("a.exe")

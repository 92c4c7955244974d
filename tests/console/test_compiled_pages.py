"""Compiled templates are kept where they may be, and nothing breaks where they may not."""

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from hongyan.console.pages import _Compiled


def _draw(folder: Path, text: str = "hello {{ name }}") -> str:
    environment = Environment(loader=DictLoader({"a.html": text}), bytecode_cache=_Compiled(folder), autoescape=True)
    return environment.get_template("a.html").render(name="<b>")


@pytest.mark.parametrize("kept", [True, False])
def test_a_compiled_template_is_kept_unless_python_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", not kept)
    folder = tmp_path / "kept"

    assert _draw(folder) == "hello &lt;b&gt;"
    assert folder.exists() == kept


def test_what_is_kept_follows_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    _draw(tmp_path)

    assert _draw(tmp_path, "good day {{ name }}") == "good day &lt;b&gt;"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "file").write_text("in the way")

    assert _draw(tmp_path / "file") == "hello &lt;b&gt;"

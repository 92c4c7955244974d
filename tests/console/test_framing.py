"""How high the frame of an article is made."""

import pytest

from hongyan.console.framing import size_of


@pytest.mark.parametrize(
    ("safe", "size"),
    [
        ("", "step-2 phone-2"),
        ("<p>one line</p>", "step-2 phone-2"),
        ("<h2>Head</h2><p>one</p><p>two</p><ul><li>a</li><li>b</li><li>c</li></ul><p>end</p>", "step-6 phone-6"),
        (f"<p>{'word ' * 60}</p>", "step-4 phone-6"),
        (f"<p>{'字' * 155}</p>", "step-4 phone-7"),
        ('<p>map</p><img src="../media/x" alt="">', "step-9 phone-9"),
        (f"<p>{'word ' * 1000}</p>", "long long"),
    ],
)
def test_a_frame_is_about_as_high_as_its_article(safe: str, size: str) -> None:
    assert size_of(safe) == size


def test_what_stands_in_tags_takes_no_room() -> None:
    assert size_of(f'<p title="{"x" * 500}">short <a href="{"y" * 500}">link</a></p>') == size_of("<p>short link</p>")


def test_a_title_takes_room() -> None:
    assert size_of("<p>short</p>", headed=True) == "step-4 phone-4"

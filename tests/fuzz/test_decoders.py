"""The short form of the decoders' fuzzing: the same inputs in every run."""

import pytest

from fuzz.mutator import Mutator
from fuzz.oracles import check_html
from fuzz.targets import TARGETS, read_multipart
from hongyan.messages.markdown import clean_article, render_markdown
from hongyan.messages.media_kinds import plain_name
from hongyan.wire.lax import as_ids

INPUTS = {"markdown": 150, "article": 600, "multipart": 800, "lax values": 800, "organisation": 1500, "older door": 1500, "callback": 1500}
USUAL = 2500


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_decoder_reads_or_refuses_and_does_nothing_else(target) -> None:  # type: ignore[no-untyped-def]
    for seed in target.seeds:
        target.run(seed)
    for number in range(8):
        mutator = Mutator(target.seeds, target.tokens, number)
        for _ in range(INPUTS.get(target.name, USUAL) // 8):
            data = mutator.next()
            try:
                target.run(data)
            except Exception as error:
                raise AssertionError(f"{target.name} on {data[:500]!r} ({len(data)} bytes)") from error


@pytest.mark.parametrize(
    "html",
    [
        "<script>a</script>",
        '<a href="javascript:a">b</a>',
        '<img src="http://x/a.png">',
        '<p onclick="a">',
        "<!-- a -->",
        '<a href="http://x\\y">b</a>',
    ],
)
def test_the_oracle_sees_what_must_not_be_shown(html: str) -> None:
    with pytest.raises(AssertionError):
        check_html(html)


# --- what the long runs found


def test_a_name_is_never_longer_than_it_may_be() -> None:
    assert len(plain_name("a." + "b" * 300)) == 255


def test_a_multipart_body_reads_the_same_wherever_the_network_cuts() -> None:
    """Text before the first boundary was taken or refused, as the pieces fell."""
    form = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
    for body, wanted in (
        (form, ({"a": "b"}, None)),
        (b"\r\n" + form, ({"a": "b"}, None)),
        (b"\r\njunk\r\n" + form, None),
        (form + b"end", ({"a": "b"}, None)),
    ):
        for size in range(1, len(body) + 1):
            assert read_multipart(b"x", [body[at : at + size] for at in range(0, len(body), size)]) == wanted, (body, size)


def test_markdown_of_brackets_alone_is_shown_as_it_is() -> None:
    """The parser would look from each of them to the end: 1.2 seconds for 20,000 characters."""
    text = "![" * 500 + "a*" * 9_500

    assert render_markdown(text) == f'<p class="rest">{text}</p>'
    assert "<a" in render_markdown("[a](http://x) " * 90)


def test_an_article_nested_too_deep_is_shown_as_text() -> None:
    """The sanitiser would take minutes for a megabyte of it."""
    assert clean_article("<div>" * 300).startswith("<pre>&lt;div&gt;")
    assert clean_article("<div>" * 200 + "a") == "<div>" * 200 + "a" + "</div>" * 200
    assert clean_article("<div>a</div>" * 3000).count("<div>") == 3000


def test_quotes_around_quotes_are_taken_off_so_many_times_only() -> None:
    """Each pair costs a copy of what is inside: a body of quotes alone would take hours."""
    assert as_ids('"' * 3 + "u1" + '"' * 3) == ("u1",)
    assert as_ids('"' * 100 + "u1" + '"' * 100) == ('"' * 68 + "u1" + '"' * 68,)  # once as a list, once as its only member

"""No secret is compared in a way that takes longer the more of it is right."""

import ast
import base64
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest

from hongyan.access.keys import NO_HASH, make_secret, same_secret, secret_hash

SOURCE = Path(__file__).parents[2] / "src" / "hongyan"
_SECRETS = frozenset(("secret", "token", "password", "signature", "ticket", "hash", "digest", "cookie", "passwd", "credential", "mac", "hmac"))
# Compared as they are, and why that tells nobody anything.
ALLOWED = {
    ("access/tokens.py", "token_hash(token) == newest[0]"): "the token is the server's own: is it still made from the same key?",
    ("console/desk/sign_in.py", "password != again"): "the same person typed both, in the same form",
    ("messages/library.py", "row[0] == hashlib.sha256(content).digest()"): "an upload's content, which its sender has",
    ("access/suites.py", "ticket == TEST_TICKET"): "this ticket is the same for everybody and printed in the documentation",
}


def _words(node: ast.expr) -> set[str]:
    """The words of the name that stands there, if one does."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return set() if name.isupper() else set(name.lower().split("_"))  # constants are nobody's secret
        case ast.Call(func=func):
            return _words(func)
        case ast.Subscript(value=value):
            return _words(value)
        case _:
            return set()


def _is_plain(node: ast.expr) -> bool:
    """A number, a length, None or an empty text: nothing that could be guessed piece by piece."""
    return isinstance(node, ast.Constant) and (not node.value or not isinstance(node.value, str | bytes))


def comparisons(source: str) -> Iterator[str]:
    """Every `==` and `!=` with a secret on one side."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare) or not any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops):
            continue
        sides = [node.left, *node.comparators]
        if any(_is_plain(side) for side in sides) or "len(" in ast.unparse(node):
            continue
        if any(_words(side) & _SECRETS for side in sides):
            yield ast.unparse(node)


def test_secrets_are_compared_in_constant_time_everywhere() -> None:
    found = {(str(path.relative_to(SOURCE)), compared) for path in SOURCE.rglob("*.py") for compared in comparisons(path.read_text("utf-8"))}

    assert found == set(ALLOWED)


@pytest.mark.parametrize("line", ["a.secret == given", "given != app.secret_hash", "token == x[0]", "x == sign_digest(y)", "session.token != cookie"])
def test_the_search_finds_what_it_looks_for(line: str) -> None:
    assert list(comparisons(line))


def test_no_statement_compares_a_secret_that_was_not_hashed() -> None:
    """A lookup by index stops at the first wrong byte too; by a hash it tells nothing about the secret."""
    sql = "\n".join(path.read_text("utf-8") for path in (SOURCE / "store" / "sql").glob("*.sql"))
    for name in ("secret", "token", "password", "secret_hash"):
        assert f"where {name} =" not in sql and f"and {name} =" not in sql


def test_secrets_are_compared_by_their_hashes() -> None:
    secret = make_secret()

    assert same_secret(secret, secret_hash(secret)) and not same_secret(secret + "x", secret_hash(secret))
    assert not same_secret("", NO_HASH) and not same_secret("\0" * 32, NO_HASH)
    assert len(base64.urlsafe_b64decode(secret)) == 48
    assert hmac.compare_digest(secret_hash(secret), secret_hash(secret))

"""Where readers reach the server, for addresses that leave it."""

from typing import Any

import pytest

from hongyan.app.settings import BadSetting, load_settings


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8686"),
        ({"host": "0.0.0.0", "port": 80}, "http://127.0.0.1:80"),
        ({"host": "::1"}, "http://[::1]:8686"),
        ({"host": "::"}, "http://[::1]:8686"),
        ({"host": "im.example.com"}, "http://im.example.com:8686"),
        ({"public_url": "https://im.example.com/"}, "https://im.example.com"),
    ],
)
def test_an_address_outside(settings: dict[str, Any], address: str) -> None:
    assert load_settings(settings, environ={}).public_address == address


def test_the_variable_is_read_and_must_be_an_address() -> None:
    assert load_settings({}, environ={"HONGYAN_PUBLIC_URL": "http://a"}).public_address == "http://a"
    with pytest.raises(BadSetting, match="public_url"):
        load_settings({"public_url": "im.example.com"}, environ={})

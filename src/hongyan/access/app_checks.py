"""What an app may be made of, whichever way it comes in. Pure."""

from ipaddress import ip_network

from msgspec import UNSET, UnsetType

from hongyan.directory.entries import NAME_MAX, text_problem

APP_KEY_MAX = 64
LIST_MAX = 1000


def app_problem(name: str | UnsetType, scopes: tuple[str, ...] | UnsetType, allow_ips: tuple[str, ...] | UnsetType) -> str | None:
    """The first reason why no app can have these members."""
    problem = None if name is UNSET else text_problem("name", name, NAME_MAX, required=True)
    for scope in () if scopes is UNSET else scopes:
        problem = problem or text_problem("a scope", scope, NAME_MAX, required=True)
    for entry in () if allow_ips is UNSET else allow_ips:
        problem = problem or _address_problem(entry)
    for entries in (scopes, allow_ips):
        if entries is not UNSET and len(entries) > LIST_MAX:
            problem = problem or f"a list has more than {LIST_MAX} entries"
    return problem


def _address_problem(entry: str) -> str | None:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return f"{entry} in allow_ips is no address and no network"
    return None

"""May this app call this interface from this address? Pure decisions."""

from ipaddress import ip_address, ip_network

from hongyan.access.records import App, AppKind


def address_allowed(allow_ips: tuple[str, ...], address: str) -> bool:
    """True when the list is empty or one of its addresses or networks holds the caller's."""
    if not allow_ips:
        return True
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    return any(caller in ip_network(entry, strict=False) for entry in allow_ips)


def may_call(app: App, kinds: frozenset[AppKind], scope: str) -> bool:
    """The app's type is among those the interface is open to, and it holds the permission point."""
    return app.kind in kinds and scope in app.scopes

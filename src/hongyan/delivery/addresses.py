"""Which addresses are anybody's on the Internet. Pure; the guard against calls into private networks rests on it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# What `is_global` lets through, or let through in some release of Python, though nobody's application lives there.
_NEVER_4 = tuple(map(IPv4Network, ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4")))
_NEVER_6 = tuple(map(IPv6Network, ("::/96", "fec0::/10", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "100::/64")))
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """True when the address is a public one, or leads to a public one where it is a translation. Not an address: False."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    meant = _behind(address) or address
    if not meant.is_global or meant.is_multicast or meant.is_reserved:
        return False
    return not any(meant in network for network in (_NEVER_4 if isinstance(meant, IPv4Address) else _NEVER_6))


def _behind(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, 6to4 or NAT64 address leads to."""
    if isinstance(address, IPv4Address):
        return None
    return address.ipv4_mapped or address.sixtofour or (IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)

"""Whether a host is this machine: what may be spoken to without TLS."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether nothing that is said to this host leaves the machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"

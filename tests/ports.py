"""Ports for servers that are started by number: none is given twice while somebody may still use it."""

from __future__ import annotations

import random
import socket

RANGE = range(20_000, 32_000)
"""Below those that the system gives by itself, to outgoing connections too. Source: ip(7), `ip_local_port_range`."""

_untried = iter(random.SystemRandom().sample(RANGE, len(RANGE)))


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens, and which no other test is given until this process ends.

    One that the system gave and that is let go of at once may be given to another test before the server takes it.
    """
    for port in _untried:
        # A name that lies in no folder, and that the system frees with the process. Source: unix(7), abstract sockets.
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0odl-host-tests-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            claim.detach()  # it stays open
            return port
    raise RuntimeError(f"No port in {RANGE} is free.")

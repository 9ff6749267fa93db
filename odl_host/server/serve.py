"""The production web server: uvicorn, told in odl-host's words what it is to serve.

One thread reads a request, answers it and writes the answer: where a call takes a millisecond, handing it from thread
to thread would take as long again. It listens before anything else starts, says when the first answer was given, and
ends on Ctrl-C or SIGTERM after the requests under way.
"""

from __future__ import annotations

import errno
import functools
import gc
import http.client
import importlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from odl_host.errors import Unavailable, UsageError

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
LEAVE_S = 2
"""How long the process may take to end once it serves no more."""

POLL_S = 0.02
PARENT_POLL_S = 0.5
BACKLOG = 1024
KEEP_ALIVE_S = 75
"""How long a connection may stay open without a request; longer than proxies keep theirs, so that they close first."""

HUNG_S = 60
"""A process that does not say for so long that it lives is replaced."""

log = logging.getLogger(__name__)


def serve(
    target: str,
    *,
    home: Path,
    host: str,
    port: int,
    workers: int = 1,
    ready: Callable[[], None] | None = None,
) -> None:
    """Serve the application that the factory `target` ("package.module:function") makes, until Ctrl-C.

    `ready` is called once, when the server has given its first answer. One worker is this process itself.

    :raises UsageError: the port is taken or not allowed, or the address is not of this machine.
    :raises Unavailable: the server could not go on.
    """
    from uvicorn import Config, Server
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    from odl_host.server.http.connections import Connection

    listening = _listen(host, port)
    # Workers are processes of their own; the environment is what they share with this one.
    os.environ["ODL_HOME"] = str(home)
    config = Config(
        functools.partial(_load, target, os.getpid()),
        factory=True,
        interface="asgi3",
        http=Connection,
        loop="uvloop",
        ws="none",
        lifespan="off",
        workers=workers,
        backlog=BACKLOG,
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
        timeout_worker_healthcheck=HUNG_S,
    )
    if ready is not None:
        threading.Thread(target=_announce, args=(host, port, ready), daemon=True).start()
    if workers == 1:
        # Once it has ended, uvicorn raises the signal that ended it again: here that is the ordinary end.
        signal.signal(signal.SIGTERM, lambda *_: None)
        with suppress(KeyboardInterrupt):
            Server(config).run(sockets=[listening])
        # A thread that still waits, for its turn to write or for a storage, would hold the process.
        leave = threading.Timer(LEAVE_S, os._exit, [0])
        leave.daemon = True
        leave.start()
        return
    supervisor = Multiprocess(config, sockets=[listening])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise Unavailable("The web server stopped because a process of it could not go on.")


def _load(target: str, parent: int) -> Any:
    """Make the application, in the process that will serve it.

    A worker whose parent was killed ends too: else it would hold the port, and no one could start the server again.
    """
    from uvicorn.config import STARTUP_FAILURE

    from odl_host.server.memory import keep_arenas_few

    keep_arenas_few()
    is_worker = os.getpid() != parent
    if is_worker:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    module, _, factory = target.partition(":")
    try:
        application = getattr(importlib.import_module(module), factory)()
    except Exception:
        if not is_worker:
            raise
        log.exception("A process of the web server could not start.")
        raise SystemExit(STARTUP_FAILURE) from None
    # What was imported stays: looking through it again and again for garbage takes a twentieth of a worker's time.
    gc.collect()
    gc.freeze()
    return application


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_TIMEOUT_S)
    os._exit(1)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as refused:
            listening = refused.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)  # until it does, another program may still take the port
            refused.pop_all()
            return listening
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} of {host} is used by another program.",
                hint=f"Stop that program (see who it is with: ss -ltnp 'sport = :{port}'), or choose another --port.",
            ) from error
        if error.errno == errno.EACCES:
            raise UsageError(
                f"Port {port} may not be used by this account.",
                hint="Choose a --port above 1023, or put a proxy before.",
            ) from error
        raise UsageError(
            f"This machine cannot listen on {host}: {error.strerror or error}.", hint="Give another --host."
        ) from error


def _announce(host: str, port: int, ready: Callable[[], None]) -> None:
    """Call `ready` after the first answer; an address for every interface is asked on loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound to
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(reachable, port, timeout=5)
        try:
            connection.request("HEAD", "/api/3/action/status_show")
            connection.getresponse().read()
        except OSError:
            time.sleep(POLL_S)
        else:
            ready()
            return
        finally:
            connection.close()

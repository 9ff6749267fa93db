"""`python -m odl_host` is the command `odl-host`."""

import signal
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line; a Ctrl-C while it is still being read ends the process without a word."""
    heard = signal.getsignal(signal.SIGINT)
    if heard is signal.default_int_handler:  # a shell may have had it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from odl_host.cli.main import run

    run(on_interrupt=heard)


if __name__ == "__main__":
    run()

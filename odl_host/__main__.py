"""`python -m odl_host` is the command `odl-host`."""

from odl_host.cli.main import run

run()

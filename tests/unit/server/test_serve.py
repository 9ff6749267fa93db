from __future__ import annotations

import pytest

from odl_host.errors import UsageError
from odl_host.server import serve


def test_a_port_is_taken_before_the_application_is_made() -> None:
    with serve._listen("127.0.0.1", 0) as first, pytest.raises(UsageError, match="used by another program"):
        serve._listen("127.0.0.1", first.getsockname()[1])

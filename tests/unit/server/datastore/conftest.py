"""Tables that SQL is asked of."""

from __future__ import annotations

import io

import pytest

from odl_host.server.datastore.published import load_small
from odl_host.server.datastore.table import Table
from tests.unit.server.datastore.asking import CSV


@pytest.fixture
def rows() -> Table:
    return load_small(io.BytesIO(CSV), None)


# More of PostgreSQL: what re-users send to a CKAN. The answers are those of CKAN 2.12 over the same rows.
ODD = (
    b"nom,pop,prix,vu,jour\n"
    b"Annecy,131272,7.25,2024-02-29T23:59:59,2024-02-29\nAix-les-Bains,32406,0.1,2023-12-31T00:00:00,2023-12-31\n"
    b"Albertville,19706,0.2,2024-07-14T12:00:00,2024-07-14\n"
)


@pytest.fixture
def communes() -> Table:
    return load_small(io.BytesIO(ODD), None)

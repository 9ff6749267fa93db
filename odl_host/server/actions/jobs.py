"""Background jobs: there are none, an action is done when it answers; these say so to clients that ask."""

from __future__ import annotations

from odl_host.ckan import JsonDict, NotFound
from odl_host.server import permissions
from odl_host.server.params import Invalid, Params, integer, optional, required, text, text_list
from odl_host.server.registry import Context, action


def _queues(value: object) -> list[str]:
    if not isinstance(value, list):
        raise Invalid("Not a list")
    return text_list(value)


class Queues(Params):
    """Names of queues."""

    queues: list[str] | None = optional(_queues)


class Jobs(Queues):
    """Which jobs, and how many."""

    limit: int | None = optional(integer)


class Ref(Params):
    """A job's id."""

    id: str = required(text)


@action(params=Jobs, allow=permissions.sysadmin, reads=True, quick=True)
def job_list(ctx: Context, params: Jobs) -> list[JsonDict]:  # noqa: ARG001 - every action has the same form
    """Return the jobs that wait: none, since every action is done when it answers."""
    return []


@action(params=Ref, allow=permissions.sysadmin, reads=True, quick=True)
def job_show(ctx: Context, params: Ref) -> JsonDict:  # noqa: ARG001 - every action has the same form
    """Return a job that waits; there is none.

    :param id: the job's id
    """
    raise NotFound("Job was not found.")


@action(params=Queues, allow=permissions.sysadmin)
def job_clear(ctx: Context, params: Queues) -> list[str]:  # noqa: ARG001 - every action has the same form
    """Empty queues and return their names; they are empty.

    :param queues: their names
    """
    return ["default"] if params.queues is None else params.queues


@action(params=Ref, allow=permissions.sysadmin)
def job_cancel(ctx: Context, params: Ref) -> None:  # noqa: ARG001 - every action has the same form
    """Take a job out of its queue; there is none.

    :param id: the job's id
    """
    raise NotFound("Job was not found.")

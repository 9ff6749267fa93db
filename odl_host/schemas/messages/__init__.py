"""The French sentences about findings, in one place: what is wrong, and what to type instead.

They are read by secretaries of town halls: no English, no code, no jargon. They stand without the place, which
`place` says. Sentences use what the finding carries (`cell`, `params`); they never look into files or schemas.

One file per noun: what a finding is about; `catalogue` says which code goes where.
"""

from __future__ import annotations

from odl_host.schemas.messages.catalogue import fix, message, place, sentences

__all__ = ["fix", "message", "place", "sentences"]

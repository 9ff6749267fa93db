"""Files that are turned away before they are opened: nobody's, unreachable, or a second one of the same name.

The first file of a name is the one that counts; which is first depends on the order of the paths alone.
"""

from __future__ import annotations

from odl_host.errors import UnknownPlace
from odl_host.pipeline.deposits.deposit import source_path
from odl_host.pipeline.deposits.discover import SourceFile
from odl_host.pipeline.deposits.sidecar import Sidecar
from odl_host.pipeline.plans.state import CatalogueState

NO_MEMBER_FRENCH = (
    "Ce fichier n’est pas dans le dossier d’une collectivité de ce portail : déplacez-le dans le dossier "
    "qui porte le code INSEE de la commune."
)
LOST_MEMBER_FRENCH = (
    "{name} n’est pas (ou n’est plus) membre de ce portail : ses fichiers attendent. L’administrateur du portail peut "
    "l’ajouter : odl-host add-commune {code}"
)
SAME_NAME_FRENCH = "Un autre fichier de la même collectivité porte déjà ce nom ({first}) : renommez l’un des deux."
# What is wrong in it is said once, of the sidecar itself: a folder may hold a hundred files.
WRONG_SIDECAR_FRENCH = "La fiche {sidecar}, qui décrit ce fichier, est à corriger : il sera publié dès qu’elle le sera."
SAME_LETTERS_FRENCH = (
    "Ce nom est deux fois dans le dossier : les mêmes lettres, mais leurs accents sont codés de deux façons (l’un des "
    "fichiers vient souvent d’un Mac). Retirez celui qui est de trop, ou renommez-le."
)
CASE_FRENCH = (
    "Ce nom ne diffère de celui d’un autre fichier ({first}) que par des majuscules : renommez l’un des deux, "
    "ou retirez celui qui est de trop."
)


class Doorstep:
    """Sees the files of a deposit pass, in the order of their paths."""

    def __init__(self, state: CatalogueState) -> None:
        self._state = state
        self._claimed: dict[tuple[str, str], SourceFile] = {}

    def refusal(self, source: SourceFile, sidecar: Sidecar | None) -> str:
        """Return why a file cannot even be looked at, in French, or ""."""
        if source.problem:
            return source.problem
        if source.member is None:
            return no_member_reason(source.folder)
        # Two folders of one member, or two spellings of one accent, may hold the same name: only one can be that file.
        path = source_path(source)
        first = self._claimed.setdefault((source.member.id, path), source)
        if first is not source:
            if first.relative == source.relative:
                return SAME_LETTERS_FRENCH
            return SAME_NAME_FRENCH.format(first=first.relative)
        twin = self._claimed.setdefault((source.member.id, f"/{path.lower()}"), source)
        if twin is not source and self._state.find_published(source.member, path) is None:
            return CASE_FRENCH.format(first=twin.relative)
        return WRONG_SIDECAR_FRENCH.format(sidecar=sidecar.path) if sidecar and sidecar.problem else ""


def no_member_reason(folder: str) -> str:
    """Return why a file whose folder is no member's stays out: a commune that is no member is named."""
    from odl_host.territory import reference

    code = folder[:5].upper()
    try:
        commune = reference.get_commune(code)
    except UnknownPlace:
        return NO_MEMBER_FRENCH
    return LOST_MEMBER_FRENCH.format(name=commune.name, code=commune.code)

"""Term translations: words of the catalogue in other languages."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized, ValidationError
from odl_host.server import permissions
from odl_host.server.database.tables import term_translations
from odl_host.server.params import Params, anything, optional, required, text, text_list
from odl_host.server.registry import Context, action, of_callers


class Translation(Params):
    """A term in another language."""

    term: str = required(text)
    term_translation: str = required(text)
    lang_code: str = required(text)


class Translations(Params):
    """Several terms; what is no list is told in the action's own words."""

    data: Any = optional(anything)


class Sought(Params):
    """Which terms, in which languages."""

    terms: list[str] | None = optional(text_list)
    lang_codes: list[str] | None = optional(text_list)


@of_callers
def _sysadmin(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Only a sysadmin may."""
    if ctx.user is None or not ctx.user.sysadmin:
        name = ctx.user.name if ctx.user else ""
        raise NotAuthorized(f"User {name} not authorized to update term_translation table")


@action(params=Translation, allow=_sysadmin)
def term_translation_update(ctx: Context, params: Translation) -> JsonDict:
    """Write a term's translation and return it.

    :param term: the term
    :param term_translation: the term in the other language
    :param lang_code: the language, as in `en`
    """
    return _write(ctx, params)


@action(params=Translations, allow=permissions.anyone)
def term_translation_update_many(ctx: Context, params: Translations) -> JsonDict:
    """Write several translations; each is for sysadmins.

    :param data: list of what `term_translation_update` takes
    """
    if not isinstance(params.data, list) or not params.data or not all(isinstance(e, dict) for e in params.data):
        raise ValidationError({"error": "Must be a list of dicts"})
    for entry in params.data:
        translation = Translation.parse(entry)
        _sysadmin(ctx, translation)
        _write(ctx, translation)
    return {"success": f"{len(params.data)} rows updated"}


@action(params=Sought, allow=permissions.anyone, reads=True)
def term_translation_show(ctx: Context, params: Sought) -> list[JsonDict]:
    """Return the translations of terms.

    :param terms: the terms; none of them named, all
    :param lang_codes: only in these languages
    """
    if params.terms is None:
        raise ValidationError({"terms": "terms not in data"})
    query = sa.select(term_translations)
    if params.terms:
        query = query.where(term_translations.c.term.in_(params.terms))
    if params.lang_codes is not None:
        query = query.where(term_translations.c.lang_code.in_(params.lang_codes))
    # CKAN has no order of its own; this one is where its callers expect the language of the portal: before English.
    rows = ctx.db.execute(query.order_by(term_translations.c.term, term_translations.c.lang_code.desc()))
    return [{"term": row.term, "term_translation": row.term_translation, "lang_code": row.lang_code} for row in rows]


def _write(ctx: Context, params: Translation) -> JsonDict:
    row = {"term": params.term, "term_translation": params.term_translation, "lang_code": params.lang_code}
    key = sa.and_(term_translations.c.term == params.term, term_translations.c.lang_code == params.lang_code)
    ctx.db.execute(term_translations.delete().where(key))
    ctx.db.execute(term_translations.insert(), row)
    return row

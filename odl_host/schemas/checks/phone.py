"""`phone-number-value`: a French number, an international one with its prefix, or a French short number."""

from __future__ import annotations

from collections.abc import Mapping

from odl_host.schemas.checks.problem import JudgeValue, Problem, ValueCheck

_COUNTRY = "FR"


def is_phone_number(text: str) -> bool:
    """Say whether the text can be dialled from France, as far as numbering plans tell."""
    # 60 ms to import, and few schemas have phone numbers.
    import phonenumbers

    try:
        number = phonenumbers.parse(text, _COUNTRY)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(number) or phonenumbers.is_valid_short_number_for_region(number, _COUNTRY))


def _bind(_params: Mapping[str, object]) -> JudgeValue:
    wrong = Problem("phone-number-value")

    def judge(value: object, text: str) -> Problem | None:
        return None if is_phone_number(value if isinstance(value, str) else text) else wrong

    return judge


PHONE_NUMBER = ValueCheck(
    "phone-number-value",
    _bind,
    good=("04 79 60 20 20", "+33 4 79 60 20 20", "+41 22 730 61 11", "0033479602020", "15", "3114"),
    bad=("04 79 60 20", "téléphone", "04 79 60 20 20 poste 12", "0479602020.0", "0692 12 34 56"),
)

CHECKS = {PHONE_NUMBER.name: PHONE_NUMBER}

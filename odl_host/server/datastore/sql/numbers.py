"""The functions of numbers over kept values. Source: PostgreSQL 15 documentation, 9.3."""

from __future__ import annotations

import bisect
import json
import math
import random
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, cast

from odl_host.server.datastore.values import Kept, keep_decimal


def exact(value: Any) -> Decimal:
    """Return a kept number with all its digits."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value))


def tidy(value: float) -> float:
    """Return the number of fifteen digits that a result stands for, where one is that near.

    >>> tidy(0.1 + 0.2), tidy(1 / 3)
    (0.3, 0.3333333333333333)
    """
    near = float(f"{value:.15g}")
    return near if abs(near - value) <= math.ulp(value) else value


def shortened(number: Decimal) -> Kept:
    """Return a result as a number that SQLite compares as one: as many of its digits as a floating one has."""
    if number == number.to_integral_value() and abs(number) < 2**63:
        return int(number)
    return float(number)


def quotient_of(first: Decimal, second: Decimal) -> Decimal:
    """Divide as PostgreSQL does: to sixteen digits at least. Source: its `select_div_scale`."""
    with localcontext() as context:
        context.prec = 60
        (weight, digit), (other_weight, other_digit) = _weight(first), _weight(second)
        places = weight - other_weight - (digit <= other_digit)
        scale = max(16 - places * 4, _scale(first), _scale(second), 0)
        return (first / second).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def root_of(number: Decimal, scale: int | None = None) -> Decimal:
    """Return a square root with as many digits as PostgreSQL gives it, or so many decimals."""
    with localcontext() as context:
        context.prec = 60
        if scale is None:
            scale = max(16 - ((_weight(number)[0] + 1) * 2 - 1), _scale(number), 0)
        return number.sqrt().quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def _weight(number: Decimal) -> tuple[int, int]:
    """Return the place and the value of the first digit, to the base of ten thousand."""
    if not number:
        return 0, 0
    place = number.adjusted() // 4
    return place, int(abs(number).scaleb(-place * 4))


def _scale(number: Decimal) -> int:
    return max(-int(number.as_tuple().exponent), 0)


def rounded(value: Any, digits: Any = 0, kind: str = "numeric") -> Kept:
    """Round half up, as numerics are; a floating number to the nearest even one."""
    if kind in ("float4", "float8"):
        return float(round(float(value)))
    places = max(min(int(digits), 30), -30)
    number = exact(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return int(number) if places <= 0 else float(number)


def truncated(value: Any, digits: Any = 0, kind: str = "numeric") -> Kept:
    """Cut digits off."""
    places = max(min(int(digits), 30), -30)
    number = exact(value).quantize(Decimal(1).scaleb(-places), "ROUND_DOWN")
    return float(number) if places > 0 or kind in ("float4", "float8") else int(number)


def floor(value: Any) -> Kept:
    """Return the whole number below."""
    return math.floor(exact(value)) if isinstance(value, float | str) else cast("Kept", value)


def ceil(value: Any) -> Kept:
    """Return the whole number above."""
    return math.ceil(exact(value)) if isinstance(value, float | str) else cast("Kept", value)


def divisor(value: Any) -> Kept:
    """Return what is to be divided by, unless it is zero."""
    if not value:
        raise ValueError("division by zero")
    return cast("Kept", value)


def modulo(value: Any, by: Any) -> Kept:
    """Return the rest of a division, with the sign of what is divided."""
    return shortened(exact(value) % exact(divisor(by)))


def quotient(value: Any, by: Any) -> Kept:
    """Return the whole part of a division."""
    return int(exact(value) / exact(divisor(by)))


def sqrt(value: Any, kind: str) -> Kept:
    """Return the square root."""
    if float(value) < 0:
        raise ValueError("cannot take square root of a negative number")
    return float(root_of(exact(value))) if kind == "numeric" else math.sqrt(float(value))


def power(value: Any, by: Any) -> Kept:
    """Return a power."""
    if not float(value) and float(by) < 0:
        raise ValueError("zero raised to a negative power is undefined")
    return math.pow(float(value), float(by))


def ln(value: Any) -> Kept:
    """Return the natural logarithm."""
    return math.log(_positive(value))


def log(value: Any, of: Any = None) -> Kept:
    """Return the logarithm to the base 10; of two numbers, that of the second to the base of the first."""
    if of is None:
        return math.log10(_positive(value))
    return tidy(math.log(_positive(of)) / math.log(_positive(value)))


def _positive(value: Any) -> float:
    number = float(value)
    if number == 0:
        raise ValueError("cannot take logarithm of zero")
    if number < 0:
        raise ValueError("cannot take logarithm of a negative number")
    return number


def factorial(value: Any) -> Kept:
    """Return the product of the whole numbers up to one."""
    number = int(value)
    if number < 0:
        raise ValueError("factorial of a negative number is undefined")
    if number > 200:
        raise ValueError("value overflows numeric format")
    return keep_decimal(Decimal(math.factorial(number)))


def scale(value: Any) -> Kept:
    """Count the decimals of a number."""
    return max(-int(exact(value).normalize().as_tuple().exponent), 0)


def width_bucket(value: Any, low: Any, high: Any = None, count: Any = None) -> Kept:
    """Return which of so many equal parts of a range a number lies in; or which part between the items of an array."""
    if high is None:
        return bisect.bisect_right([float(item) for item in json.loads(low)], float(value))
    parts, first, last, number = int(count), float(low), float(high), float(value)
    if parts <= 0:
        raise ValueError("count must be greater than zero")
    if first == last:
        raise ValueError("lower bound cannot equal upper bound")
    place = (number - first) / (last - first)
    return 0 if place < 0 else parts + 1 if place >= 1 else int(place * parts) + 1


def angular(turn: Callable[[float], float], *, takes_degrees: bool = False, gives_degrees: bool = False) -> Any:
    """Return a function of angles, in radians or degrees."""

    def run(value: Any) -> Kept:
        try:
            result = turn(math.radians(float(value)) if takes_degrees else float(value))
        except ValueError:
            raise ValueError("input is out of range") from None
        return tidy(math.degrees(result)) if gives_degrees else tidy(result) if takes_degrees else result

    return run


def cotangent(value: float) -> float:
    """Return the cotangent."""
    return 1 / math.tan(value) if math.tan(value) else math.inf


def cube_root(value: Any) -> Kept:
    """Return the cube root."""
    return tidy(math.copysign(abs(float(value)) ** (1 / 3), float(value)))


def random_number() -> Kept:
    """Return a number from 0 to 1, not for secrets."""
    return random.random()  # noqa: S311


def greatest(*args: Any) -> Kept:
    """Return the greatest of what is not null."""
    known = [arg for arg in args if arg is not None]
    return max(known) if known else None


def least(*args: Any) -> Kept:
    """Return the least of what is not null."""
    known = [arg for arg in args if arg is not None]
    return min(known) if known else None

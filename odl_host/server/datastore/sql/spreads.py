"""The aggregates of statistics: sums of decimals, variances, standard deviations and regressions.

They add numbers up as they come, floating ones as PostgreSQL does, others exactly. Source: PostgreSQL 15 documentation,
9.21.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from odl_host.server.datastore.sql.numbers import exact, quotient_of, root_of, shortened, tidy
from odl_host.server.datastore.values import Kept

MAX_KEPT_BYTES = 128_000_000
"""What the aggregates of a statement keep at once: a million numbers."""
ITEM_BYTES = 110


class Budget:
    """What is left of the memory that a statement's aggregates may take."""

    def __init__(self) -> None:
        self.left = MAX_KEPT_BYTES

    def take(self, values: Sequence[Any]) -> int:
        """Return how much values take. :raises ValueError: there is not so much left."""
        size = ITEM_BYTES + sum(len(value) for value in values if isinstance(value, str))
        self.left -= size
        if self.left < 0:
            raise ValueError("out of memory: an aggregate keeps too many values")
        return size

    def give_back(self, size: int) -> None:
        """Say that so much is free again."""
        self.left += size


class _Spread:
    """Adds up numbers and their squares as they come: floating ones as PostgreSQL does, others exactly."""

    budget = Budget()
    is_sample: ClassVar[bool] = True
    is_root: ClassVar[bool] = False

    def __init__(self) -> None:
        self.count = 0
        self.sum: Any = 0
        self.squares: Any = 0
        self.is_float = False
        self.seen: set[Any] = set()

    def step(self, how: str, value: Any) -> None:
        if value is None or (how[1] == "d" and self.was_seen(value)):
            return
        self.count += 1
        self.is_float = "float" in how
        if not self.is_float:
            number = exact(value)
            self.sum += number
            self.squares += number * number
            return
        floating = float(value)
        self.sum += floating
        if self.count > 1:
            gap = floating * self.count - self.sum
            self.squares += gap * gap / (self.count * (self.count - 1))

    def was_seen(self, value: Any) -> bool:
        is_old = value in self.seen
        if not is_old:
            self.budget.take((value,))
            self.seen.add(value)
        return is_old

    def finalize(self) -> Kept:
        divisor = self.count - self.is_sample
        if divisor <= 0:
            return None
        if self.is_float:
            return math.sqrt(self.squares / divisor) if self.is_root else float(self.squares / divisor)
        count = Decimal(self.count)
        variance = quotient_of(max(count * self.squares - self.sum * self.sum, Decimal(0)), count * divisor)
        return float(root_of(variance, max(-int(variance.as_tuple().exponent), 0)) if self.is_root else variance)


class NumericSum:
    """The sum of decimals: that of the floating numbers that they are kept as, without the errors of adding them up.

    It is called for every row of a table, and so does as little as it can.
    """

    KEPT = 4096

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.numbers: list[float] = []

    def step(self, value: Any) -> None:
        """Take a value."""
        if value is not None:
            self.numbers.append(value)
            if len(self.numbers) > self.KEPT:
                self.add_up()

    def add_up(self) -> None:
        """Keep no more than the sum."""
        self.count += len(self.numbers)
        self.total = math.fsum((self.total, *map(float, self.numbers)))
        self.numbers.clear()

    def finalize(self) -> Kept:
        """Return the sum; null of nothing."""
        self.add_up()
        return shortened(exact(tidy(self.total))) if self.count else None


class NumericAvg(NumericSum):
    """The mean of decimals."""

    def finalize(self) -> Kept:
        """Return the mean; null of nothing."""
        total = super().finalize()
        return None if total is None else shortened(quotient_of(exact(total), Decimal(self.count)))


class WindowSum:
    """The sum of the decimals of a window, which rows enter and leave."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = Decimal(0)

    def step(self, value: Any) -> None:
        """Let a row enter."""
        if value is not None:
            self.count += 1
            self.sum += exact(value)

    def inverse(self, value: Any) -> None:
        """Let a row leave."""
        if value is not None:
            self.count -= 1
            self.sum -= exact(value)

    def value(self) -> Kept:
        """Return the sum as it is."""
        return shortened(self.sum) if self.count else None

    def finalize(self) -> Kept:
        """Return the last sum."""
        return self.value()


class WindowAvg(WindowSum):
    """The mean of the decimals of a window."""

    def value(self) -> Kept:
        """Return the mean as it is."""
        return shortened(quotient_of(self.sum, Decimal(self.count))) if self.count else None


class _VarSamp(_Spread):
    """The variance of a sample."""


class _VarPop(_Spread):
    """The variance of all."""

    is_sample = False


class _StddevSamp(_Spread):
    """The standard deviation of a sample."""

    is_root = True


class _StddevPop(_Spread):
    """The standard deviation of all."""

    is_sample, is_root = False, True


class _Pairs:
    """Adds up pairs of numbers, y before x, as PostgreSQL does."""

    def __init__(self) -> None:
        self.count = 0
        self.x = self.y = self.xx = self.yy = self.xy = 0.0

    def step(self, _how: str, y: Any, x: Any) -> None:
        if y is None or x is None:
            return
        first, second = float(x), float(y)
        self.count += 1
        self.x += first
        self.y += second
        if self.count > 1:
            gap, other = first * self.count - self.x, second * self.count - self.y
            scale = 1.0 / (self.count * (self.count - 1))
            self.xx += gap * gap * scale
            self.yy += other * other * scale
            self.xy += gap * other * scale

    def finalize(self) -> Kept:
        return self.of() if self.count or isinstance(self, _RegrCount) else None

    def of(self) -> Kept:
        raise NotImplementedError


def _pairs(name: str, of: Callable[[_Pairs], Kept]) -> type[_Pairs]:
    return type(name, (_Pairs,), {"of": of})


class _RegrCount(_Pairs):
    """Counts the pairs."""

    def of(self) -> Kept:
        return self.count


def _determination(found: _Pairs) -> Kept:
    if not found.xx:
        return None
    return found.xy * found.xy / (found.xx * found.yy) if found.yy else 1.0


SPREADS: dict[str, type[Any]] = {
    "var_samp": _VarSamp,
    "var_pop": _VarPop,
    "stddev_samp": _StddevSamp,
    "stddev_pop": _StddevPop,
    "regr_count": _RegrCount,
    "corr": _pairs("Corr", lambda n: n.xy / math.sqrt(n.xx * n.yy) if n.xx and n.yy else None),
    "covar_pop": _pairs("CovarPop", lambda n: n.xy / n.count),
    "covar_samp": _pairs("CovarSamp", lambda n: n.xy / (n.count - 1) if n.count > 1 else None),
    "regr_slope": _pairs("RegrSlope", lambda n: n.xy / n.xx if n.xx else None),
    "regr_intercept": _pairs("RegrIntercept", lambda n: (n.y - n.x * n.xy / n.xx) / n.count if n.xx else None),
    "regr_r2": _pairs("RegrR2", _determination),
    "regr_avgx": _pairs("RegrAvgx", lambda n: n.x / n.count),
    "regr_avgy": _pairs("RegrAvgy", lambda n: n.y / n.count),
    "regr_sxx": _pairs("RegrSxx", lambda n: n.xx),
    "regr_syy": _pairs("RegrSyy", lambda n: n.yy),
    "regr_sxy": _pairs("RegrSxy", lambda n: n.xy),
}

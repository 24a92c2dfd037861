"""Six-field cron expressions, as the scheduler of Kubeflow Pipelines reads them.

That scheduler parses with robfig/cron v1.2: seconds come first, Sunday is 0 and 7 is an error, `L`, `W` and `#` do not
exist, and of a day of month and a day of week that are both given either suffices. It takes five fields too, but as
seconds to month, so that a weekly schedule written for crontab fires daily; hence all six are asked for here. What it
accepts by accident (empty list items, ``*-5``, ``+5``) is refused as well.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from autogan_core.errors import ConfigError

YEARS_AHEAD = 5
"""The scheduler looks no further for the next date; where it finds none, it would start runs without end."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """The value of a number or a name; both ends of the field's range are included."""
        if text.upper() in self.names:
            return self.names.index(text.upper()) + self.low
        if not re.fullmatch("[0-9]{1,4}", text) or not self.low <= int(text) <= self.high:
            raise ValueError(f"'{text}' is not {self.range}")
        return int(text)

    @property
    def range(self) -> str:
        """The values that the field takes, in words."""
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.low} to {self.high}{names}"


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule; made by `parse`."""

    text: str
    """The given expression with single spaces, as Kubeflow Pipelines receives it."""
    plain: str
    """The same times in the notation that cronsim reads alike: no names, no ``?``, every range with its end."""

    @classmethod
    def parse(cls, text: str, now: datetime | None = None) -> Cron:
        """Parses ``second minute hour day-of-month month day-of-week``.

        Args:
            text: the expression.
            now: from when on it must fire; None asks the clock.

        Returns:
            The schedule, which fires within the scheduler's horizon.

        Raises:
            ConfigError: the expression is not of this form, or means no date within the scheduler's horizon.
        """
        parts = text.split()
        if len(parts) != len(FIELDS):
            raise ConfigError(_wrong_number(text, parts))
        fields = [_plain(field, part, text) for field, part in zip(FIELDS, parts, strict=True)]
        cron = cls(" ".join(parts), " ".join(fields))
        cron.next_dates(now or datetime.now(UTC), 1)
        return cron

    def next_dates(self, after: datetime, count: int) -> list[datetime]:
        """Computes the first ``count`` dates later than ``after``.

        Returns:
            The dates, ascending, in the time zone of ``after``.

        Raises:
            ConfigError: there are fewer, or one lies more than five calendar years behind that before it.
        """
        try:
            dates = list(itertools.islice(CronSim(self.plain, after), count))
        except CronSimError:  # the only thing that cronsim still finds wrong: no month given has a day given
            dates = []
        years = [after.year, *(date.year for date in dates)]
        if len(dates) < count or any(later > earlier + YEARS_AHEAD for earlier, later in itertools.pairwise(years)):
            raise ConfigError(
                f"the schedule '{self.text}' does not fire for more than {YEARS_AHEAD} years, which the scheduler of "
                "Kubeflow Pipelines cannot handle; choose days that the months have"
            )
        return dates

    @property
    def words(self) -> str:
        """The schedule in words, such as ``At 03:00 on Monday``."""
        return CronSim(self.plain, datetime.now(UTC)).explain()

    def warnings(self) -> list[str]:
        """Warnings of what its author may not have meant, a sentence each."""
        second, minute, _, day, _, weekday = self.plain.split()
        found = []
        if not second.isdecimal() or minute == "*":
            found.append("it fires every minute or more often; in robfig's notation the first field is seconds")
        if "*" not in day and "*" not in weekday:
            found.append(
                "it gives a day of month and a day of week, and fires on either; put ? for the one that is not meant"
            )
        return found


def _plain(field: _Field, part: str, text: str) -> str:
    try:
        items = [_plain_item(field, item) for item in part.split(",")]
    except ValueError as error:
        raise ConfigError(
            f"the {field.name} '{part}' of the schedule '{text}' is wrong: {error}; a field is a list of numbers, "
            f"ranges as 1-5, * or ? for all, and steps as */2, of {field.range}"
        ) from error
    # cronsim takes a day for restricted unless the field begins with a star, robfig unless a star is anywhere in it.
    return ",".join(sorted(items, key=lambda item: not item.startswith("*")))


def _plain_item(field: _Field, item: str) -> str:
    span, slash, step_text = item.partition("/")
    if slash and not re.fullmatch("[0-9]{0,3}[1-9][0-9]{0,3}", step_text):
        raise ValueError(f"the step in '{item}' is not a positive number")
    step = f"/{int(step_text)}" if slash and int(step_text) > 1 else ""
    if span in ("*", "?"):
        return f"*{step}"
    first, dash, last = span.partition("-")
    low = field.number(first)
    high = field.number(last) if dash else field.high if slash else low
    if low > high:
        raise ValueError(f"the range in '{item}' runs backwards")
    return str(low) if low == high else f"{low}-{high}{step}"


def _wrong_number(text: str, parts: list[str]) -> str:
    message = f"the schedule '{text}' has {len(parts)} fields where Kubeflow Pipelines takes six: second first, then "
    message += "minute, hour, day of month, month and day of week"
    if len(parts) == len(FIELDS) - 1:
        return f"{message}; as a crontab line it would be written '0 {' '.join(parts)}' here"
    if text.strip().startswith("@"):
        return f"{message}; @weekly would be written '0 0 0 * * SUN' here"
    return message

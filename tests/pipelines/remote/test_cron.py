"""Six-field cron expressions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.remote.cron import FIELDS, YEARS_AHEAD, Cron

START = datetime(2026, 11, 22, 9, tzinfo=UTC)  # a Sunday

# The next three dates after START by robfig/cron v1.2.0 itself, run in Go.
ROBFIG = {
    "0 0 3 * * 1": "2026-11-23T03:00:00 2026-11-30T03:00:00 2026-12-07T03:00:00",
    "0 30 4 1,15 * 5": "2026-11-27T04:30:00 2026-12-01T04:30:00 2026-12-04T04:30:00",
    "0 0 3 */2 * MON": "2026-11-23T03:00:00 2026-12-07T03:00:00 2026-12-21T03:00:00",
    "0 0 3 1,*/10 * MON": "2026-12-21T03:00:00 2027-01-11T03:00:00 2027-02-01T03:00:00",
    "0 0 3 ? * SUN,*/3": "2026-11-25T03:00:00 2026-11-28T03:00:00 2026-11-29T03:00:00",
    "0 0 0 ? * 5/2": "2026-11-27T00:00:00 2026-12-04T00:00:00 2026-12-11T00:00:00",
    "0 0 0 ? * 1/2": "2026-11-23T00:00:00 2026-11-25T00:00:00 2026-11-27T00:00:00",
    "0 0 0 6-6/2 * ?": "2026-12-06T00:00:00 2027-01-06T00:00:00 2027-02-06T00:00:00",
    "0 0 12 31 * ?": "2026-12-31T12:00:00 2027-01-31T12:00:00 2027-03-31T12:00:00",
    "15/20 10 9 ? JAN-mar/2 sat": "2027-01-02T09:10:15 2027-01-02T09:10:35 2027-01-02T09:10:55",
    "0 0 3 30 2 MON": "2027-02-01T03:00:00 2027-02-08T03:00:00 2027-02-15T03:00:00",
    "0 0 0 29 2 ?": "2028-02-29T00:00:00 2032-02-29T00:00:00 2036-02-29T00:00:00",
    "0 5,*/30 9-11 * * ?": "2026-11-22T09:05:00 2026-11-22T09:30:00 2026-11-22T10:00:00",
    "59 59 23 31 12 ?": "2026-12-31T23:59:59 2027-12-31T23:59:59 2028-12-31T23:59:59",
    "0 0 0 ?/10 * *": "2026-12-01T00:00:00 2026-12-11T00:00:00 2026-12-21T00:00:00",
}


@pytest.mark.parametrize(("text", "dates"), ROBFIG.items())
def test_dates_are_those_of_the_scheduler(text: str, dates: str) -> None:
    """Steps, names, question marks and the rule for two kinds of days mean what robfig/cron v1.2 takes them for."""
    found = Cron.parse(text, START).next_dates(START, 3)
    assert [f"{each:%Y-%m-%dT%H:%M:%S}" for each in found] == dates.split()


@dataclass(frozen=True)
class Drawn:
    """A field of an expression, with what it means."""

    text: str
    values: frozenset[int]
    star: bool


@st.composite
def items(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...]) -> Drawn:
    """One item of a list: a star, a number or a range, perhaps with a step."""

    def written(number: int) -> str:
        if not names or draw(st.booleans()):
            return str(number)
        return draw(st.sampled_from([str.upper, str.lower]))(names[number - low])

    step = draw(st.none() | st.integers(1, high + 3))
    suffix = f"/{step}" if step else ""
    form = draw(st.sampled_from(["star", "number", "range"]))
    if form == "star":
        return Drawn(draw(st.sampled_from("*?")) + suffix, frozenset(range(low, high + 1, step or 1)), True)
    start = draw(st.integers(low, high))
    if form == "number":
        values = frozenset(range(start, high + 1, step)) if step else frozenset([start])
        return Drawn(written(start) + suffix, values, False)
    end = draw(st.integers(start, high))
    return Drawn(f"{written(start)}-{written(end)}{suffix}", frozenset(range(start, end + 1, step or 1)), False)


@st.composite
def fields(draw: st.DrawFn) -> tuple[Drawn, ...]:
    """All six, each a list of up to three items."""
    drawn = []
    for each in FIELDS:
        listed = draw(st.lists(items(each.low, each.high, each.names), min_size=1, max_size=3))
        values = frozenset().union(*(item.values for item in listed))
        drawn.append(Drawn(",".join(item.text for item in listed), values, any(item.star for item in listed)))
    return tuple(drawn)


def brute_force(drawn: tuple[Drawn, ...], count: int) -> list[datetime]:
    """The dates after START within the scheduler's horizon, by trying every day of it."""
    second, minute, hour, day, month, weekday = drawn

    def fires_on(each: date) -> bool:
        by_day, by_weekday = each.day in day.values, each.isoweekday() % 7 in weekday.values
        either = not day.star and not weekday.star
        return each.month in month.values and ((by_day or by_weekday) if either else (by_day and by_weekday))

    end = date(START.year + YEARS_AHEAD, 12, 31)
    days = (START.date() + timedelta(days=n) for n in range((end - START.date()).days + 1))
    clock = list(itertools.product(sorted(hour.values), sorted(minute.values), sorted(second.values)))
    moments = (
        datetime(each.year, each.month, each.day, *time, tzinfo=UTC)
        for each in days
        if fires_on(each)
        for time in clock
        if each > START.date() or time > (START.hour, START.minute, START.second)
    )
    return list(itertools.islice(moments, count))


@given(fields())
def test_every_expression_of_the_grammar_means_what_its_fields_say(drawn: tuple[Drawn, ...]) -> None:
    """Accepted expressions fire when brute force over the fields' values says; refused ones never do."""
    text = " ".join(each.text for each in drawn)
    expected = brute_force(drawn, 3)
    try:
        cron = Cron.parse(text, START)
    except ConfigError:
        assert expected == []
        return
    assert cron.next_dates(START, len(expected)) == expected
    assert cron.words


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0 3 * * 1", "written '0 0 3 \\* \\* 1' here"),
        ("@weekly", "@weekly would be written '0 0 0 \\* \\* SUN'"),
        ("", "has 0 fields"),
        ("0 0 3 * * 1 2026", "has 7 fields"),
        ("0 0 3 * * 7", "day of week '7'.*'7' is not 0 to 6 or SUN to SAT"),
        ("0 0 3 0 * ?", "day of month '0'"),
        ("60 0 3 * * ?", "second '60'"),
        ("0 0 24 * * ?", "hour '24'"),
        ("0 0 3 L * ?", "'L' is not 1 to 31"),
        ("0 0 3 15W * ?", "'15W'"),
        ("0 0 3 ? * 5#2", "'5#2'"),
        ("0 0 3 ? JANUARY 1", "month 'JANUARY'"),
        ("0 0 3 ? * FRI-MON", "the range in 'FRI-MON' runs backwards"),
        ("0 */0 3 * * ?", "the step in '\\*/0' is not a positive number"),
        ("0 */2/3 3 * * ?", "the step in '\\*/2/3'"),
        ("0 1-2-3 3 * * ?", "'2-3' is not"),
        ("0 0, 3 * * ?", "'' is not 0 to 59"),
        ("0 *-5 3 * * ?", "minute '\\*-5'.*'\\*' is not"),
        ("0 +5 3 * * ?", "'\\+5' is not"),
        ("0 -5 3 * * ?", "'' is not"),
        ("0 ٣ 3 * * ?", "'٣' is not"),
        ("0 0 3 30 2 ?", "does not fire for more than 5 years"),
        ("0 0 3 31 2,4,6,9,11 ?", "choose days that the months have"),
    ],
)
def test_what_the_scheduler_would_refuse_or_misread_is_refused(text: str, names: str) -> None:
    """One sentence names the field and what is wrong with it; five fields are shown with the sixth."""
    with pytest.raises(ConfigError, match=names) as caught:
        Cron.parse(text)
    assert "\n" not in str(caught.value)


def test_a_date_beyond_the_scheduler_s_horizon_is_refused() -> None:
    """29 February fires across 2100, which is no leap year, in eight years: robfig finds nothing within five."""
    cron = Cron.parse("0 0 3 29 2 ?", START)
    assert cron.next_dates(START, 1) == [datetime(2028, 2, 29, 3, tzinfo=UTC)]
    with pytest.raises(ConfigError, match="more than 5 years"):
        cron.next_dates(datetime(2096, 3, 1, tzinfo=UTC), 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 0 3 * * 1", "At 03:00 on Monday"),
        ("0 0 3 ? * MON", "At 03:00 on Monday"),
        ("0  30 4 1 */3 ?", "At 04:30 on the first day of every third month"),
    ],
)
def test_schedules_are_explained_in_words(text: str, words: str) -> None:
    """Names and question marks read like numbers and stars; what is sent is what was given, single-spaced."""
    cron = Cron.parse(text)
    assert cron.words == words
    assert cron.text == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("0 0 3 * * 1", ""),
        ("0 0 3 15 * ?", ""),
        ("0 0 * * * *", ""),
        ("0 */5 * * * *", ""),
        ("* 0 3 * * 1", "first field is seconds"),
        ("0 * * * * *", "every minute"),
        ("0,30 5 * * * *", "every minute"),
        ("0 0 3 15 * 1", "fires on either"),
    ],
)
def test_likely_mistakes_are_pointed_out(text: str, warned: str) -> None:
    """Seconds that are not one number, every minute, and two kinds of days at once; nothing else."""
    found = " ".join(Cron.parse(text).warnings())
    assert warned in found
    assert bool(found) == bool(warned)

"""The arithmetic of credits: prices, periods, and which counters a reservation draws on."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.action import Price
from bot.domain.job import Account, Speed
from bot.domain.quota import (
    KEPT,
    NO_POLICY,
    Counter,
    CounterKind,
    Draw,
    Limits,
    Policy,
    Rule,
    counters,
    grant_counter,
    period_end,
    period_of,
    price_of,
)

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
PERIOD = date(2026, 5, 1)
ALICE, DIRECT = Account(1, 11), Account(0, 11)

ZONES = st.integers(-14 * 60 + 1, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=ZONES)
NEAR_MIDNIGHT = st.builds(
    lambda day, offset, zone: (datetime.combine(day, datetime.min.time(), UTC) + offset).astimezone(zone),
    st.dates(date(2020, 1, 2), date(2100, 1, 1)),
    st.timedeltas(-timedelta(seconds=2), timedelta(seconds=2)),
    ZONES,
)


class TestPeriods:
    @pytest.mark.parametrize(
        ("now", "period"),
        [
            (datetime(2026, 5, 1, tzinfo=UTC), PERIOD),
            (datetime(2026, 5, 1, 23, 59, 59, 999999, UTC), PERIOD),
            (datetime(2026, 5, 2, tzinfo=UTC), date(2026, 5, 2)),
            (datetime(2026, 5, 2, 1, 59, tzinfo=timezone(timedelta(hours=2))), PERIOD),
            (datetime(2026, 5, 1, 0, 0, tzinfo=timezone(timedelta(hours=2))), date(2026, 4, 30)),
            (datetime(2026, 4, 30, 20, 0, tzinfo=timezone(timedelta(hours=-4))), PERIOD),
            (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), date(2028, 2, 29)),
            (datetime(2026, 12, 31, 23, 0, tzinfo=timezone(timedelta(hours=-2))), date(2027, 1, 1)),
        ],
    )
    def test_a_day_is_one_in_utc_wherever_someone_is(self, now: datetime, period: date) -> None:
        assert period_of(now) == period

    @settings(max_examples=200)
    @given(now=TIMES | NEAR_MIDNIGHT)
    def test_every_moment_lies_in_its_period_and_in_no_other(self, now: datetime) -> None:
        period = period_of(now)
        assert period_end(period - DAY) <= now < period_end(period)

    @settings(max_examples=100)
    @given(now=TIMES | NEAR_MIDNIGHT, zone=ZONES)
    def test_the_zone_in_which_a_moment_is_told_does_not_matter(self, now: datetime, zone: timezone) -> None:
        assert period_of(now.astimezone(zone)) == period_of(now)

    @settings(max_examples=100)
    @given(now=TIMES | NEAR_MIDNIGHT, later=st.timedeltas(timedelta(0), timedelta(days=3)))
    def test_periods_follow_the_clock(self, now: datetime, later: timedelta) -> None:
        assert period_of(now) <= period_of(now + later) <= period_of(now) + timedelta(days=later.days + 1)

    @settings(max_examples=100)
    @given(period=st.dates(date(2020, 1, 1), date(2100, 1, 1)))
    def test_credits_return_with_the_first_moment_of_the_next_period(self, period: date) -> None:
        end = period_end(period)
        assert end.utcoffset() == timedelta(0)
        assert (period_of(end - TICK), period_of(end)) == (period, period + DAY)


class TestPrices:
    @pytest.mark.parametrize(
        ("price", "fast", "normal"), [(Price.PICTURE, 2, 1), (Price.PICK, 1, 1), (Price.VIDEO, 8, 8)]
    )
    def test_prices(self, price: Price, fast: int, normal: int) -> None:
        assert (price_of(price, Speed.FAST), price_of(price, Speed.NORMAL)) == (fast, normal)

    def test_nothing_is_free(self) -> None:
        assert min(price_of(price, speed) for price in Price for speed in Speed) > 0


class TestCounters:
    @pytest.mark.parametrize("account", [ALICE, DIRECT])
    def test_an_account_s_credits_count_for_it_its_server_and_everyone(self, account: Account) -> None:
        assert counters(account, PERIOD) == (
            Counter(CounterKind.ACCOUNT, account.server_id, account.member_id, PERIOD),
            Counter(CounterKind.SERVER, account.server_id, 0, PERIOD),
            Counter(CounterKind.TOTAL, 0, 0, PERIOD),
        )

    def test_who_shares_which(self) -> None:
        mine = counters(ALICE, PERIOD)
        assert [a == b for a, b in zip(mine, counters(Account(1, 12), PERIOD), strict=True)] == [False, True, True]
        assert [a == b for a, b in zip(mine, counters(Account(2, 11), PERIOD), strict=True)] == [False, False, True]
        assert not set(mine) & set(counters(ALICE, PERIOD + DAY))


class TestLimits:
    @pytest.mark.parametrize(
        ("account", "limits", "policy", "daily", "rule"),
        [
            (ALICE, Limits(), NO_POLICY, 50, Rule.BOT),
            (DIRECT, Limits(), NO_POLICY, 0, Rule.BOT),
            (DIRECT, Limits(account=1, direct=2), NO_POLICY, 2, Rule.BOT),
            (ALICE, Limits(account=0), NO_POLICY, 0, Rule.BOT),
            (ALICE, Limits(), Policy(default=20), 20, Rule.SERVER),
            (ALICE, Limits(), Policy(default=0), 0, Rule.SERVER),
            (ALICE, Limits(), Policy(own=70, default=20), 70, Rule.OWN),
            (ALICE, Limits(), Policy(own=0, default=20), 0, Rule.OWN),
            (ALICE, Limits(server=5, total=5), Policy(own=70), 70, Rule.OWN),
            (ALICE, Limits(), Policy(granted=30), 50, Rule.BOT),
        ],
    )
    def test_the_nearest_word_is_the_daily_limit(
        self, account: Account, limits: Limits, policy: Policy, daily: int, rule: Rule
    ) -> None:
        assert limits.daily(account, policy) == (daily, rule)
        allowance = limits.allowance(account, PERIOD, policy)
        assert (allowance.daily, allowance.rule) == (daily, rule)

    def test_each_draw_has_the_limit_of_its_counter(self) -> None:
        allowance = Limits(account=1, server=3, total=4).allowance(ALICE, PERIOD, Policy(granted=7))
        draws = (allowance.day, *allowance.ceilings)
        assert tuple(draw.counter for draw in draws) == counters(ALICE, PERIOD)
        assert [draw.limit for draw in draws] == [1, 3, 4]
        assert allowance.grant == Draw(Counter(CounterKind.GRANT, 1, 11, KEPT), 7)

    def test_a_ceiling_of_zero_is_none_but_an_account_s_zero_is_nothing(self) -> None:
        allowance = Limits(account=0, server=0, total=0).allowance(ALICE, PERIOD)
        assert (allowance.day.limit, [draw.limit for draw in allowance.ceilings]) == (0, [None, None])

    @pytest.mark.parametrize(
        ("limits", "credits", "below"),
        [
            (Limits(), 1_000_000, None),
            (Limits(server=200), 200, None),
            (Limits(server=200), 201, (CounterKind.SERVER, 200)),
            (Limits(total=200), 201, (CounterKind.TOTAL, 200)),
            (Limits(server=200, total=100), 150, (CounterKind.TOTAL, 100)),
            (Limits(server=200, total=100), 500, (CounterKind.TOTAL, 100)),
            (Limits(server=100, total=200), 500, (CounterKind.SERVER, 100)),
            (Limits(server=100, total=100), 500, (CounterKind.SERVER, 100)),
            (Limits(server=100), 0, None),
        ],
    )
    def test_the_lower_ceiling_is_named_when_it_allows_less(
        self, limits: Limits, credits: int, below: tuple[CounterKind, int] | None
    ) -> None:
        assert limits.ceiling_below(credits) == below


class TestGrants:
    @pytest.mark.parametrize(
        ("daily", "used", "credits", "split"),
        [
            (10, 0, 8, (8, 0)),
            (10, 2, 8, (8, 0)),
            (10, 3, 8, (7, 1)),
            (10, 10, 8, (0, 8)),
            (10, 12, 8, (0, 8)),
            (0, 0, 8, (0, 8)),
            (10, 12, 0, (0, 0)),
        ],
    )
    def test_granted_credits_are_spent_last(self, daily: int, used: int, credits: int, split: tuple[int, int]) -> None:
        allowance = Limits(account=daily).allowance(ALICE, PERIOD, Policy(granted=20))
        assert allowance.split(credits, used) == split

    @given(daily=st.integers(0, 50), used=st.integers(0, 60), credits=st.integers(0, 20))
    def test_a_split_adds_up_and_never_lets_the_day_pass_its_limit(self, daily: int, used: int, credits: int) -> None:
        of_day, granted = Limits(account=daily).allowance(ALICE, PERIOD).split(credits, used)
        assert (of_day + granted, min(of_day, granted) >= 0) == (credits, True)
        assert of_day == 0 or used + of_day <= daily
        assert granted == 0 or used + of_day >= daily

    def test_they_are_counted_for_the_account_and_belong_to_no_day(self) -> None:
        grants = {grant_counter(account) for account in (ALICE, DIRECT, Account(1, 12))}
        assert len(grants) == 3
        assert not grants & set(counters(ALICE, KEPT))

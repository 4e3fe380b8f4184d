"""What a crowd is: how many people, who they are like, and how the world around them behaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.model.instant import DAY, Duration
from legato.model.noun import Noun


class Lag(Noun, frozen=True, kw_only=True):
    """How late something comes: log-normal, by its median and its 99th percentile."""

    usual: Duration = 0
    slow: Duration = 0


class ProviderLike(Noun, frozen=True, kw_only=True):
    """How a provider takes what it is given."""

    lag: Lag = Lag()
    """How long an answer takes; nothing said: a fraction of a second."""
    fails: float = 0.0
    """Share of attempts that fail for now."""
    bounces: float = 0.0
    """Share refused for good: the address does not exist."""
    loses: float = 0.0
    """Share that it takes, and whose answer is lost on the way back."""
    answer: bytes = b"{}"
    """JSON that calls are answered with."""


class SourceLike(Noun, frozen=True, kw_only=True):
    """How a source delivers what happened."""

    lag: Lag = Lag()
    twice: float = 0.0
    """Share of events that come a second time."""
    late: float = 0.0
    """Share that come out of order: later than what happened after them."""


class Reply(Noun, frozen=True, kw_only=True):
    """What another system sends back by itself once it was called."""

    to: str
    """The destination that is called."""
    source: str
    event: str
    user_id: str = "user_id"
    """Field of the call that says who it is about."""
    copied: Mapping[str, str] = {}
    """Property -> field of the call that it is taken from."""
    said: Mapping[str, Any] = {}
    """Property -> value."""


class Between(Noun, frozen=True, kw_only=True):
    """A number of a range, each as likely."""

    least: float
    most: float
    is_whole: bool


class Doing(Noun, frozen=True, kw_only=True):
    """Something that people do again and again, each at their own instants."""

    event: str
    every: Duration = 0
    """Mean length of time between two; of what follows something else: 0."""
    after: Duration = 0
    """Of what follows: how long after, at the median."""
    chance: float = 1.0
    """Of what follows: in how many cases."""
    properties: Mapping[str, Any] = {}
    """Property -> a value, a list of values to choose from, or a Between."""
    then: tuple[Doing, ...] = ()
    """What may follow; it has the properties of what it follows, where it says no others."""


class Kind(Noun, frozen=True, kw_only=True):
    """People of one kind."""

    share: float
    zones: tuple[str, ...] = ()
    has: Mapping[str, float] = {}
    """Trait -> share of people who have one; addresses are made up."""
    consents: Mapping[str, float] = {}
    """Purpose -> share of people who agree to it, by every channel."""
    does: tuple[Doing, ...] = ()


class Crowd(Noun, frozen=True, kw_only=True):
    """A crowd, and the world that it lives in."""

    name: str = "recorded"
    people: int = 10_000
    span: Duration = 90 * DAY
    kinds: tuple[Kind, ...] = ()
    """Empty: people are cast from lives on record."""
    providers: Mapping[str, ProviderLike] = {}
    """By destination; others are steady."""
    sources: Mapping[str, SourceLike] = {}
    replies: tuple[Reply, ...] = ()

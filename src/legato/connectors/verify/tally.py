"""All scores added up: over every connector, and over the sixty that matter most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.connectors.verify.lock import Mark, Reached
from legato.model.noun import Noun

SIXTY = (
    "sendgrid", "mailchimp", "mailjet", "brevo", "customerio", "klaviyo", "braze", "iterable",
    "activecampaign", "moengage", "clevertap", "webengage", "emarsys", "ortto", "sfmc", "loops",
    "courier",
    "twilio", "onesignal", "airship", "attentive", "postscript", "leanplum",
    "meta_conversions", "meta_audience", "google_offline_conversions",
    "google_enhanced_conversions", "google_remarketing", "tiktok_events", "tiktok_audience",
    "snap_conversions", "snap_audience", "pinterest", "linkedin_conversions", "linkedin_audience",
    "bing", "x_ads", "criteo",
    "salesforce", "hubspot", "zoho_crm", "marketo", "pipedrive", "intercom", "zendesk",
    "freshsales", "kustomer",
    "ga4", "mixpanel", "amplitude", "posthog", "heap",
    "webhook", "slack", "discord", "kafka", "kinesis", "s3", "bigquery", "redis",
)  # fmt: skip
"""The destinations that most people have: what is aimed at is aimed at over these."""


class Tally(Noun, frozen=True, kw_only=True):
    """What some connectors have reached together."""

    connectors: int
    scored: int
    """How many of them there are recorded cases for."""
    cases: int
    body: int
    ignored: int
    skipped: int

    @property
    def alike(self) -> float:
        return self.body / self.cases if self.cases else 0.0

    @property
    def ignored_share(self) -> float:
        """Of the cases: in how many something was not compared."""
        return self.ignored / self.cases if self.cases else 0.0

    def __str__(self) -> str:
        return (
            f"{self.alike:.2%} of the bodies of {self.cases} recorded cases alike, "
            f"something ignored in {self.ignored_share:.1%}, {self.skipped} skipped"
        )


def tally(reached: Mapping[str, Reached], names: Iterable[str]) -> Tally:
    """Add up what the named connectors have reached on requests that others recorded."""
    there = [reached[name] for name in names if name in reached]
    marks: list[Mark] = [one.vectors for one in there if one.vectors is not None]
    return Tally(
        connectors=len(there),
        scored=len(marks),
        cases=sum(one.cases for one in marks),
        body=sum(one.body for one in marks),
        ignored=sum(one.ignored for one in marks),
        skipped=sum(one.skipped for one in marks),
    )


def unscored(reached: Mapping[str, Reached]) -> tuple[str, ...]:
    """Return those of the sixty of which nobody has recorded a request."""
    marks = {name: one.vectors for name, one in reached.items()}
    return tuple(name for name in SIXTY if name in marks and not marks[name])

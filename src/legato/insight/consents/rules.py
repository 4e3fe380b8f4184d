"""What has to hold before somebody is written to, by law and by the policies, in words."""

from __future__ import annotations

from legato.model.consent import EVERY_CHANNEL
from legato.model.instant import format_duration
from legato.model.plan import Plan, Purpose, QuietHours

_SCOPES = {
    "channel": "A no closes this channel only.",
    "topic": "A no in one channel closes the purpose in all of them.",
    "global": "A no in one channel closes everything promotional.",
}
_BASES = {
    "contract": "It rests on a contract: nobody is asked.",
    "legal_obligation": "A law demands it: nobody is asked.",
    "legitimate_interest": "It rests on a legitimate interest: nobody is asked.",
}


def rules_of_purpose(plan: Plan, purpose: Purpose) -> tuple[str, ...]:
    """Return what holds for a purpose in whatever channel."""
    if purpose.basis != "consent" and not purpose.is_promotional:
        return (_BASES[purpose.basis],)
    if purpose.basis == "consent":
        found = ["Nothing is sent before a yes."]
    else:
        found = ["It may be sent until they object."]
    found.append(_SCOPES[plan.policies.opt_out_scope])
    gpc, tcf = plan.policies.gpc, plan.policies.tcf
    if gpc is not None and purpose.name in gpc.purposes:
        outranked = " until a later yes" if gpc.yields else ", whatever is said later"
        found.append(f"A browser that objects to everything (GPC) says no{outranked}.")
    if tcf is not None and purpose.name in [name for _, name in tcf.purposes]:
        found.append("A TCF string of a consent tool answers for it.")
    return tuple(found)


def rules_of_cell(plan: Plan, purpose: Purpose, channel: str) -> tuple[str, ...]:
    """Return what holds in this channel besides."""
    found: list[str] = []
    for each in plan.policies.double_opt_in:
        if each.purpose == purpose.name and channel in each.channels:
            within = format_duration(each.expires)
            found.append(f"A yes counts once it is confirmed by a link, within {within}.")
    for hours in plan.policies.quiet_hours:
        if _is_quiet(hours, purpose, channel):
            start, end = _clock(hours.start), _clock(hours.end)
            found.append(f"Nothing between {start} and {end} where they are.")
    if channel == "sms" and plan.policies.sms_stop:
        found.append(f"STOP: {_SCOPES[plan.policies.sms_stop].removeprefix('A no ')}")
    return tuple(found)


def _is_quiet(hours: QuietHours, purpose: Purpose, channel: str) -> bool:
    if channel == EVERY_CHANNEL or (hours.channels and channel not in hours.channels):
        return False
    return purpose.name in hours.purposes if hours.purposes else purpose.is_promotional


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"

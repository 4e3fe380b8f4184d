"""What each page says and offers. Every one is a title and what stands below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Literal, TypeAlias, get_args

from legato.app.pages import NotOurs
from legato.insight.preferences import Choice, Topic, closed_together
from legato.markup.html import (
    Html,
    button,
    checkbox,
    element,
    form,
    hidden,
    link,
    paragraph,
    text,
)
from legato.model.consent import EVERY_CHANNEL, Consent
from legato.model.definitions.links import LinkKind
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.pages.frame import page
from legato.pages.speech import Speech

Notice: TypeAlias = Literal["saved", "unchanged", "stopped"]
NOTICES: tuple[str, ...] = get_args(Notice)
Trouble: TypeAlias = NotOurs | Literal["outdated", "limited", "failed", "missing"]

_TAG = re.compile(r"<[^>]*>")


class Screen(Noun, frozen=True, kw_only=True):
    """One page's content."""

    title: str
    main: tuple[Html, ...]

    def words(self) -> str:
        """Return all that it says: what somebody read who then answered."""
        parts = (unescape(_TAG.sub(" ", part)) for part in (self.title, *self.main))
        return " ".join(" ".join(parts).split())


class Setting(Noun, frozen=True, kw_only=True):
    """What every page is made under."""

    plan: Plan
    speech: Speech

    def draw(self, screen: Screen) -> Html:
        """Return a screen as a whole page."""
        plan = self.plan
        return page(plan.pages, plan.sender, self.speech, title=screen.title, main=screen.main)

    def purpose(self, name: str) -> str:
        """Return what a purpose is called."""
        declared = self.plan.purposes.get(name)
        return self.speech.title("purpose", name, declared.title if declared else name)

    def channel(self, name: str) -> str:
        """Return what a channel is called."""
        declared = self.plan.channels.get(name)
        return self.speech.title("channel", name, (declared.title if declared else "") or name)


def ask_to_unsubscribe(setting: Setting, purpose: str, channel: str, *, preferences: str) -> Screen:
    """Ask before anything is changed: mail scanners follow every link."""
    say = setting.speech.say
    reach = _reach(setting.plan, purpose, channel)
    return Screen(
        title=say("unsubscribe.title", purpose=setting.purpose(purpose)),
        main=(
            paragraph(say(f"unsubscribe.{reach}", channel=setting.channel(channel)), "lead"),
            paragraph(say("unsubscribe.still"), "quiet"),
            form(button(say("unsubscribe.button"))),
            element("p", link(say("unsubscribe.choose"), preferences), class_="next"),
        ),
    )


def _reach(plan: Plan, purpose: str, channel: str) -> Literal["channel", "topic", "global"]:
    closed = closed_together(plan, purpose, channel)
    if purpose not in plan.purposes or plan.policies.opt_out_scope == "global":
        return "global"
    return "topic" if any(where == EVERY_CHANNEL for _, where in closed) else "channel"


def unsubscribed(setting: Setting, before: Consent | None, *, preferences: str) -> Screen:
    """Say that it holds, or that it did already."""
    say = setting.speech.say
    back = element("p", link(say("unsubscribed.choose"), preferences), class_="next")
    if before is None:
        words = paragraph(say("unsubscribed.text"), "lead")
        return Screen(title=say("unsubscribed.title"), main=(words, back))
    since = say("unsubscribed.since", date=setting.speech.date(before.at))
    return Screen(title=say("unsubscribed.again"), main=(paragraph(since, "lead"), back))


def ask_preferences(
    setting: Setting, topics: Iterable[Topic], notice: Notice | None = None
) -> Screen:
    """Show everything there is to choose, as it stands."""
    say = setting.speech.say
    shown = tuple(topics)
    main: list[Html] = []
    if notice is not None:
        main.append(element("p", text(say(f"preferences.{notice}")), role="status", class_="note"))
    if not shown:
        main.append(paragraph(say("preferences.nothing"), "lead"))
        return Screen(title=say("preferences.title"), main=tuple(main))
    main.append(paragraph(say("preferences.intro"), "lead"))
    sets = [_topic(setting, topic) for topic in shown]
    main.append(form(*sets, button(say("preferences.save"))))
    main.append(
        element(
            "section",
            element("h2", text(say("preferences.none.title"))),
            paragraph(say("preferences.none.text"), "quiet"),
            form(hidden("do", "stop"), button(say("preferences.none.button"), is_plain=True)),
        )
    )
    return Screen(title=say("preferences.title"), main=tuple(main))


def _topic(setting: Setting, topic: Topic) -> Html:
    legend = element("legend", text(setting.purpose(topic.purpose)))
    choices = [_choice(setting, one) for one in topic.choices]
    return element("fieldset", legend, element("div", *choices))


def _choice(setting: Setting, choice: Choice) -> Html:
    speech = setting.speech
    if choice.is_pending:
        state = speech.say("preferences.pending")
    elif choice.since is None:
        state = speech.say("preferences.unsaid")
    else:
        name = "preferences.on" if choice.is_on else "preferences.off"
        state = speech.say(name, date=speech.date(choice.since))
    words = (
        speech.say("preferences.everywhere")
        if choice.channel == EVERY_CHANNEL
        else setting.channel(choice.channel)
    )
    name = f"{choice.purpose}/{choice.channel}"
    shown = hidden("shown", f"{name}={'on' if choice.is_on else 'off'}")
    return Html(checkbox("yes", words, state, value=name, is_on=choice.is_on) + shown)


def ask_to_confirm(setting: Setting, purpose: str, channel: str) -> Screen:
    """Ask before anything is changed: mail scanners follow every link."""
    say = setting.speech.say
    names = {"purpose": setting.purpose(purpose), "channel": setting.channel(channel)}
    return Screen(
        title=say("confirm.title"),
        main=(
            paragraph(say("confirm.text", **names), "lead"),
            form(button(say("confirm.button"))),
            element("p", text(say("confirm.otherwise")), class_="next quiet"),
        ),
    )


def confirmed(setting: Setting, line: Consent, *, is_new: bool) -> Screen:
    """Say that it holds, or that it did already."""
    say = setting.speech.say
    if is_new:
        words = paragraph(say("confirmed.text"), "lead")
        return Screen(title=say("confirmed.title"), main=(words,))
    since = say("confirmed.since", date=setting.speech.date(line.at))
    return Screen(title=say("confirmed.again"), main=(paragraph(since, "lead"),))


def nothing_to_confirm(setting: Setting) -> Screen:
    """Say that no yes waits."""
    say = setting.speech.say
    why = paragraph(say("confirmed.why"), "lead")
    return Screen(title=say("confirmed.nothing"), main=(why,))


def gone(setting: Setting) -> Screen:
    """Say that nothing is known of whoever the link was for."""
    say = setting.speech.say
    return Screen(title=say("gone.title"), main=(paragraph(say("gone.text"), "lead"),))


STATUS: Mapping[Trouble, int] = {
    "malformed": 400,
    "unsigned": 403,
    "wrong_kind": 403,
    "expired": 410,
    "outdated": 400,
    "limited": 429,
    "failed": 503,
    "missing": 404,
}


def trouble(setting: Setting, what: Trouble) -> Screen:
    """Say what is wrong, and nothing about anybody."""
    name = "unsigned" if what == "wrong_kind" else what
    say = setting.speech.say
    words = paragraph(say(f"{name}.text"), "lead")
    return Screen(title=say(f"{name}.title"), main=(words,))


KINDS: Mapping[str, LinkKind] = {"u": "unsubscribe", "p": "preferences", "c": "confirm"}
"""The first part of a page's path."""

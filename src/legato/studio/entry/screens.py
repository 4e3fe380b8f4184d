"""What each of these pages says and offers. Every one is a title and what stands below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from legato.govern.access.denial import Denial
from legato.govern.access.passwords import LENGTH_MAX, LENGTH_MIN
from legato.govern.access.records import Session, User, Way
from legato.govern.access.sessions import AGE_MAX, IDLE_MAX
from legato.govern.roles import ALLOWED, Permission
from legato.markup.html import Html, button, element, field, form, hidden, link, paragraph, text
from legato.model.definitions.sign_in import SignIn
from legato.model.instant import MINUTE, Instant, to_datetime
from legato.model.noun import Noun
from legato.studio.accounts.users import INVITATION

SIGN_IN = "/sign-in"
ACCOUNT = "/account"
PROOF = f"{ACCOUNT}/proof"
PROVIDER = "/api/sign-in/oidc"

_MAY: Mapping[Permission, str] = {
    "look": "look at everything but personal values",
    "rehearse": "check and try out definitions",
    "propose": "propose changes",
    "approve": "approve what others propose",
    "run": "pause, resume and fill journeys",
    "apply": "apply definitions",
    "repair": "replay and mend",
    "identify": "join and split people",
    "reveal": "see personal values, for a reason",
    "reveal_special": "see sensitive ones too",
    "consent": "record consents",
    "erase": "export and erase people",
    "audit": "read the audit",
    "administer": "keep users, teams, tokens and secrets",
}
_WAYS: Mapping[Way, str] = {
    "password": "by password",
    "invitation": "by invitation",
    "provider": "at the identity provider",
}
_HELP: Mapping[str, str] = {
    "sign_in.refused": "Try again. If the password is forgotten, ask an admin for a new link.",
    "sign_in.wait": "Wait {wait}, then try again.",
    "sign_in.state": "Begin again.",
    "sign_in.cancelled": "Begin again.",
    "sign_in.disabled": "Ask an admin of this Legato.",
    "sign_in.no_role": "Ask an admin of this Legato to let you in.",
    "invitation.unknown": "Ask an admin for a new link.",
    "sign_in.again": "Begin again, and sign in there anew.",
    "password.wrong": "Try again. If it is forgotten, ask an admin for a new link.",
}
"""What to do next, for people before a page; the API's own advice names commands."""


class Screen(Noun, frozen=True, kw_only=True):
    """One page's content."""

    title: str
    main: tuple[Html, ...]
    go_to: str = ""
    """Where the browser is taken from here, by itself."""


def sign_in(provider: SignIn | None, *, email: str = "", denial: Denial | None = None) -> Screen:
    """Ask who somebody is."""
    fields = form(
        field(
            "E-mail",
            "email",
            type_="email",
            value=email,
            autocomplete="username",
            required=True,
            autofocus=not email,
        ),
        field(
            "Password",
            "password",
            type_="password",
            autocomplete="current-password",
            required=True,
            autofocus=bool(email),
        ),
        button("Sign in"),
        action=SIGN_IN,
    )
    lost = "No password yet, or forgotten? An admin of this Legato makes you a link to choose one."
    return Screen(
        title="Sign in",
        main=(*_refused(denial), *_at_provider(provider), fields, paragraph(lost, "next quiet")),
    )


def at_provider_refused(denial: Denial) -> Screen:
    """Say why nobody came back from the provider."""
    again = element("p", link("Back to signing in", SIGN_IN), class_="next")
    return Screen(title="You are not signed in", main=(*_refused(denial), again))


def invitation(user: User, code: str, *, denial: Denial | None = None) -> Screen:
    """Ask an invited user for a password."""
    lead = f"You will sign in as {user.email}, in the role {user.role}."
    fields = form(
        _whose(user.email),
        *_twice(),
        button("Choose it and sign in"),
        action=f"{INVITATION}/{code}",
    )
    return Screen(
        title="Choose a password", main=(*_refused(denial), paragraph(lead, "lead"), fields)
    )


def invitation_over(denial: Denial) -> Screen:
    """Say that a link does not count any more."""
    back = element("p", link("Sign in", SIGN_IN), class_="next")
    return Screen(title="This link is used up", main=(*_refused(denial), back))


class Standing(Noun, frozen=True, kw_only=True):
    """All that the page of an account shows."""

    user: User
    sessions: tuple[Session, ...]
    present: str
    """The digest of the session that looks."""
    csrf: str
    provider: str = ""
    """What the identity provider is called, for who signs in there."""


def account(standing: Standing, *, note: str = "", denial: Denial | None = None) -> Screen:
    """Say who is signed in, where, and what they may."""
    said = [element("p", text(note), role="status", class_="note")] if note else []
    return Screen(
        title="You are signed in",
        main=(
            *said,
            *_refused(denial),
            _who(standing.user),
            form(_csrf(standing), button("Sign out"), action=f"{ACCOUNT}/sign-out"),
            _sessions(standing),
            _password(standing),
        ),
    )


def proof(standing: Standing, *, denial: Denial | None = None) -> Screen:
    """Ask who is signed in to prove again who they are."""
    why = "What you are about to do is worth so much that we ask again whether it is you."
    ways: list[Html] = []
    if standing.user.subject and standing.provider:
        words = text(f"Prove it at {standing.provider}")
        way = f"{PROVIDER}?again=true"
        ways.append(element("p", element("a", words, href=way, class_="button")))
    if standing.user.password:
        ways.append(form(_csrf(standing), _whose(standing.user.email), _present(), button("Go on")))
    return Screen(
        title="Is it you?",
        main=(
            *_refused(denial),
            paragraph(why, "lead"),
            *ways,
            element("p", link("Back", ACCOUNT), class_="next"),
        ),
    )


def leaving(where: str) -> Screen:
    """Take a browser on to sign out of the provider."""
    words = "You are signed out here. Now at the identity provider, too:"
    return Screen(
        title="You are signed out",
        main=(paragraph(words, "lead"), element("p", link("Sign out there", where))),
        go_to=where,
    )


def signed_in(where: str) -> Screen:
    """Take a browser on that comes back from the provider."""
    return Screen(
        title="You are signed in",
        main=(element("p", link("Go on", where), class_="lead"),),
        go_to=where,
    )


def trouble(title: str, what: str, fix: str) -> Screen:
    """Say what is wrong."""
    back = element("p", link("Sign in", SIGN_IN), class_="next")
    return Screen(title=title, main=(paragraph(what, "lead"), paragraph(fix), back))


def _refused(denial: Denial | None) -> Sequence[Html]:
    if denial is None:
        return ()
    seconds = -(-denial.wait // (MINUTE // 60))
    wait = "1 second" if seconds == 1 else f"{seconds} seconds"
    words = _HELP.get(denial.code, denial.fix).replace("{wait}", wait)
    return (
        element("p", element("strong", text(denial.what)), text(f" {words}"), role="alert",
                class_="note"),
    )  # fmt: skip


def _at_provider(provider: SignIn | None) -> Sequence[Html]:
    if provider is None:
        return ()
    words = text(f"Sign in with {provider.title or provider.name}")
    way = element("p", element("a", words, href=PROVIDER, class_="button"))
    return (way, paragraph("or with a password of this Legato:", "next quiet"))


def _whose(email: str) -> Html:
    """Tell a password manager whose password this is; nobody else sees it."""
    return Html(
        '<input class="away" type="text" name="email" tabindex="-1" aria-hidden="true" '
        f'readonly autocomplete="username" value="{escape(email)}">'
    )


def _present() -> Html:
    return field(
        "Present password",
        "present",
        type_="password",
        autocomplete="current-password",
        required=True,
    )


def _twice() -> Sequence[Html]:
    """Ask for a new password, and once more: nobody sees what they type."""
    bounds: dict[str, str | bool] = {
        "autocomplete": "new-password",
        "minlength": str(LENGTH_MIN),
        "maxlength": str(LENGTH_MAX),
        "required": True,
    }
    hint = f"At least {LENGTH_MIN} characters. Four or five words that nobody would guess do well."
    return (
        field("New password", "password", type_="password", aria_describedby="hint", **bounds),
        element("p", text(hint), id_="hint", class_="quiet hint"),
        field("The same once more", "again", type_="password", **bounds),
    )


def _who(user: User) -> Html:
    may = ", ".join(_MAY[each] for each in ALLOWED[user.role])
    rows = [("E-mail", user.email), ("Role", user.role), ("You may", may)]
    if user.team:
        rows.append(("Team", user.team))
    if user.name:
        rows.insert(0, ("Name", user.name))
    pairs = [element("div", element("dt", text(a)), element("dd", text(b))) for a, b in rows]
    return element("dl", *pairs)


def _sessions(standing: Standing) -> Html:
    hours, minutes = AGE_MAX // (60 * MINUTE), IDLE_MAX // MINUTE
    ends = f"A session ends after {minutes} minutes without a call, and after {hours} hours."
    rows = [_session(each, is_this=each.digest == standing.present) for each in standing.sessions]
    return element(
        "section",
        element("h2", text("Where you are signed in")),
        paragraph(ends, "quiet"),
        element("ul", *rows, class_="rows"),
        form(
            _csrf(standing),
            button("Sign out everywhere", is_plain=True),
            action=f"{ACCOUNT}/sign-out-everywhere",
        ),
    )


def _session(session: Session, *, is_this: bool) -> Html:
    where = session.agent or "A browser"
    here = " (this one)" if is_this else ""
    since = f"since {_time(session.created_at)} {_WAYS[session.way]}"
    last = f"{since}, last used {_time(session.seen_at)}"
    return element("li", text(where + here), element("span", text(last), class_="state"))


def _password(standing: Standing) -> Html:
    title = element("h2", text("Your password"))
    if not standing.user.password:
        where = standing.provider or "the identity provider"
        return element("section", title, paragraph(f"You have none here: you sign in at {where}."))
    fields = form(
        _csrf(standing),
        _whose(standing.user.email),
        _present(),
        *_twice(),
        button("Change it"),
        action=f"{ACCOUNT}/password",
    )
    after = "All other sessions of yours end with that."
    return element("section", title, paragraph(after, "quiet"), fields)


def _csrf(standing: Standing) -> Html:
    return hidden("csrf", standing.csrf)


def _time(at: Instant) -> str:
    return f"{to_datetime(at):%-d %b %Y, %H:%M} UTC"

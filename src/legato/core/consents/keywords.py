"""What a reply by SMS says about consent: the carriers' keywords, and plain words.

An opt-out is read generously, an opt-in literally. Carriers' keywords count in any case, with any
punctuation and a please; plain sentences count where they ask for an end of messages, in one of
the languages below. Only START, UNSTOP and YES, with nothing beside them, open anything: a sentence
that has them in it is somebody speaking of something else.

Between the two lies what begins or ends with a word of opt-out but goes on otherwise ("stop it").
It is `unclear_opt_out`: the policy says whether that is an opt-out (47 CFR 64.1200(a)(10): any
reasonable way counts) or is asked about.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

from legato.core.consents.phrases import ASKS_FOR_AN_END

Meaning: TypeAlias = Literal["opt_out", "opt_in", "help", "unclear_opt_out", "none"]

TEXT_LENGTH_MAX = 1_600
"""The longest message that a carrier puts together again; what lies beyond is not read."""
UNCLEAR_WORDS_MAX = 5
"""A longer sentence with one such word in it is about something else."""


def meaning_of(text: str) -> Meaning:
    """Return what a reply asks for."""
    said = plain(text)
    if said in _OPT_IN:
        return "opt_in"
    said = _without(_COURTESY, said)
    if said in _OPT_OUT or _is_repeated(said):
        return "opt_out"
    if said in _HELP:
        return "help"
    said = _without(_NEGATED, said)
    if _ASKS_FOR_AN_END.search(said):
        return "opt_out"
    return "unclear_opt_out" if _is_unclear(said) else "none"


def plain(text: str) -> str:
    """Return a text in lower case without accents and punctuation, its words one space apart."""
    decomposed = unicodedata.normalize("NFKD", text[:TEXT_LENGTH_MAX].casefold())
    words = _WORD.findall("".join(one for one in decomposed if _is_seen(one)))
    is_spaced = len(words) > 1 and all(len(word) == 1 for word in words)
    return ("" if is_spaced else " ").join(words)


def _is_seen(letter: str) -> bool:
    """Return whether a letter is neither an accent nor a mark that nobody sees."""
    return unicodedata.category(letter) not in ("Mn", "Cf")


def _without(pattern: re.Pattern[str], said: str) -> str:
    return " ".join(pattern.sub(" ", said).split())


def _is_repeated(said: str) -> bool:
    """Return whether a text is keywords of opt-out and nothing else ("stop stop stop")."""
    words = said.split()
    return len(words) > 1 and all(word in _OPT_OUT for word in words)


def _is_unclear(said: str) -> bool:
    words = said.split()
    if not 1 < len(words) <= UNCLEAR_WORDS_MAX:
        return False
    is_first = words[0] in _OBLIGATIONS and words[1] not in _GOES_ELSEWHERE
    return is_first or (words[-1] in _OBLIGATIONS and words[-2] not in _BELONGS)


def _words(*texts: str) -> dict[str, None]:
    return dict.fromkeys(plain(word) for text in texts for word in text.split("|"))


_WORD = re.compile(r"[^\W_]+")

_OPT_IN = _words("start|unstop|yes")
_OPT_OUT = _words(
    "stop|stopall|stop all|unsubscribe|unsubscribe all|unsub|cancel|end|quit|revoke",
    "opt out|optout|opt me out|remove|remove me|no more",
    "alto|baja|dar de baja|darme de baja|darse de baja|parar|pare|detener|cancelar|no mas",
    "arret|arreter|arretez|arrete|stop sms|desabonner|desabonnement|desinscrire|desinscription",
    "stopp|abmelden|abmeldung|abbestellen|aufhören|austragen|kündigen|beenden|widerruf",
    "sair|descadastrar|remover|cancelar inscrição|encerrar|não quero mais",
)
"""Whole messages: English as the carriers have it, then Spanish, French, German, Portuguese."""
_HELP = _words("help|info|ayuda|ayúdame|aide|aidez moi|hilfe|ajuda|socorro")

_COURTESY = re.compile(
    r"\b(?:please|pls|plz|thanks|thank you|thx|kindly|por favor|gracias|s il vous plait"
    r"|s il te plait|svp|stp|merci|bitte|danke|obrigad[oa])\b"
)

_NEGATED = re.compile(
    # Messages are wanted, and what follows is not read as an end of them. A question in which
    # somebody will not stop ("why won't you stop texting me") is no such thing.
    r"\b(?:don t|dont|do not|never)(?: ever| want (?:you )?to)? "
    r"(?:stop|unsubscribe|opt|cancel|end|quit|revoke|remove|delete)\b"
    r"|\bno (?:pare[sn]?|parar|detengan?|cancelen?|me (?:quiten?|borren?|den de baja))\b"
    r"|\bn (?:arretez|arrete|arreter)\b|\bne (?:me )?(?:desabonnez|desinscrivez)\b"
    r"|\bnicht (?:aufhoren|stoppen|abmelden|abbestellen|austragen)\b"
    r"|\bnao (?:parem?|cancelem?|me (?:remova|removam|descadastre))\b"
)

_ASKS_FOR_AN_END = re.compile(rf"\b(?:{ASKS_FOR_AN_END})")

_OBLIGATIONS = _words("stop|stopp|stopall|unsubscribe|optout|arret|abmelden|alto|pare|parar|sair")
"""Words that rarely stand in a short message without meaning it."""
_GOES_ELSEWHERE = _words(
    "by|at|in|over|on|here|there|for|light|sign|bis|bei|par|a|al|en|para|no|when|where|working"
)
"""After `stop` these make it a visit or a place."""
_BELONGS = _words("bus|next|last|first|full|non|pit|the|a|one|tram|train|door|to|can|will|it|does")
"""Before `stop` these make it a place, or part of a question."""

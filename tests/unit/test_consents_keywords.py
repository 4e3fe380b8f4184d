"""The table of what people reply by SMS, and what it means for consent."""

from __future__ import annotations

import pytest

from legato.core.consents.keywords import Meaning, meaning_of

TABLE: dict[Meaning, tuple[str, ...]] = {
    "opt_out": (
        # Carriers' keywords.
        "STOP", "stop.", " Stop ", "STOPALL", "Stop all", "UNSUBSCRIBE", "END", "QUIT", "CANCEL",
        "REVOKE", "OPT OUT", "OPTOUT", "opt-out", "“Stop!”", "S.T.O.P", "STOP\u200b",
        "\uff33\uff34\uff2f\uff30",
        "STOP 🛑", "Stop stop STOP", "stop please", "Please unsubscribe", "STOP, thanks",
        # English.
        "no more texts please", "stop texting me", "Stop sending me these messages",
        "please stop all marketing texts", "Don't text me again",
        "do not send me any more messages",
        "take me off your list", "remove my number", "I want to unsubscribe",
        "How do I unsubscribe?", "I revoke my consent", "leave me alone!!", "Wrong number",
        "why won't you stop texting me", "Don't stop by, and don't text me.",
        "I'd like to opt out of these", "quit spamming me", "I don't want any more of your texts",
        # Spanish, French, German, Portuguese.
        "ALTO", "Baja", "no quiero más mensajes", "Por favor, dejen de enviarme mensajes",
        "no me escriban más", "no más sms", "quiero darme de baja", "No me manden más por favor",
        "ARRÊT", "Arrêtez", "désabonner", "arrêtez de m'envoyer des messages", "plus de SMS svp",
        "ne m'envoyez plus rien", "désinscrivez-moi", "je ne veux plus recevoir vos pubs",
        "Stopp", "abmelden", "Abbestellen!", "bitte keine SMS mehr", "hört auf mir zu schreiben",
        "Schickt mir nichts mehr", "keine weiteren Nachrichten bitte", "melden Sie mich ab",
        "PARE", "SAIR", "não quero mais receber mensagens", "parem de me enviar SMS",
        "não me mandem mais", "chega de mensagens", "me tirem da lista",
    ),
    "opt_in": ("START", "start.", " Start ", "UNSTOP", "Yes", "YES!"),
    "help": ("HELP", "help?", "Info", "help please", "ayuda", "Aide", "HILFE", "ajuda"),
    "unclear_opt_out": ("stop it", "Just stop", "STOP I mean it", "yes stop", "stop now ok"),
    "none": (
        "please restart my order", "restart", "Please start my order", "start my free trial",
        "when does the sale start?", "yes please", "yes I will come", "ok yes", "startup",
        "don't stop by", "Don't stop!", "I can stop by at five", "stop by whenever you like",
        "Stop at the store for me", "where is the bus stop? text me", "is this the last stop",
        "cancel my order", "when does the weekend end?", "I quit my job", "the end of the month?",
        "please don't unsubscribe me", "never stop sending me deals", "do not stop texting me",
        "Can you help me with my order", "are there no more coats in blue?", "nonstop flights",
        "I don't want to receive the parcel on Monday", "no pares de enviarme ofertas",
        "¿cuándo empieza la venta?", "no quiero la talla grande", "quand commencent les soldes ?",
        "n'arrêtez pas de m'écrire", "Wann beginnt der Sale?", "bitte nicht aufhören",
        "Bitte neu starten", "quando começa a promoção?", "não parem de me enviar ofertas",
        "can I cancel by text message?", "", "   ", "🙂", "42",
    ),
}  # fmt: skip
"""A meaning -> what is understood so. Of "none": what must neither open nor close anything."""

ROWS = [(text, meaning) for meaning, texts in TABLE.items() for text in texts]


@pytest.mark.parametrize(("text", "meaning"), ROWS)
def test_a_reply_means_what_the_table_says(text: str, meaning: Meaning) -> None:
    assert meaning_of(text) == meaning


def test_only_three_words_alone_ever_open_anything() -> None:
    opened = {text for text, _ in ROWS if meaning_of(text) == "opt_in"}
    with_company = [
        f"{word} {more}" for word in ("start", "unstop", "yes") for more in ("it", "me")
    ]

    assert {text.strip(" .!").lower() for text in opened} == {"start", "unstop", "yes"}
    assert not [text for text in with_company if meaning_of(text) == "opt_in"]


def test_a_text_of_any_length_is_read_quickly_and_to_its_limit() -> None:
    assert meaning_of("stop " * 100_000) == "opt_out"
    assert meaning_of("all your these those " * 20_000) == "none"
    assert meaning_of("a" * 2_000 + " no more texts") == "none"

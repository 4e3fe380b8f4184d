"""How people ask for an end of messages, in whole sentences: one pattern a turn of phrase.

Each is matched against words in lower case, without accents, one space apart.
"""

from __future__ import annotations

_MESSAGES = (
    r"(?:texts|text messages?|messages?|messaging|msgs?|sms(?:es)?|e ?mails?|notifications?"
    r"|alerts?|spam|ads|marketing|newsletters?)"
)
_SENDING = (
    r"(?:texting|messaging|sending|contacting|e ?mailing|spamming|bothering|calling|sms ?ing"
    r"|harassing|writing|notifying|blowing up)"
)
_STOP = r"(?<!bus )(?<!next )(?<!tram )(?<!train )(?<!pit )(?:stop|quit|cease|discontinue)"
_ME = r"(?:me|us|this number|my (?:number|phone|cell|mobile))"
_NOT = r"(?:don t|dont|do not|never)(?: ever)?"
_THE = r"(?:(?:with|the|these|those|this|all|your|any|my|sending|sms|promo\w*) )*"
_MORE = r"(?:(?:to|any|more|of|get|receive|anything|your|these|those|marketing|promo\w*) )*"

ENGLISH = (
    rf"{_STOP} {_THE}{_MESSAGES}\b",
    rf"{_STOP} {_SENDING}\b",
    rf"no more {_MORE}{_MESSAGES}\b",
    rf"{_NOT} want {_MORE}{_MESSAGES}\b",
    rf"{_NOT} want to hear from (?:you|this)\b",
    rf"{_NOT} (?:text|message|contact|e ?mail|sms) {_ME}\b",
    rf"{_NOT} send (?:{_ME} )?{_MORE}(?:{_MESSAGES}|again|any ?more)\b",
    rf"(?:unsubscribe|opt|remove|delete|take) {_ME} (?:out|off|from)\b",
    rf"unsubscribe {_ME}\b",
    r"(?:remove|delete) my (?:number|phone|cell|mobile)\b",
    r"(?:want|like|wish|need) to (?:unsubscribe|opt out|stop receiving)\b",
    r"(?:want|like|wish|need) to be (?:removed from|taken off)\b",
    r"(?:how (?:do|can) i|can i|let me) (?:unsubscribe|opt out|stop (?:these|getting|receiving))\b",
    r"(?:i|we) (?:unsubscribe|opt out)\b",
    r"(?:revoke|withdraw) (?:my|all) consent\b",
    r"leave me alone\b|lose my number\b|wrong number\b",
)

_MENSAJES = r"(?:mensajes?|sms|textos?|correos?|publicidad|notificaciones|ofertas)"
SPANISH = (
    rf"no (?:quiero|deseo) (?:recibir )?(?:mas )?{_MENSAJES}\b",
    r"no (?:me )?(?:mandes?|manden|envies?|envien|escribas?|escriban|contacten?)(?: mas)?\b",
    r"(?:dejen?|deja|dejad|para|paren) de (?:mandar|enviar|escribir|molestar|contactar)",
    rf"no mas {_MENSAJES}\b",
    r"(?:quiten?me|borren?me|elimin[ea]n?me|sacame|saquenme)\b",
    r"(?:quiero|deseo|quisiera) (?:darme de baja|cancelar la suscripcion)\b",
    r"(?:den?me|dame) de baja\b",
)

FRENCH = (
    r"(?:arretez|arrete|cessez) (?:de |vos |ces |les )?(?:messages?|sms|textos?|pubs?)\b",
    r"(?:arretez|arrete|cessez) de (?:m |me |nous )?(?:envoyer|ecrire|contacter|deranger)\b",
    r"ne (?:m|me) (?:envoyez|envoie|contactez|ecrivez|contacte|ecris) plus\b",
    r"plus (?:de|aucun) (?:messages?|sms|textos?|pubs?|publicites?)\b",
    r"(?:desabonnez|desinscrivez|retirez|supprimez|enlevez) moi\b",
    r"(?:veux|souhaite|voudrais) (?:me desabonner|me desinscrire|ne plus recevoir)\b",
    r"ne (?:veux|souhaite) plus (?:recevoir|de (?:messages?|sms|textos?))\b",
    r"laissez moi tranquille\b",
)

_NACHRICHTEN = r"(?:nachrichten|sms|mails?|werbung|texte|angebote|newsletter)"
_IMPERATIVE = r"(?:t|en sie)?"
GERMAN = (
    rf"keine (?:weiteren |mehr )?(?:\w+ )?{_NACHRICHTEN}\b",
    rf"(?:schick|send|sende|schreib){_IMPERATIVE} mir (?:keine|nicht mehr|nichts mehr)\b",
    rf"hor{_IMPERATIVE} auf\b",
    rf"(?:melde|meld|trag|nehm){_IMPERATIVE} mich (?:\w+ ){{0,4}}(?:ab|aus|raus)\b",
    r"(?:mochte|will|wurde) mich (?:gerne? )?(?:abmelden|austragen)\b",
    r"(?:mochte|will|wurde) (?:keine \w+|nichts) mehr\b",
    r"(?:lasst?|lassen sie) mich in ruhe\b",
    r"widerrufe meine einwilligung\b",
)

_MENSAGENS = r"(?:mensagens|mensagem|sms|textos?|emails?|propagandas?|ofertas|publicidade)"
PORTUGUESE = (
    r"(?:pare|parem|para) de (?:me |nos )?(?:enviar|mandar|escrever|incomodar|contac?tar)\b",
    rf"nao (?:quero|desejo|gostaria de) (?:mais )?(?:receber )?(?:mais )?{_MENSAGENS}\b",
    r"nao (?:me )?(?:envie|enviem|mande|mandem|escreva|escrevam|contate|contatem)(?: mais)?\b",
    rf"(?:chega de|sem mais|nao mais) {_MENSAGENS}\b",
    r"(?:me )?(?:remova|removam|tire|tirem|descadastrem?)(?: me)? (?:da|desta|dessa) lista\b",
    r"(?:quero|desejo|gostaria de) (?:cancelar a (?:inscricao|assinatura)|me descadastrar)\b",
    r"(?:quero|desejo|gostaria de) sair da lista\b",
)

ASKS_FOR_AN_END = "|".join((*ENGLISH, *SPANISH, *FRENCH, *GERMAN, *PORTUGUESE))

"""Which language a text is in: English is understood, some others are recognised by their words.

A text that is not clearly English must never be acted upon, so every tie goes to the others.
"""

import unicodedata
from collections.abc import Iterable

from cortex.fabric.routing.language.lexicon import ENGLISH, FORMS
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.text import Token

_WORDS = {
    "es": """el la los las un una unos unas del al que qué quien quién cuál cuáles cuántos por para
        con sin mi mis tu su esta este ese esa está están es son hay y o pero nunca jamás tampoco
        bloquea bloquear bloquee bloquees bloqueas bloqueo bloqueado bloqueada desbloquea
        desbloquear reinicia reiniciar reinicie apaga apagar enciende encender desactiva activa
        activar deshabilita habilita muestra mostrar lista listar dime cuando cuándo cómo dónde
        impresora red redes dispositivo dispositivos clientes conectados favor teléfono todos todo
        quita elimina cambia contraseña renombra desconecta punto acceso puerto""",
    "de": """der das dem des ein eine einen einem einer und oder nicht kein keine keinen nie
        niemals bitte ich du er sie wir ihr mein meine meinen dein deine ist sind wird wurde welche
        welcher welches wer wie wo wann warum wieso mit ohne für auf aus bei von vom zum zur im am
        sperre sperren sperr gesperrt entsperre entsperren blockiere blockieren blockier neu starte
        starten neustarten schalte schalten zeige zeig anzeigen liste alle geräte gerät drucker
        netzwerk gäste wlan-passwort benenne lösche trenne aktiviere deaktiviere abschalten
        einschalten ausschalten ab aus ein nein wenn""",
    "fr": """le la les un une des du au aux et ou ne pas jamais rien sans avec pour dans sur mon ma
        mes ton ta tes ce cette ces est sont qui que quoi quel quelle quels quelles où quand
        pourquoi comment s'il vous plaît plait tu nous bloque bloquer bloquez bloqué débloque
        débloquer redémarre redémarrer redémarrez éteins éteindre allume allumer désactive active
        montre montrer affiche afficher liste imprimante réseau appareil appareils n'est
        l'imprimante n'éteins supprime renomme déconnecte c'est""",
    "it": """il lo gli un uno una di del della dei delle che chi non mai senza per con mio mia è
        sono blocca bloccare sblocca riavvia spegni accendi mostra elenca stampante rete quanti
        dove quando perché come dispositivi""",
    "pt": """o os um uma uns umas do da dos das no na nos nas que quem não nao nunca sem por para
        com meu minha é são bloqueia bloquear bloqueie desbloqueia reinicie desligue ligue mostre
        liste impressora rede dispositivos quantos onde quando você""",
    "nl": """de het een van voor met zonder niet geen nooit mijn jouw zijn wie wat waar wanneer
        waarom hoe blokkeer blokkeren deblokkeer herstart zet uit aan toon apparaten netwerk""",
    "pl": """nie jest są kto co gdzie zablokuj odblokuj uruchom pokaż drukarkę proszę""",
    "sv": """och inte aldrig utan blockera avblockera starta visa skrivaren nätverket alla enheter
        är ikke aldri og""",
}
_NEGATIONS = {
    "es": "jamás nunca tampoco",
    "de": "nicht kein keine keinen nie niemals nein ohne",
    "fr": "ne pas jamais rien sans",
    "it": "non senza",
    "pt": "não nao nunca sem",
    "nl": "niet geen nooit zonder",
    "pl": "nie",
    "sv": "inte aldrig ikke utan",
    "hi": "nahi nahin",
}
"""One of these is enough: a negation that we do not understand must not be overlooked."""

_SCRIPTS = {
    "CYRILLIC": "ru", "HANGUL": "ko",
    "ARABIC": "ar", "HEBREW": "he", "GREEK": "el", "DEVANAGARI": "hi", "THAI": "th",
    "ARMENIAN": "hy", "GEORGIAN": "ka", "BENGALI": "bn", "TAMIL": "ta",
}  # fmt: skip


_JAPANESE = frozenset({"CJK", "HIRAGANA", "KATAKANA"})
"""Scripts that one Japanese word may mix; Han characters alone are taken for Chinese."""


def _tell_apart() -> dict[str, tuple[str, ...]]:
    speakers = dict[str, tuple[str, ...]]()
    for code, words in _WORDS.items():
        for word in set(words.split()) - ENGLISH:
            speakers[word] = (*speakers.get(word, ()), code)
    return speakers


_SPEAKERS = _tell_apart()
_FOREIGN_NO = {word: code for code, words in _NEGATIONS.items() for word in words.split()}


def language_of(tokens: Iterable[Token]) -> str:
    """Return `en`, the code of another language, or `und`; quotations do not count.

    `mis` is a script that is not known here.
    """
    english, others, scripts = 0, dict[str, int](), dict[str, int]()
    for token in tokens:
        if token.kind == "word" and token.word not in _FOREIGN_NO:
            english += _is_english(token.word)
            for code in _SPEAKERS.get(token.word, ()):
                others[code] = others.get(code, 0) + 1
            if not token.word.isascii():
                script = _script(token.word)
                scripts[script] = scripts.get(script, 0) + 1
        elif token.kind == "word":
            return _FOREIGN_NO[token.word]
    return _verdict(english, others, scripts)


def _verdict(english: int, others: dict[str, int], scripts: dict[str, int]) -> str:
    if "mis" in scripts:
        return "mis"
    for script, count in scripts.items():
        others[script] = others.get(script, 0) + count
    others.pop("", None)
    if others and max(others.values()) >= english:
        return max(others, key=lambda code: others[code])
    return "en" if english else "und"


def _is_english(word: str) -> bool:
    if word in ENGLISH or word in NOUNS:
        return True
    if "-" in word:
        return word.replace("-", "") in FORMS
    return word.endswith("'s") and word[:-2] in NOUNS


def _script(word: str) -> str:
    """Return a language for a word's script, "" for Latin letters, `mis` for a mixture."""
    found = {
        name.split(" ", 1)[0].split("-", 1)[0]
        for char in word
        if char.isalpha() and (name := unicodedata.name(char, "UNNAMED"))
    }
    if found <= {"LATIN"}:
        return ""
    if found <= _JAPANESE:
        return "zh" if found == {"CJK"} else "ja"
    return next((code for name, code in _SCRIPTS.items() if {name} == found), "mis")

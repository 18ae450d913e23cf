"""English is understood; other languages are recognised and left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.frame import Mood
from cortex.fabric.routing.language import read


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("block the printer", "en"),
        ("vlan 30", "en"),
        ("re-boot ap-garage", "en"),
        ("the printer's status", "en"),
        ("block the La Cucina iPad", "en"),
        ("rename the tv to La Télé de Nos Amis", "en"),
        ("restart the Büro AP", "en"),
        ("block the принтер", "en"),
        ('block "el niño"', "en"),
        ("bloquea la impresora", "es"),
        ("block la impresora", "es"),
        ("¿qué clientes están conectados?", "es"),
        ("sperre den Drucker", "de"),
        ("block the printer nicht", "de"),
        ("welche Geräte sind im Netzwerk", "de"),
        ("bloque l'imprimante", "fr"),
        ("ne block pas the printer", "fr"),
        ("quels appareils sont connectés", "fr"),
        ("blocca la stampante", "it"),
        ("bloqueia a impressora", "pt"),
        ("blokkeer de printer", "nl"),
        ("zablokuj drukarkę proszę", "pl"),
        ("blockera skrivaren", "sv"),
        ("block the printer nahi", "hi"),
        ("заблокируй принтер", "ru"),
        ("プリンターを止めて", "ja"),
        ("封锁打印机", "zh"),
        ("프린터 차단", "ko"),
        ("احظر الطابعة", "ar"),
        ("חסום את המדפסת", "he"),
        ("μπλόκαρε", "el"),
        ("प्रिंटर", "hi"),
        ("บล็อก", "th"),
        ("blоck the printer", "mis"),
        ("ᚠᚢᚦ", "mis"),
        ("xyzzy plugh", "und"),
        ("", "und"),
        ("aa:bb:cc:dd:ee:ff", "und"),
    ],
)
def test_the_language_of_a_text_is_recognised(text: str, language: str) -> None:
    assert read(text).language == language


def test_a_text_in_another_language_names_no_action() -> None:
    frame = read("bloquea la impresora 10.0.0.7")
    assert (frame.verb, frame.target, frame.object, frame.clauses) == (None, None, "", ())
    assert frame.mood is Mood.STATEMENT
    assert [one.value for one in frame.mentions] == ["10.0.0.7"]
    assert frame.template == "bloquea la impresora <ip>"


def test_a_question_in_another_language_is_still_a_question() -> None:
    assert read("¿está bloqueada la impresora?").mood is Mood.QUESTION


@given(st.text())
def test_only_english_yields_a_verb(text: str) -> None:
    frame = read(text)
    assert frame.language == "en" or frame.verb is None

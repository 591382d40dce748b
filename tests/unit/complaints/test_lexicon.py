"""The lexicon: every concept is used, and every class has an industry of the shared vocabulary."""

from __future__ import annotations

import msgspec
import pytest

from contracts.industries import INDUSTRIES
from services.complaints.policy import lexicon
from services.complaints.policy.assessment import standard
from tests.unit.complaints.builders import NOON


def test_every_class_has_an_industry_of_the_shared_table() -> None:
    for name, meaning in standard(NOON).lexicon.classes.items():
        assert meaning.industry in INDUSTRIES, name


def test_every_class_has_signals_and_every_concept_is_used_by_one() -> None:
    known = standard(NOON).lexicon
    signals = [signal for each in known.signals.values() for signal in each]
    assert {signal.kind for signal in signals} == set(known.classes)
    used = {concept for signal in signals for concept in signal.all | signal.none} | known.signals.keys()
    assert [name for number, name in enumerate(known.concepts) if number not in used] == []


def test_no_signal_contradicts_itself() -> None:
    for first, signals in standard(NOON).lexicon.signals.items():
        for signal in signals:
            assert not (signal.all | {first}) & signal.none
            assert signal.weight > 0


MINIMAL = """
variants: [{from: 發, to: 发}]
spelling: {decorations: [], legal_forms: [], headings: [], leave: 'x'}
classes: {shop: {industry: retail, category: commercial}}
concepts: {sale: [折扣]}
signals: [{class: shop, all: [sale], weight: 1}]
"""


def test_a_lexicon_with_unknown_names_or_fields_is_refused() -> None:
    lexicon.load(MINIMAL.encode())
    with pytest.raises(ValueError, match="nowhere"):
        lexicon.load(MINIMAL.replace("all: [sale]", "all: [sale, nowhere]").encode())
    with pytest.raises(ValueError, match="market"):
        lexicon.load(MINIMAL.replace("class: shop", "class: market").encode())
    with pytest.raises(ValueError, match="length"):
        lexicon.load(MINIMAL.replace("to: 发", "to: 发发").encode())
    with pytest.raises(msgspec.ValidationError):
        lexicon.load(MINIMAL.replace("weight: 1", "wait: 1").encode())

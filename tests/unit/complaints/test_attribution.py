"""Attribution: who is responsible for a message, by the register as it was filed when the message was sent."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contracts.complaints import Attribution
from contracts.numbers import SenderNumber
from services.complaints.policy.assessment import standard
from services.complaints.policy.attribution import Attributed, RegisterPart, attribute
from services.complaints.policy.signatures import read
from tests.unit.complaints.builders import HOLDER, NOON, NUMBER, OTHER_HOLDER, PROVIDER, days, filing, port, register

TEXT = "【云杉书店】新书上架"


def attributed(register: RegisterPart, text: str = TEXT, *, sender: str = NUMBER) -> Attributed:
    known = standard(NOON)
    signed = read(text, known.lexicon.spelling, known.form)
    return attribute(SenderNumber.parse(sender), NOON, signed, register, known.lexicon.spelling)


def attribution(register: RegisterPart, text: str = TEXT, *, sender: str = NUMBER) -> Attribution:
    return attributed(register, text, sender=sender).attribution


def test_a_filed_port_with_the_filed_signature_is_declared() -> None:
    found = attribution(register(port()))
    assert found.kind == "declared"
    assert (found.carrier, found.holder, found.provider) == ("CMCC", HOLDER, PROVIDER)
    assert (found.signature, found.filed_signature) == ("云杉书店", "云杉书店")


@pytest.mark.parametrize(
    "text", ["【 云杉 书店 】八折", "八折【云杉书店官方】", "【云杉文化传播有限公司】八折", "【云杉文化传播】八折"]
)
def test_the_filed_name_in_another_spelling_and_the_companys_own_name_are_declared(text: str) -> None:
    assert attribution(register(port()), text).kind == "declared"


def test_a_signature_other_than_the_filed_one_is_suspected_subletting_by_the_holder() -> None:
    found = attribution(register(port()), "【红枫超市】八折")
    assert found.kind == "sublet-suspected"
    assert (found.carrier, found.holder, found.provider) == ("CMCC", HOLDER, None)
    assert (found.signature, found.filed_signature) == ("红枫超市", "云杉书店")


def test_a_message_without_a_signature_is_attributed_by_the_register_alone() -> None:
    found = attributed(register(port()), "新书上架")
    assert found.attribution.kind == "declared"
    assert "signature:none" in found.reasons


@pytest.mark.parametrize(
    "text",
    [
        "\u200e【红枫超市】八折",
        "八折【红枫超市】\u200e",
        "【红\u200b枫\u3164超市】八折",
        "🔥【红枫超市】八折",
        "⟦红枫超市⟧八折",
    ],
)
def test_a_signature_behind_characters_that_are_not_seen_is_suspected_subletting(text: str) -> None:
    found = attribution(register(port()), text)
    assert (found.kind, found.provider, found.signature) == ("sublet-suspected", None, "红枫超市")


@pytest.mark.parametrize(
    "text",
    [
        "（红枫超市）八折",
        "【红枫超市八折",
        "红枫超市】八折",
        "八折【红枫超市",
        "【？？？？】八折",
        "【】八折",
        "亲【红枫超市】八折",
        "尊敬的客户，您好：【红枫超市】八折",
        "≪红枫超市≫八折",
        "„红枫超市“八折",
        "★红枫超市★八折",
    ],
)
def test_an_unreadable_signature_names_no_provider_by_the_filing_alone(text: str) -> None:
    found = attributed(register(port()), text)
    assert (found.attribution.kind, found.attribution.carrier, found.attribution.holder) == ("declared", "CMCC", HOLDER)
    assert (found.attribution.provider, found.attribution.signature) == (None, None)
    assert found.attribution.signature_unreadable
    assert "signature:unreadable" in found.reasons
    assert "signature:none" not in found.reasons


@pytest.mark.parametrize(
    "text",
    [
        "（云杉书店）八折",
        "云杉书店】八折",
        "八折【云杉书店",
        "《云杉文化传播有限公司》八折",
        "亲【会员日】【云杉书店】八折",
        "“云杉书店”八折",
    ],
)
def test_the_filed_name_without_the_form_of_a_signature_is_declared(text: str) -> None:
    found = attributed(register(port()), text)
    assert (found.attribution.kind, found.attribution.provider) == ("declared", PROVIDER)
    assert (found.attribution.signature_unreadable, "signature:as-filed" in found.reasons) == (False, True)


def test_a_filed_name_that_is_longer_than_a_signature_is_declared() -> None:
    long = "云杉书店与红枫超市联合会员中心华南服务部"
    found = attribution(register(port(filing(long))), f"【{long}】八折")
    assert (found.kind, found.provider, found.signature) == ("declared", PROVIDER, long)


def test_an_empty_name_fits_no_filing() -> None:
    assert attribution(register(port(filing("★"))), "【】八折").provider is None


def test_an_unfiled_number_states_that_its_signature_is_unreadable() -> None:
    found = attribution(RegisterPart(), "（红枫超市）八折")
    assert (found.kind, found.signature, found.signature_unreadable) == ("unregistered", None, True)


def test_a_heading_in_brackets_does_not_make_a_port_sublet() -> None:
    assert attribution(register(port()), "【温馨提示】新书上架").kind == "declared"


def test_among_several_signatures_the_filed_one_counts_and_the_other_is_a_reason() -> None:
    found = attributed(register(port()), "【红枫超市】【云杉书店】八折")
    assert found.attribution.kind == "declared"
    assert found.attribution.signature == "云杉书店"
    assert "signature:also-another" in found.reasons


@pytest.mark.parametrize(
    "text",
    [
        "【红枫超市】【云杉书店】八折",
        "【云杉书店】【红枫超市】八折",
        "【红枫超市】八折【云杉书店】",
        "【云杉书店】八折【红枫超市】",
        "&#12304;红枫超市&#12305;八折【云杉书店】",
        "【云杉书店】八折%u3010红枫超市%u3011",
        "&#12304;红枫超市&#12305;八折（云杉书店）",
    ],
)
def test_a_provider_is_not_named_by_its_filing_where_another_signature_stands_beside(text: str) -> None:
    found = attributed(register(port()), text)
    assert (found.attribution.kind, found.attribution.carrier, found.attribution.holder) == ("declared", "CMCC", HOLDER)
    assert (found.attribution.provider, found.attribution.signature_unreadable) == (None, True)


@pytest.mark.parametrize(
    "text",
    [
        "【红枫超市】八折，（云杉书店）",
        "【红枫超市】<云杉书店>八折",
        "【红枫超市】八折，“云杉书店”",
        "#云杉书店#八折【红枫超市】",
        "（云杉书店）八折【红枫超市】",
    ],
)
def test_a_filed_name_without_the_form_of_a_signature_does_not_outweigh_another_signature(text: str) -> None:
    found = attribution(register(port()), text)
    assert (found.kind, found.provider, found.signature) == ("sublet-suspected", None, "红枫超市")


def test_a_port_that_was_filed_after_the_message_was_sent_is_unregistered() -> None:
    found = attributed(register(port(filing(since=NOON + days(1)))))
    assert found.attribution.kind == "unregistered"
    assert found.attribution.provider is None
    assert "filed:not-at-that-time" in found.reasons


def test_a_filing_is_on_record_from_its_start_up_to_but_not_including_that_of_the_next_one() -> None:
    assert attribution(register(port(filing(since=NOON)))).kind == "declared"
    first = filing(until=NOON)
    assert attribution(register(port(first, filing("红枫超市", since=NOON)))).filed_signature == "红枫超市"
    after = filing("红枫超市", since=NOON + days(1))
    assert attribution(register(port(first, after))).filed_signature == "云杉书店"


LATE = filing("红枫超市", holder=OTHER_HOLDER, since=NOON - days(50), on_record_from=NOON + days(1))
"""Filed after the message, for a time before it."""


def test_a_filing_that_was_recorded_too_late_only_claims_the_number() -> None:
    found = attributed(register(port(LATE)), "【红枫超市】八折")
    assert found.attribution.kind == "declared-late"
    assert (found.attribution.holder, found.attribution.provider) == (None, None)
    assert (found.attribution.claimed_holder, found.attribution.claimed_provider) == (OTHER_HOLDER, PROVIDER)
    assert "filed:declared-late" in found.reasons
    sibling = port(number=NUMBER[:-1] + "0")
    found = attributed(register(port(LATE), sibling))
    assert (found.attribution.kind, found.attribution.carrier, found.attribution.holder) == (
        "declared-late",
        "CMCC",
        None,
    )


def test_a_filing_that_was_recorded_too_late_changes_nothing_where_one_was_on_record() -> None:
    before = filing(until=LATE.valid_from)
    assert attributed(register(port(before, LATE))) == attributed(register(port(before)))
    corrected = filing(since=LATE.valid_from, until=LATE.valid_from)
    assert attributed(register(port(corrected, LATE))) == attributed(register(port(corrected)))
    prefix = port(filing(covers_extensions=True), number=NUMBER[:10])
    assert attributed(register(prefix, port(LATE))) == attributed(register(prefix))
    ending = port(filing(covers_extensions=True), LATE, number=NUMBER[:10])
    assert attributed(register(ending)) == attributed(register(prefix))


def test_a_filing_of_a_prefix_that_was_recorded_too_late_claims_its_extensions() -> None:
    late = filing(covers_extensions=True, since=NOON - days(50), on_record_from=NOON + days(1))
    found = attribution(register(port(late, number=NUMBER[:10])))
    assert (found.kind, found.claimed_holder) == ("declared-late", HOLDER)


def test_who_filed_what_a_number_is_attributed_by_is_behind_it() -> None:
    sender = SenderNumber.parse(NUMBER)
    of_staff = replace(LATE, filed_by=("li",))
    elsewhere = port(filing(filed_by=("wang",)), carrier="CUCC")
    prefix = port(filing(covers_extensions=True, filed_by=("zhao",)), number=NUMBER[:10])
    assert register(port(filing(filed_by=("li",))), elsewhere).persons_behind(sender, NOON) == ("li", "wang")
    assert register(prefix).persons_behind(sender, NOON) == ("zhao",)
    assert register(port(filing(), of_staff)).persons_behind(sender, NOON) == ()
    assert register(port(of_staff)).persons_behind(sender, NOON) == ("li",)
    assert register(port()).persons_behind(sender, NOON) == ()


def test_several_late_claims_name_no_enterprise() -> None:
    found = attribution(
        register(port(LATE), port(filing(since=NOON - days(9), on_record_from=NOON + days(1)), carrier="CUCC"))
    )
    assert (found.kind, found.claimed_holder, found.claimed_provider) == ("declared-late", None, PROVIDER)


def test_the_filing_in_force_when_the_message_was_sent_decides() -> None:
    before = filing("云杉书店", since=NOON - days(100), until=NOON - days(10))
    now = filing("红枫超市", holder=OTHER_HOLDER, since=NOON - days(10), until=NOON + days(10))
    later = filing("云杉书店", since=NOON + days(10))
    found = attribution(register(port(before, now, later)))
    assert (found.kind, found.holder, found.filed_signature) == ("sublet-suspected", OTHER_HOLDER, "红枫超市")


def test_a_filed_prefix_covers_its_extensions_where_its_filing_states_so() -> None:
    base = NUMBER[:10]
    covering = register(port(filing(covers_extensions=True), number=base))
    assert attribution(covering).kind == "declared"
    assert "filed:prefix" in attributed(covering).reasons
    assert attribution(register(port(filing(covers_extensions=False), number=base))).kind == "unregistered"


def test_the_exact_number_comes_before_a_prefix_and_the_longer_prefix_before_the_shorter() -> None:
    def covering(signature: str, number: str) -> RegisterPart:
        return register(port(filing(signature, covers_extensions=True), number=number))

    short, long = covering("短前缀", NUMBER[:9]), covering("长前缀", NUMBER[:12])
    both = RegisterPart(ports={**short.ports, **long.ports})
    assert attribution(both, "八折").filed_signature == "长前缀"
    exact = RegisterPart(ports={**both.ports, **register(port()).ports})
    assert attribution(exact, "八折").filed_signature == "云杉书店"


def test_an_unregistered_number_is_attributed_to_the_holder_of_its_access_code() -> None:
    sibling = port(number=NUMBER[:-1] + "0")
    found = attribution(register(sibling))
    assert (found.kind, found.carrier, found.holder, found.provider) == ("unregistered", "CMCC", HOLDER, None)
    assert found.signature == "云杉书店"


def test_an_access_code_that_was_filed_after_the_message_names_no_holder() -> None:
    sibling = port(filing(since=NOON + days(1)), number=NUMBER[:-1] + "0")
    found = attribution(register(sibling))
    assert (found.kind, found.carrier, found.holder) == ("unregistered", None, None)


def test_an_access_code_of_several_holders_names_no_holder() -> None:
    found = attribution(
        register(port(number=NUMBER[:-1] + "0"), port(filing(holder=OTHER_HOLDER), number=NUMBER[:-1] + "1"))
    )
    assert (found.kind, found.carrier, found.holder) == ("unregistered", "CMCC", None)


def test_an_unregistered_number_on_an_unknown_access_code_has_no_holder_and_at_most_the_carrier_of_the_plan() -> None:
    unknown = attribution(RegisterPart())
    assert (unknown.kind, unknown.carrier, unknown.holder) == ("unregistered", None, None)
    by_plan = attribution(RegisterPart(), sender="10657123456")
    assert (by_plan.kind, by_plan.carrier, by_plan.holder) == ("unregistered", "CMCC", None)


def test_a_106_number_off_the_plan_is_unregistered_and_gives_that_reason() -> None:
    found = attributed(RegisterPart(), sender="106412345678")
    assert found.attribution.kind == "unregistered"
    assert found.reasons == ("access-code:off-plan",)


def test_a_number_filed_at_several_carriers_names_the_one_whose_signature_fits() -> None:
    other = port(filing("红枫超市", holder=OTHER_HOLDER), carrier="CUCC")
    found = attribution(register(port(), other), "【红枫超市】八折")
    assert (found.kind, found.carrier, found.holder) == ("declared", "CUCC", OTHER_HOLDER)


def test_a_number_filed_alike_at_several_carriers_names_no_carrier() -> None:
    found = attributed(register(port(), port(carrier="CUCC")))
    assert (found.attribution.kind, found.attribution.carrier) == ("declared", None)
    assert found.attribution.holder == HOLDER
    assert "filed:several-carriers" in found.reasons


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("13900001234", "p2p"),
        ("+86 139 0000 1234", "p2p"),
        ("95588", "other"),
        ("10086", "other"),
        ("02012345678", "other"),
        ("+85261234567", "other"),
        ("Bank", "other"),
        ("…", "other"),
    ],
)
def test_a_sender_that_is_not_a_port_is_p2p_or_other_and_names_no_party(sender: str, kind: str) -> None:
    found = attribution(register(port()), sender=sender)
    assert (found.kind, found.carrier, found.holder, found.provider) == (kind, None, None, None)

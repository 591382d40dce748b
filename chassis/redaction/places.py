"""Addresses: a street, a village or an estate, and the number of a house in it."""

from __future__ import annotations

from typing import Final

from chassis.redaction.name_tables import HAN

_NOT_IN_PLACE = "的已至往达到在于您你请了将把是向给由来去过从址每今日本按凭需可被出发有无起售折元询购抢送赠仅"
_PLACE_NAME = rf"(?:(?![{_NOT_IN_PLACE}])[{HAN}]){{1,9}}"
_AREAS = (
    "省|自治区|市|区|县|旗|镇|乡|街道|道|路|街|巷|弄|里|胡同|村|屯|寨|坳|堡|庄|湾"
    "|小区|花园|公寓|苑|府|城|宿舍|大厦|广场|楼|国际|中心|邸|墅|半岛|园|大学|学院|中学|一中|交叉口|路口"
)
_AREA = f"(?:{_AREAS})"
_HOUSE_NUMBER = (
    r"(?:附?[A-Za-z]?\d{1,5}(?:-\d{1,4}|之[一二三四五六七八九十\d]{1,2}){0,2}\s?|第?[一二三四五六七八九十]{1,3}|[A-Z])"
    "(?:号(?:院|楼|宿舍楼)?(?![窗柜线厅诊门桌台口机])|弄|栋|幢|座(?![谈位])|单元|室(?![内外])|寝室|户|"
    "村民小组|组(?![织合])|社(?!会)|队|#)"
)
_HOUSE = rf"(?:{_HOUSE_NUMBER}|\d{{1,2}}-(?:\d{{1,2}}-)?\d{{3,4}}|写字楼|东区|西区|南区|北区)"
_REST_OF_HOUSE = (
    rf"(?:[\s,，]?(?:{_HOUSE}|[一二三四五六七八九十\d]期(?![间末限待房货])|{_PLACE_NAME}{_AREA}|"
    rf"[A-Z]?\d{{1,4}}(?:楼|层|室)?|[东南西北中]户|门卫))"
)

ADDRESS_PATTERN: Final = (
    rf"(?!号)(?:{_PLACE_NAME}{_AREA}[\s,，]?){{1,8}}(?:{_PLACE_NAME})??[东南西北中一二三四]?"
    rf"{_HOUSE}{_REST_OF_HOUSE}{{0,8}}"
)
"""An address from its first area to the flat; 号 belongs to the number before it."""

HOUSE_PATTERN: Final = (
    r"[\d之一二三四五六七八九十A-Z写东西南北](?:(?<=[\d之一二三四五六七八九十])\s?(?:号|弄|栋|幢|座|单元|"
    r"室|寝室|户|村民小组|组|社|队|#)"
    r"|(?<=\d)-(?:\d{1,2}-)?\d{3,4}|(?<=写)字楼|(?<=[东西南北])区|(?<=[A-Z])(?:号|栋|幢|座|单元))"
)
"""Found in every address, and faster."""

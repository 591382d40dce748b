"""Bodies that are records: the structs of the lines of imports, read by the same parser.

A record is read in one way, whether it is sent alone or in a file: the same forms and precision of times, the same
errors, the same digest. The struct also describes it in the OpenAPI document: `msgspec.Meta` has the descriptions,
examples and limits of its fields.
"""

from __future__ import annotations

from typing import Annotated, Any, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from chassis.http.problems import Invalid
from chassis.wrong_fields import field_errors

_DESCRIBED = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "description", "examples")


class RecordBody:
    """Annotates the body of a route: `ComplaintIn = Annotated[Report, Body(), RecordBody("ComplaintIn")]`."""

    def __init__(self, name: str) -> None:
        """`name` is that of its schema in the OpenAPI document."""
        self._name = name

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(body: object) -> Any:
            try:
                return msgspec.convert(body, source)
            except msgspec.ValidationError:
                raise Invalid.of_fields(field_errors(source, body)) from None

        described = handler.generate_schema(_model(source, self._name))
        return core_schema.no_info_plain_validator_function(read, json_schema_input_schema=described)


def _model(record: Any, name: str) -> type[BaseModel]:
    """A model with the fields of a struct, for the OpenAPI document only."""
    fields: dict[str, Any] = {
        each.encode_name: (_described(each.type), ... if each.required else each.default)
        for each in msgspec.structs.fields(record)
    }
    return create_model(name, __config__=ConfigDict(extra="forbid"), __doc__=record.__doc__, **fields)


def _described(kind: Any) -> Any:
    """The type of a field, with what `msgspec.Meta` states about it as pydantic expects it."""
    if get_origin(kind) is Annotated:
        of, *metas = get_args(kind)
        return Annotated[_described(of), *(_field(each) for each in metas if isinstance(each, msgspec.Meta))]
    if kinds := [_described(each) for each in get_args(kind)]:
        described = kinds[0]
        for each in kinds[1:]:
            described |= each
        return described
    return kind


def _field(meta: msgspec.Meta) -> Any:
    given = {name: getattr(meta, name) for name in _DESCRIBED}
    return Field(
        **{name: value for name, value in given.items() if value is not None}, json_schema_extra=meta.extra_json_schema
    )

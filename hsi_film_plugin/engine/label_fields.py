"""Which class each feature of a label layer has, read from its fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import InputError
from .label_classes import MAX_CLASS_VALUE, FoundClass

_ID_SUFFIX = re.compile(r"[_ ]?(id|code|value|val|nr|no|num|number)$")
_NAME_SUFFIX = re.compile(r"[_ ]?(name|label|text|desc|description)$")


def feature_classes(
    label: str, fields: dict[str, np.ndarray], class_field: str, warnings: list[str]
) -> tuple[tuple[FoundClass, ...], np.ndarray]:
    """Return the classes of a layer, and each feature's class.

    Args:
        label: What to call the layer in messages.
        fields: One value a feature, by the field's name.
        class_field: The field with the classes.
        warnings: Gets what the user should know.

    Returns:
        The classes, and int64 (features,) indices into them, -1 for a feature without one.

    Raises:
        InputError: if the field is empty in every feature.
    """
    keys = [_key(value) for value in fields[class_field]]
    labelled = [key for key in keys if key is not None]
    if not labelled:
        raise InputError(
            f"The field '{class_field}' of {label} is empty in every feature. "
            "Fill in each feature's class, or choose another field."
        )
    if len(labelled) < len(keys):
        warnings.append(
            f"{counted(len(keys) - len(labelled), 'feature', 'features')} of {label} without a "
            f"value in '{class_field}' were left out."
        )
    distinct = sorted(set(labelled), key=_sort_key)
    numeric = all(isinstance(key, int) for key in distinct)
    companion = _companion(fields, class_field, keys, numeric)
    if numeric:
        found = [FoundClass(str(key), int(key), str(companion.get(key, ""))) for key in distinct]
    else:
        found = [FoundClass(str(key), _as_value(companion.get(key)), str(key)) for key in distinct]
        if companion:
            pairs = sorted(zip(found, distinct), key=lambda pair: pair[0].value or 0)
            found, distinct = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    index = {key: place for place, key in enumerate(distinct)}
    of_feature = np.array([-1 if key is None else index[key] for key in keys], dtype=np.int64)
    return tuple(found), of_feature


def _key(value: Any) -> int | str | None:
    """Return a field value as an integer where it is one, else as text; None if empty."""
    if value is None:
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        # integers with empty values among them arrive as floats
        return int(value) if float(value).is_integer() else str(float(value))
    text = str(value).strip()
    if text in ("", "NaT"):
        return None
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,4}", text) else text


def _sort_key(key: int | str) -> tuple[bool, int, str]:
    return (False, key, "") if isinstance(key, int) else (True, 0, key)


def _as_value(key: int | str | None) -> int | None:
    return key if isinstance(key, int) else None


def _companion(
    fields: dict[str, np.ndarray],
    class_field: str,
    keys: Sequence[int | str | None],
    numeric: bool,
) -> dict[int | str, int | str]:
    """Return names for class ids, or ids for class names, from a field that pairs with them.

    Only fields whose name says so are asked: any field is one-to-one with the class when
    every class has a single polygon.
    """
    for field in _companion_fields(class_field, list(fields), numeric):
        partner: dict[int | str, int | str] = {}
        fits = True
        for key, other in zip(keys, (_key(value) for value in fields[field])):
            if key is None:
                continue
            if other is None or partner.setdefault(key, other) != other:
                fits = False
                break
        if not fits or len(set(partner.values())) < len(partner):
            continue
        values = list(partner.values())
        if numeric and not all(isinstance(value, int) for value in values):
            return partner
        if not numeric and all(
            isinstance(value, int) and 1 <= value <= MAX_CLASS_VALUE for value in values
        ):
            return partner
    return {}


def _companion_fields(class_field: str, fields: Sequence[str], numeric: bool) -> list[str]:
    own = class_field.lower()
    stem = _ID_SUFFIX.sub("", own) if numeric else _NAME_SUFFIX.sub("", own)
    suffix = _NAME_SUFFIX if numeric else _ID_SUFFIX
    general = ("class", "name", "label") if numeric else ("class", "id", "code", "value")
    related, others = [], []
    for field in fields:
        lower = field.lower()
        if field == class_field:
            continue
        if lower == stem or suffix.sub("", lower) == stem:
            related.append(field)
        elif suffix.sub("", lower) in general or lower in general:
            others.append(field)
    return related + others


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"

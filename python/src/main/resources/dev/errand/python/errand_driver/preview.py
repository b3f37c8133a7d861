"""What people see of variables: name, type, and the beginning of the value, without running any of the job's code."""

import datetime
import enum
import types

from . import outside
from .lost import Lost, lost_parts

WIDTH = 120
_ITEMS = 6
_DEPTH = 3
_PLAIN = (bool, float, complex, type(None), range, type(...))
_SAFE = (
    datetime.timedelta,
    datetime.time,
    datetime.timezone,
    outside.date._real,
    outside.datetime._real,
)
_UNSEEN = ("__annotations__", "__doc__")
_SAFE_MODULES = ("decimal", "fractions", "uuid", "typing", "errand")


def of(variables, lost, size):
    """One line per variable: name, type, how many bytes it takes, preview, and why it could not be kept (empty when it was)."""
    lines = []
    for name, value in variables.items():
        if type(value) is Lost:
            _name, kind, reason, _turn = lost_parts(value)
            lines.append([name, kind, size, "", reason])
        elif not (_is_imported(value) or name in _UNSEEN):
            lines.append([name, type(value).__name__, size, _short(value), lost.get(name, "")])
    return lines


def _is_imported(value):
    kind = type(value)
    if issubclass(kind, types.ModuleType):
        return True
    if kind in _DEFINED or issubclass(kind, type):
        return value.__module__ != "__main__"
    return False


_DEFINED = (types.FunctionType, types.BuiltinFunctionType)


def _short(value):
    text = _show(value, _DEPTH)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _show(value, depth):
    kind = type(value)
    if kind in _PLAIN:
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() < 300 else "<int of %d bits>" % value.bit_length()
    if kind is str or kind is bytes or kind is bytearray:
        return repr(value) if len(value) <= WIDTH else repr(value[:WIDTH])
    if kind in (list, tuple, set, frozenset, dict):
        return _show_items(value, kind, depth)
    if kind in _SAFE or kind.__module__ in _SAFE_MODULES:
        return repr(value)
    if kind is types.FunctionType:
        code = value.__code__
        return "%s(%s)" % (value.__name__, ", ".join(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]))
    if kind is Lost:
        return "<lost>"
    if issubclass(kind, types.ModuleType):
        return "module %s" % value.__name__
    if issubclass(kind, type):
        return "class %s" % value.__name__
    if issubclass(kind, enum.Enum):
        return "%s.%s" % (kind.__name__, value._name_)
    attributes = _attributes(value)
    if attributes and depth:
        inner = ["%s=%s" % (name, _show(item, depth - 1)) for name, item in attributes[:_ITEMS]]
        if len(attributes) > _ITEMS:
            inner.append("…")
        return "%s(%s)" % (kind.__name__, ", ".join(inner))
    return "<%s>" % kind.__name__


def _attributes(value):
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return list(attributes.items()) if type(attributes) is dict else None


_BRACKETS = {list: "[]", tuple: "()", set: "{}", frozenset: "{}", dict: "{}"}


def _show_items(value, kind, depth):
    opening, closing = _BRACKETS[kind]
    if not value:
        return {set: "set()", frozenset: "frozenset()"}.get(kind, opening + closing)
    if not depth:
        return "%s…%s" % (opening, closing)
    inner = []
    size = 0
    for item in value.items() if kind is dict else value:
        if len(inner) == _ITEMS or size > WIDTH:
            inner.append("… %d in all" % len(value))
            break
        if kind is dict:
            text = "%s: %s" % (_show(item[0], 0), _show(item[1], depth - 1))
        else:
            text = _show(item, depth - 1)
        size += len(text)
        inner.append(text)
    if kind is tuple and len(value) == 1:
        return "(%s,)" % inner[0]
    text = opening + ", ".join(inner) + closing
    return "frozenset(%s)" % text if kind is frozenset else text

"""What people see of variables: name, type, and the beginning of the value, without running any of the job's code."""

import datetime
import enum
import sys
import types

from . import durable, outside
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
_LIBRARIES = ("numpy", "pandas")
_LIBRARY_SCALARS = frozenset(
    "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 str_ bytes_ "
    "datetime64 timedelta64 Timestamp Timedelta".split()
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
    if getattr(type(value), durable.MARK, False):
        return "<durable %s %s>" % (type(value).__name__, durable.id_of(value))
    kind = type(value)
    if kind in _PLAIN:
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() < 300 else "<int of %d bits>" % value.bit_length()
    if kind is str or kind is bytes or kind is bytearray:
        return repr(value) if len(value) <= WIDTH else repr(value[:WIDTH])
    if kind in (list, tuple, set, frozenset, dict):
        return _show_items(value, kind, depth)
    if kind in _SAFE or (kind.__module__ in _SAFE_MODULES and _is_theirs(kind)):
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
    if issubclass(kind, BaseException):
        args = BaseException.args.__get__(value)
        return "%s(%s)" % (kind.__name__, ", ".join(_show(item, depth - 1) for item in args) if depth > 0 else "…")
    if kind.__module__.partition(".")[0] in _LIBRARIES:
        text = _show_array(value, kind)
        if text is not None:
            return text
    attributes = _attributes(value)
    if attributes and depth:
        inner = ["%s=%s" % (name, _show(item, depth - 1)) for name, item in attributes[:_ITEMS]]
        if len(attributes) > _ITEMS:
            inner.append("…")
        return "%s(%s)" % (kind.__name__, ", ".join(inner))
    return "<%s>" % kind.__name__


def _is_theirs(kind):
    """Whether a class is what its module has under its name; one of the job's may only call itself so."""
    return getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind


def _show_array(value, kind):
    """An array, a frame or a scalar of numpy or pandas."""
    if not _is_theirs(kind):
        return None
    shape = getattr(value, "shape", None)
    if shape:
        what = getattr(value, "dtype", None)
        return "<%s%s (%s)>" % (kind.__name__, " %s" % what if what is not None else "", ", ".join(map(str, shape)))
    return repr(value) if kind.__name__ in _LIBRARY_SCALARS else None


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

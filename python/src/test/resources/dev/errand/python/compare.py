"""Whether two workspaces hold the same: equal values, equal types, and the same sharing of what can change."""

import copy
import enum
import types

from errand_driver import kinds, names
from errand_driver.lost import Lost

_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, type(...), type(NotImplemented))
_SKIPPED = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.WrapperDescriptorType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.GenericAlias,
)
_UNKEPT = ("__dict__", "__weakref__", "_abc_impl", "_abc_errand", "__dataclass_params__", "__slotnames__")


class Difference(Exception):
    """Where two workspaces differ."""


def compare(one, other, lost=()):
    """Raises Difference unless the variables are the same. Those named as lost must be so in the second."""
    _Comparison().variables(one, other, frozenset(lost))


class _Comparison:
    def __init__(self):
        self.pairs = {}
        self.back = {}
        self.kept = []

    def variables(self, one, other, lost):
        if one.keys() != other.keys():
            raise Difference("names: %s" % sorted(one.keys() ^ other.keys()))
        for name in one:
            if name in lost:
                if type(other[name]) is not Lost:
                    raise Difference("%s: is not lost" % name)
            else:
                self.same(one[name], other[name], name)

    def differ(self, path, one, other):
        raise Difference("%s: %s" % (path, _told(one, other)))

    def same(self, one, other, path):
        kind = type(one)
        if kind is Lost and type(other) is Lost:
            return
        if kind in _PLAIN:
            if type(other) is not kind or repr(one) != repr(other):
                self.differ(path, one, other)
            return
        if kind.__module__ == "typing":
            if repr(one) != repr(other):
                self.differ(path, one, other)
            return
        if id(one) in self.pairs or id(other) in self.back:
            if self.pairs.get(id(one)) is not other:
                if kind in (tuple, frozenset) and id(one) not in self.pairs:
                    pass
                elif kind in (tuple, frozenset):
                    return self.contents(one, other, path)
                else:
                    raise Difference("%s: is shared otherwise" % path)
            else:
                return
        self.pairs[id(one)] = other
        self.back[id(other)] = one
        self.kept.append((one, other))
        if kind.__name__.endswith("iterator") and hasattr(other, "__next__"):
            self.all(path, list(copy.copy(one)), list(copy.copy(other)))
            return
        if kind is not type(other) and not (kind.__module__ == "__main__" and kind.__name__ == type(other).__name__):
            self.differ(path, one, other)
        if kind.__module__ == "__main__" and not issubclass(kind, type):
            self.same(kind, type(other), path + ".__class__")
        self.contents(one, other, path)

    def contents(self, one, other, path):
        kind = type(one)
        if isinstance(one, types.FunctionType):
            self.function(one, other, path)
        elif isinstance(one, type):
            self.cls(one, other, path)
        elif isinstance(one, enum.Enum):
            self.same(one._name_, other._name_, path)
        elif isinstance(one, _SKIPPED):
            return
        elif isinstance(one, types.MethodType):
            self.all(path, (one.__func__, one.__self__), (other.__func__, other.__self__))
        elif isinstance(one, (staticmethod, classmethod)):
            self.same(one.__func__, other.__func__, path)
        elif isinstance(one, property):
            self.all(path, (one.fget, one.fset), (other.fget, other.fset))
        elif kind is types.CellType:
            self.all(path, *(([c.cell_contents] if _full(c) else []) for c in (one, other)))
        else:
            if isinstance(one, dict):
                self.all(path, list(dict.items(one)), list(dict.items(other)))
            elif isinstance(one, (list, tuple)):
                self.all(path, list(one), list(other))
            elif isinstance(one, set) and not all(map(_has_hash_of_content, one)):
                self.same(len(one), len(other), path)
            elif isinstance(one, set):
                if set.__sizeof__(one) != set.__sizeof__(other):
                    raise Difference("%s: will grow in another order" % path)
                self.all(path, list(one), list(other))
            elif isinstance(one, frozenset):
                self.all(path, sorted(one, key=repr), sorted(other, key=repr))
            elif isinstance(one, BaseException):
                self.all(path, one.args, other.args)
            elif kind.__module__ == "collections":
                self.all(path, list(one), list(other))
            elif isinstance(one, bytearray):
                self.same(bytes(one), bytes(other), path)
            elif not hasattr(one, "__dict__") or isinstance(one, names.SubTaskHandler):
                self.reduced(one, other, path)
            state = getattr(one, "__dict__", None)
            if state is not None and not isinstance(one, names.SubTaskHandler):
                self.same(dict(state), dict(other.__dict__), path + ".__dict__")

    def reduced(self, one, other, path):
        if type(one) is object:
            return
        mine, theirs = one.__reduce_ex__(4), other.__reduce_ex__(4)
        if type(mine) is str:
            self.same(mine, theirs, path)
            return
        self.all(path + ".reduced", [_listed(p) for p in mine[1:]], [_listed(p) for p in theirs[1:]])

    def all(self, path, ones, others):
        if len(ones) != len(others):
            raise Difference("%s: %d and %d items" % (path, len(ones), len(others)))
        for number, (one, other) in enumerate(zip(ones, others)):
            self.same(one, other, "%s[%d]" % (path, number))

    def function(self, one, other, path):
        self.same(one.__code__.co_code, other.__code__.co_code, path + ".code")
        self.all(path, *([f.__name__, f.__defaults__, f.__kwdefaults__] for f in (one, other)))
        self.same(one.__dict__, other.__dict__, path + ".__dict__")
        self.all(path + ".closure", one.__closure__ or (), other.__closure__ or ())

    def cls(self, one, other, path):
        if one.__module__ != "__main__":
            if one is not other:
                self.differ(path, one, other)
            return
        self.same(one.__qualname__, other.__qualname__, path)
        self.all(path + ".bases", one.__bases__, other.__bases__)
        mine, theirs = ({n: v for n, v in vars(c).items() if n not in _UNKEPT} for c in (one, other))
        if isinstance(one, enum.EnumMeta):
            self.all(path, [m._value_ for m in one], [m._value_ for m in other])
            return
        if "__dataclass_fields__" in mine:  # what `dataclass` made it makes again
            mine, theirs = ({n: v for n, v in c.items() if n not in kinds._GENERATED} for c in (mine, theirs))
        if mine.keys() != theirs.keys():
            raise Difference("%s: attributes %s" % (path, sorted(mine.keys() ^ theirs.keys())))
        for name in mine:
            self.same(mine[name], theirs[name], "%s.%s" % (path, name))


def _has_hash_of_content(item):
    return type(item) in _PLAIN or (type(item) is tuple and all(map(_has_hash_of_content, item)))


def _full(cell):
    try:
        cell.cell_contents
        return True
    except ValueError:
        return False


def _listed(part):
    return part if part is None or type(part) in (tuple, dict, list) or not hasattr(part, "__next__") else list(part)


def _told(one, other):
    return "%s %.60r and %s %.60r" % (type(one).__name__, one, type(other).__name__, other)

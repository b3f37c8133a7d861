"""What a value reaches: the objects it may share with other variables, and the names its code may read or set.

It looks at the objects themselves, as the garbage collector does, not at what pickling would take of them; so nothing
that code could change through a value is missed.
"""

import enum
import types
from operator import is_

from . import durable, facades, kinds
from .heavy import BIG, MANY, heavy, is_plain, settle
from .identity import at_of
from .interpreter import Namespace, referents

# What never changes and has no identity that matters.
ATOMS = {type(None), bool, int, float, complex, str, bytes, range, type(...), type(NotImplemented), types.CodeType}
ATOMS.update((types.GetSetDescriptorType, types.MemberDescriptorType, types.WrapperDescriptorType))
ATOMS.update((types.MethodDescriptorType, types.ClassMethodDescriptorType))

# Names by which code gets at what it does not name.
DYNAMIC = frozenset(
    "eval exec compile globals locals vars dir modules __main__ __globals__ __dict__ __subclasses__ __mro__ f_globals "
    "f_locals f_back tb_frame gi_frame cr_frame ag_frame _getframe currentframe stack trace get_objects get_referrers "
    "get_referents import_module __import__ __builtins__ settrace setprofile finalize".split()
)

_PURE = frozenset(
    "builtins __main__ _abc _bisect _collections _collections_abc _datetime _decimal _functools _heapq _io _json _operator "
    "_random _sre _struct _thread _weakref _weakrefset array copyreg errand errand_driver io ipaddress numpy pandas "
    "pathlib pytz dateutil six statek struct types weakref zoneinfo".split()
) | frozenset(module.partition(".")[0] for module in facades.MODULES)

unrestricted = False


class Reach:
    """What a variable's value reaches.

    `ids` are those of the objects that make a difference when they are shared, `names` what its code mentions, `anchors`
    the classes that it refers to by the variable that holds them, `heavies` the large plain objects by id, `sets` those that
    must be made from another list than their order to have that order, `handlers` the ids of handlers. `everything`
    says that no more is known than that it may reach anything.
    """

    __slots__ = ("ids", "names", "anchors", "heavies", "sets", "handlers", "everything", "finalizes")

    def __init__(self):
        self.ids = ()
        self.names = set()
        self.anchors = {}
        self.heavies = {}
        self.sets = []
        self.handlers = set()
        self.everything = False
        self.finalizes = False


NOTHING = Reach()


class Walk:
    """Looks at values at one moment. `anchors` are the variables that hold classes, by the classes' ids; `known` what
    is kept of heavy objects already, by their ids."""

    def __init__(self, namespace, anchors, known):
        self.namespace = namespace
        self.anchors = anchors
        self.known = known
        self._heavies = {}

    def of(self, name, value):
        """What the variable reaches."""
        kind = type(value)
        if kind in ATOMS and not (kind in _TEXTS and len(value) >= BIG):
            return NOTHING
        self.reach = reach = Reach()
        self._own = name
        seen = self._seen = {}
        ids = reach.ids = []
        waiting = self._waiting = [value]
        while waiting:
            obj = waiting.pop()
            kind = type(obj)
            if kind in ATOMS:
                if kind in _TEXTS and len(obj) >= BIG:
                    self._heavy(obj)
                continue
            at = at_of(obj)
            if at in seen:
                continue
            seen[at] = obj
            if kind not in _VALUES:
                ids.append(at)
            look = _LOOKS.get(kind)
            if look is None:
                look = _look_of(kind)
            look(self, obj)
        reach.ids = {at: seen[at] for at in ids}
        return reach

    def _heavy(self, obj):
        """Whether the object is kept in pieces of its own."""
        at = at_of(obj)
        made = self._heavies.get(at)
        if made is None:
            before = self.known.get(at)
            if before is not None and before.obj is obj:
                made = before.refreshed()
            elif type(obj) in _TEXTS or type(obj) is bytearray or is_plain(obj):
                made = heavy(obj)
            if made is None:
                return False
            self._heavies[at] = made
        self.reach.heavies[at] = made
        return True

    # One method for each kind of object

    def items(self, obj):
        if not (len(obj) >= MANY and self._heavy(obj)):
            self._waiting.extend(obj)

    def set(self, obj):
        if not (len(obj) >= MANY and self._heavy(obj)):
            self._settle(obj)
            self._waiting.extend(obj)

    def _settle(self, obj):
        # Other items may hash by where they are in memory, or by code of the job's.
        if _all_atoms(obj):
            made_of = settle(obj)
            if not all(map(is_, made_of, obj)):
                self.reach.sets.append((obj, made_of))

    def dict(self, obj):
        if obj is self.namespace:
            self.reach.everything = True
        elif not (len(obj) >= MANY and self._heavy(obj)):
            self._waiting.extend(obj)
            self._waiting.extend(obj.values())

    def bytearray(self, obj):
        if len(obj) >= BIG:
            self._heavy(obj)

    def function(self, obj):
        if obj.__globals__ is self.namespace:
            self.reach.names |= names_of(obj.__code__)
        else:
            self._foreign(obj.__module__)
        self._waiting += (obj.__closure__, obj.__defaults__, obj.__kwdefaults__, obj.__dict__, obj.__annotations__)

    def bound(self, obj):
        if not issubclass(type(obj.__self__), types.ModuleType):
            self._waiting.append(obj.__self__)
        else:
            self._by_name(obj.__module__)

    def cls(self, obj):
        if obj.__module__ != "__main__":
            self._by_name(obj.__module__)
            return
        anchor = self.anchors.get(at_of(obj))
        if anchor is not None and anchor != self._own:
            self.reach.anchors[anchor] = obj
            self.reach.ids.pop()
            return
        attributes = type.__getattribute__(obj, "__dict__")
        if "__del__" in attributes:
            self.reach.finalizes = True
        self._waiting.extend(durable.own_attributes(obj).values())
        self._waiting.extend(obj.__bases__)
        self._waiting.append(type(obj))

    def module(self, obj):
        self._by_name(obj.__name__)

    def anything(self, obj):
        self.reach.everything = True

    def nothing(self, obj):
        self.reach.ids.pop()

    def trace(self, obj):
        self._waiting.append(obj.tb_next)  # what its frames hold is not kept

    def member(self, obj):
        self.reach.ids.pop()
        self._waiting.append(type(obj))

    def array(self, obj):
        base = obj.base
        if type(base) is type(obj):
            self._waiting.append(base)
        elif base is not None:  # it is stored with the array, not by itself
            self._seen[at_of(base)] = base
            self.reach.ids.append(at_of(base))
        if obj.dtype.hasobject:
            items = obj.ravel().tolist()
            if not is_plain(items):
                self._waiting.extend(items)
        self._waiting.append(type(obj))

    def handler(self, obj):
        self.reach.handlers.add(at_of(obj))
        self.other(obj)

    def other(self, obj):
        if issubclass(type(obj), set):
            self._settle(obj)
        self._waiting.extend(referents(obj))

    def _by_name(self, module):
        """What is stored by its name may stand in any co-variable."""
        self.reach.ids.pop()
        self._foreign(module)

    def _foreign(self, module):
        if unrestricted and not (isinstance(module, str) and module.partition(".")[0] in _PURE):
            self.reach.everything = True


_TEXTS = frozenset((str, bytes))
_VALUES = frozenset((tuple, frozenset))
_LOOKS = {
    list: Walk.items,
    tuple: Walk.items,
    set: Walk.set,
    frozenset: Walk.items,
    dict: Walk.dict,
    Namespace: Walk.dict,
    bytearray: Walk.bytearray,
    type: Walk.cls,
    types.FunctionType: Walk.function,
    types.BuiltinFunctionType: Walk.bound,
    types.ModuleType: Walk.module,
    types.FrameType: Walk.anything,
    types.TracebackType: Walk.trace,
    facades.Facade: Walk.nothing,
    facades.StandIn: Walk.nothing,
}


def _look_of(kind):
    """How to look at objects of a kind that was not met before. Only kinds that the job did not make are remembered."""
    if issubclass(kind, type):
        return Walk.cls
    if issubclass(type(kind), enum.EnumMeta) or getattr(kind, durable.MARK, False):
        return Walk.member
    if issubclass(kind, types.ModuleType):
        return Walk.module
    if issubclass(kind, kinds.HANDLER):
        return Walk.handler
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return _LOOKS.setdefault(kind, Walk.array)
    return Walk.other


def value_kinds(*kinds):
    """Makes kinds known whose objects never change and have no identity that matters."""
    ATOMS.update(kinds)


def by_reference(*kinds):
    """Makes kinds known whose objects are the driver's own and are stored by name."""
    for kind in kinds:
        _LOOKS[kind] = Walk.nothing


def _all_atoms(items):
    """Whether these are atoms, or tuples of such."""
    return all([type(item) in ATOMS or (type(item) is tuple and _all_atoms(item)) for item in items])


def names_of(code):
    """All names that a code object and those within it mention, as variables or attributes."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if type(constant) is types.CodeType:
            names |= names_of(constant)
    return names

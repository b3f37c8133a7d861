"""How each kind of Python object that plain pickling does not keep is taken apart and made again."""

import abc
import collections
import contextlib
import dataclasses
import enum
import functools
import pickle
import sys
import types
import typing

from . import durable, facades, fence, outside
from .identity import at_of
from .interpreter import attributes_of, names_read, new_function
from .lost import Lost, Unkeepable, lost, lost_parts

MODULE = "errand"  # where the makers' names stand in a pickle

_REAL_TYPES = {id(shim._real): shim.__name__ for shim in (outside.date, outside.datetime)}


def reduce(writer, obj):
    """The parts of an object, as `Pickler.reducer_override` returns them."""
    kind = type(obj)
    taking = _TAKERS.get(kind)
    if taking is not None:
        return taking(writer, obj)
    if issubclass(kind, type):
        return _take_class(writer, obj)
    if issubclass(type(kind), enum.EnumMeta):
        return maker("_member"), (kind, obj._name_, obj._value_)
    if getattr(kind, durable.MARK, False):
        return maker("_durable"), (kind, durable.id_of(obj))
    for general in (HANDLER, BaseException):
        if issubclass(kind, general):
            return _TAKERS[general](writer, obj)
    if kind.__name__ == "ndarray" and kind.__module__ == "numpy":
        return _take_array(obj)
    if kind.__reduce__ is not _PLAIN_REDUCE or kind.__reduce_ex__ is not _PLAIN_REDUCE_EX:
        return _take_with_attributes(obj, kind)
    return NotImplemented


_PLAIN_REDUCE, _PLAIN_REDUCE_EX = object.__reduce__, object.__reduce_ex__


def find_global(module, name):
    """A name of the standard library that a pickle may mention, else an error."""
    found = facades.safe_global(module, name)
    if found is None:
        raise pickle.UnpicklingError("%s.%s is not a name that a workspace may refer to" % (module, name))
    return found


# Makers are methods of `Makers`, bound to a reader; a pickle names them as functions of the module `errand`.


class _Name:
    """What a maker is to a writer: its name."""

    def __init__(self, name):
        self.__name__ = self.__qualname__ = name
        self.__module__ = MODULE

    def __call__(self):
        raise TypeError("only a name")

    def __reduce__(self):
        return self.__name__


_NAMES = {}


class Makers:
    def __init__(self, reader):
        self.keeper = reader.keeper
        self.handlers = reader.handlers
        self.kept_as_they_are = set()

    def find(self, name):
        """The maker of that name, or None."""
        return getattr(self, name) if name in _NAMES else None

    # Functions

    def _function(self, place, cells):
        code = self.keeper.inner(*place)
        return new_function(code, self.keeper.namespace, cells)

    def _fill_function(self, function, state):
        defaults, kwdefaults, contents, attributes, others = state
        function.__defaults__ = defaults
        function.__kwdefaults__ = kwdefaults
        for cell, content in zip(function.__closure__ or (), contents or ()):
            if content:
                cell.cell_contents = content[0]
        function.__dict__.update(attributes)
        for name, value in others.items():
            setattr(function, name, value)

    _cell = staticmethod(types.CellType)

    # Classes

    def _class(self, key, meta, name, bases, body):
        known = self.keeper.known_class(key)
        if known is not None:
            self.kept_as_they_are.add(known)
            return known
        builder = next(
            kind for kind in meta.__mro__ if kind.__module__ != "__main__" and "__new__" in kind.__dict__
        )
        with _silenced(bases):
            cls = builder.__new__(meta, name, bases, body)
        self.keeper.know_class(key, cls)
        return cls

    def _fill_class(self, cls, state):
        if cls in self.kept_as_they_are:
            return
        attributes, fields, parameters = state
        for name, value in attributes.items():
            type.__setattr__(cls, name, value)
        if parameters is not None:
            _decorate(cls, fields, parameters)
        if durable.MARK in attributes:
            durable.equip(cls)
        for base, virtual in attributes.get(_KIN, ()):
            _register_plainly(base, virtual)
        if isinstance(cls, abc.ABCMeta):
            abc.update_abstractmethods(cls)

    def _enum(self, key, meta, name, bases, body, members):
        known = self.keeper.known_class(key)
        if known is not None:
            return known
        prepared = meta.__prepare__(name, bases)
        for attribute, value in (*body.items(), *members):
            prepared[attribute] = value
        cls = meta(name, bases, prepared)
        self.keeper.know_class(key, cls)
        return cls

    def _member(self, cls, name, value):
        member = cls.__members__.get(name)
        return cls(value) if member is None else member

    def _namedtuple(self, key, name, fields, defaults):
        known = self.keeper.known_class(key)
        if known is not None:
            self.kept_as_they_are.add(known)
            return known
        cls = collections.namedtuple(name, fields, defaults=defaults, module="__main__")
        self.keeper.know_class(key, cls)
        return cls

    def _typeddict(self, key, name, annotations, total):
        known = self.keeper.known_class(key)
        if known is None:
            known = typing.TypedDict(name, annotations, total=total)
            known.__module__ = "__main__"
            self.keeper.know_class(key, known)
        return known

    def _typevar(self, name, bound, constraints, covariant, contravariant):
        made = typing.TypeVar(
            name, *constraints, bound=bound, covariant=covariant, contravariant=contravariant
        )
        made.__module__ = "__main__"
        return made

    # The rest

    def _module(self, name):
        return self.keeper.import_module(name)

    def _real_type(self, name):
        return getattr(outside, name)._real

    def _shown_type(self):
        return outside.Shown

    def _stand_in(self, name):
        return next(one for one in facades.stand_ins.values() if one.__name__ == name)

    def _method(self, function, owner):
        return types.MethodType(function, owner)

    def _builtin_method(self, owner, name):
        return _public(owner, name, types.BuiltinMethodType)

    def _descriptor(self, owner, name):
        return _public(owner, name, types.MethodDescriptorType)

    def _global(self, module, name):
        return find_global(module, name)

    def _staticmethod(self, function):
        return staticmethod(function)

    def _classmethod(self, function):
        return classmethod(function)

    def _property(self, get, put, delete, doc):
        return property(get, put, delete, doc)

    def _cached_property(self, function, name):
        made = functools.cached_property(function)
        made.attrname = name
        return made

    def _lru_cache(self, function, size, typed):
        return functools.lru_cache(size, typed)(function)

    def _contextmanager(self, function):
        return contextlib.contextmanager(function)

    def _fill_with_attributes(self, obj, state):
        state, attributes, slots = state
        if state is not None:
            _fill(obj, state)
        if attributes:
            obj.__dict__.update(attributes)
        for name, value in slots.items():
            object.__setattr__(obj, name, value)

    def _view(self, base, offset, shape, strides, dtype):
        return sys.modules["numpy"].ndarray(shape, dtype, base, offset, strides)

    _lost = staticmethod(lost)
    _durable = staticmethod(durable.of)

    def _handler(self, cls, job):
        self.keeper.handled.add(job.id)
        known = self.keeper.handler(job.id)
        if known is None:
            known = cls.__new__(cls)
            self.keeper.know_handler(job.id, known)
        self.handlers.add(at_of(known))
        return known

    def _own_handler(self):
        return self.keeper.own_handler

    def _console(self):
        return sys.stdout

    def _tool(self, name):
        return self.keeper.tools[name]


def _fill(obj, state):
    """What plain unpickling does with a state."""
    fill = getattr(obj, "__setstate__", None)
    if fill is not None:
        fill(state)
        return
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    obj.__dict__.update(attributes or {})
    for name, value in (slots or {}).items():
        setattr(obj, name, value)


def _decorate(cls, fields, parameters):
    slots = {name: cls.__dict__[name] for name in fields if isinstance(cls.__dict__.get(name), _SLOT_KINDS)}
    for name, field in fields.items():
        type.__setattr__(cls, name, dataclasses.field(**field))
    dataclasses.dataclass(**parameters)(cls)
    for name, slot in slots.items():
        type.__setattr__(cls, name, slot)
    if slots and parameters["frozen"]:
        type.__setattr__(cls, "__getstate__", dataclasses._dataclass_getstate)
        type.__setattr__(cls, "__setstate__", dataclasses._dataclass_setstate)


def _public(owner, name, kind):
    method = None if name.startswith("_") else getattr(owner, name)
    if not isinstance(method, kind):
        raise pickle.UnpicklingError("%s has no method %s that a workspace may refer to" % (type(owner), name))
    return method


for _name in vars(Makers):
    if _name.startswith("_") and not _name.startswith("__"):
        _NAMES[_name] = _Name(_name)

HANDLER = type(None)
"""The class of handlers, once it is known."""

_TypedDictMeta = type(typing.TypedDict("_TypedDict", {}))


# Takers


def _take_function(writer, function):
    if function.__globals__ is not writer.keeper.namespace:
        if function.__code__ is _CONTEXT_MANAGER_CODE:
            return maker("_contextmanager"), (function.__wrapped__,), function.__dict__
        return _take_global(function)
    code = function.__code__
    place = writer.place(code)
    if writer.crossing:
        for name in global_names(code, writer.keeper.source(place[0])):
            writer.needed[name] = None
    closure = function.__closure__
    contents = closure and tuple(map(_contents, closure))
    others = {}
    if function.__name__ != code.co_name:
        others["__name__"] = function.__name__
    if not function.__qualname__ == code.co_name == getattr(code, "co_qualname", code.co_name):
        others["__qualname__"] = function.__qualname__
    if function.__annotations__:
        others["__annotations__"] = function.__annotations__
    if function.__doc__ is not None and function.__doc__ not in code.co_consts:
        others["__doc__"] = function.__doc__
    if function.__module__ != "__main__":
        others["__module__"] = function.__module__
    defaults, kwdefaults, attributes = function.__defaults__, function.__kwdefaults__, attributes_of(function)
    if closure is defaults is kwdefaults is None and not attributes and not others:
        return maker("_function"), (place, None)
    state = (defaults, kwdefaults, contents, attributes, others)
    return maker("_function"), (place, closure), state, None, None, maker("_fill_function")


_CONTEXT_MANAGER_CODE = contextlib.contextmanager(lambda: None).__code__


def _contents(cell):
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


_names_by_code = {}


def global_names(code, source):
    """The global names that a code object of that source and those within it read or delete."""
    known = _names_by_code.get(id(code))
    if known is None:
        names = dict.fromkeys(names_read(code, source))
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                names.update(dict.fromkeys(global_names(constant, source)))
        known = _names_by_code[id(code)] = (code, tuple(names))
    return known[1]


def _take_global(obj):
    module = getattr(obj, "__module__", None) or "builtins"
    name = getattr(obj, "__qualname__", None)
    if name is None or facades.safe_global(module, name) is not obj:
        raise Unkeepable("%s.%s cannot be kept" % (module, name or type(obj).__name__))
    if getattr(sys.modules.get(module), name, obj) is not obj:
        return maker("_global"), (module, name)
    return NotImplemented


def _take_method(writer, method):
    owner = method.__self__
    if type(owner).__module__ == "random":
        for module in ("random", "secrets"):
            if getattr(sys.modules.get(module), method.__name__, None) == method:
                return maker("_global"), (module, method.__name__)
    if isinstance(method, types.MethodType):
        return maker("_method"), (method.__func__, owner)
    if owner is None or isinstance(owner, types.ModuleType):
        return _take_global(method)
    return maker("_builtin_method"), (owner, method.__name__)


def _take_descriptor(writer, descriptor):
    return maker("_descriptor"), (descriptor.__objclass__, descriptor.__name__)


def _take_class(writer, cls):
    name = _REAL_TYPES.get(id(cls))
    if name is not None:
        return maker("_real_type"), (name,)
    if cls is outside.Shown:
        return maker("_shown_type"), ()
    if cls.__module__ != "__main__":
        return NotImplemented if cls in _SINGLE_TYPES else _take_global(cls)
    key = writer.keeper.class_key(cls)
    if isinstance(cls, enum.EnumMeta):
        return _take_enum(writer, cls, key)
    if cls.__bases__ == (tuple,) and "_fields" in cls.__dict__:
        return _take_namedtuple(writer, cls, key)
    if isinstance(cls, _TypedDictMeta):
        return maker("_typeddict"), (key, cls.__name__, cls.__annotations__, cls.__total__)
    attributes = {
        name: value
        for name, value in durable.own_attributes(cls).items()
        if name not in _OWN_NAMES and not isinstance(value, _SLOT_KINDS)
    }
    body = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    for name in ("__slots__", "__orig_bases__"):
        if name in attributes:
            body[name] = attributes.pop(name)
    if attributes.get("__doc__", "") is None:
        del attributes["__doc__"]
    fields = parameters = None
    if "__dataclass_params__" in attributes:
        fields, parameters = _take_dataclass(writer, cls, attributes)
    return (
        maker("_class"),
        (key, type(cls), cls.__name__, cls.__bases__, body),
        (attributes, fields, parameters),
        None,
        None,
        maker("_fill_class"),
    )


_KIN = "_abc_errand_kin"
_register_plainly = abc.ABCMeta.register


def _register(base, virtual):
    """Registers a virtual subclass of an abstract class, and remembers it with the one that is the job's."""
    made = _register_plainly(base, virtual)
    own = next((cls for cls in (base, virtual) if cls.__module__ == "__main__"), None)
    if own is not None:
        type.__setattr__(own, _KIN, [*own.__dict__.get(_KIN, ()), (base, virtual)])
    return made


_register.__name__ = _register.__qualname__ = "register"
abc.ABCMeta.register = _register

_SINGLE_TYPES = (type(None), type(...), type(NotImplemented))  # which the pickler knows
_SLOT_KINDS = (types.MemberDescriptorType, types.GetSetDescriptorType)
_OWN_NAMES = frozenset(
    "__module__ __qualname__ __dict__ __weakref__ __abstractmethods__ __static_attributes__ __firstlineno__ "
    "__slotnames__ __classdictcell__ _abc_impl _abc_registry _abc_cache _abc_negative_cache _abc_negative_cache_version _abc_errand".split()
)
_GENERATED = frozenset(
    "__init__ __repr__ __eq__ __lt__ __le__ __gt__ __ge__ __hash__ __setattr__ __delattr__ __match_args__ __replace__ "
    "__dataclass_fields__ __dataclass_params__ __getstate__ __setstate__".split()
)
_FIELD_PARTS = ("default", "default_factory", "init", "repr", "hash", "compare", "metadata", "kw_only")
_DATACLASS_PARTS = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")


def _take_dataclass(writer, cls, attributes):
    parameters = attributes["__dataclass_params__"]
    parameters = {part: getattr(parameters, part) for part in _DATACLASS_PARTS}
    parameters["match_args"] = "__match_args__" in attributes
    all_fields = attributes["__dataclass_fields__"]
    fields = {}
    for name in attributes.get("__annotations__", ()):
        field = all_fields.get(name)
        if field is not None and field._field_type is dataclasses._FIELD:
            fields[name] = parts = {}
            for part in _FIELD_PARTS:
                value = getattr(field, part)
                if value is not dataclasses.MISSING:
                    parts[part] = dict(value) if part == "metadata" else value
            attributes.pop(name, None)
    explicit_hash = attributes.get("__hash__")
    for name in _GENERATED & attributes.keys():
        value = attributes[name]
        if not (isinstance(value, types.FunctionType) and value.__code__.co_filename.startswith("<errand:")):
            del attributes[name]
    if isinstance(explicit_hash, types.FunctionType) and "__hash__" in attributes:
        attributes["__hash__"] = explicit_hash
    if attributes.get("__doc__", "").startswith(cls.__name__ + "("):
        del attributes["__doc__"]
    return fields, parameters


def _take_enum(writer, cls, key):
    body = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    members = cls.__members__
    for name, value in cls.__dict__.items():
        if name in members or (name.startswith("_") and not _is_own_function(writer, value)):
            continue
        if name == "__new_member__":
            name = "__new__"
        elif name == "__new__":
            continue
        body[name] = value
    values = [(name, member._value_) for name, member in members.items()]
    return maker("_enum"), (key, type(cls), cls.__name__, cls.__bases__, body, values)


def _is_own_function(writer, value):
    value = getattr(value, "__func__", value)
    return isinstance(value, types.FunctionType) and value.__globals__ is writer.keeper.namespace


@functools.lru_cache(100)
def _plain_namedtuple(name, fields):
    plain = collections.namedtuple(name, fields)
    return frozenset(plain.__dict__), plain.__doc__


def _take_namedtuple(writer, cls, key):
    defaults = tuple(cls._field_defaults.values()) or None
    plain, doc = _plain_namedtuple(cls.__name__, cls._fields)
    attributes = {
        name: value
        for name, value in cls.__dict__.items()
        if name not in _OWN_NAMES
        and not (name in plain and name not in ("__doc__",) and not _is_own_function(writer, value))
    }
    if attributes.get("__doc__") == doc:
        attributes.pop("__doc__", None)
    return (
        maker("_namedtuple"),
        (key, cls.__name__, cls._fields, defaults),
        (attributes, None, None),
        None,
        None,
        maker("_fill_class"),
    )


def _take_array(array):
    """A view shows what is in its base, also after a restore. What views show of other objects is copied."""
    base = array.base
    if type(base) is not type(array) or array.dtype.hasobject or not base.flags.forc:
        return NotImplemented
    offset = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return maker("_view"), (base, offset, array.shape, array.strides, array.dtype)


def _take_with_attributes(obj, kind):
    """Many classes of the standard library take apart what they know of themselves, and not what was set on an object,
    nor what a subclass of the job added."""
    taken_apart_by = next(base for base in kind.__mro__ if not _REDUCING.isdisjoint(base.__dict__))
    if not (facades.unrestricted or facades.granted or fence.takes_apart_plainly(kind)):
        raise Unkeepable("in restricted mode no class says itself how it is kept")
    if taken_apart_by.__module__.partition(".")[0] not in sys.stdlib_module_names:
        return NotImplemented
    attributes = getattr(obj, "__dict__", None)
    slots = {
        name: value.__get__(obj)
        for base in kind.__mro__
        if base.__module__ == "__main__"
        for name, value in base.__dict__.items()
        if isinstance(value, types.MemberDescriptorType) and name not in _OWN_NAMES and hasattr(obj, name)
    }
    if not attributes and not slots:
        return NotImplemented
    parts = obj.__reduce_ex__(5)
    if isinstance(parts, str):
        return parts
    make, args, state, items, pairs, fill = (*parts, None, None, None, None)[:6]
    known = state if isinstance(state, tuple) else (state,)
    if fill is not None or (not slots and any(part is attributes for part in known)):
        return parts
    return make, args, (state, attributes, slots), items, pairs, maker("_fill_with_attributes")


_REDUCING = frozenset(("__reduce__", "__reduce_ex__"))


def _take_module(writer, module):
    name = module.__name__
    if name == "__main__" or name.startswith("errand_driver"):
        raise Unkeepable("the module %s is not kept" % name)
    return maker("_module"), (name,)


def _take_typevar(writer, variable):
    return maker("_typevar"), (
        variable.__name__,
        variable.__bound__,
        variable.__constraints__,
        variable.__covariant__,
        variable.__contravariant__,
    )


def _take_lru_cache(writer, cache):
    parameters = cache.cache_parameters()
    attributes = {name: value for name, value in cache.__dict__.items() if name != "cache_parameters"}
    return maker("_lru_cache"), (cache.__wrapped__, parameters["maxsize"], parameters["typed"]), attributes


class _silenced:
    """Keeps `__init_subclass__` of the job's own classes from running while a subclass is made again."""

    def __init__(self, bases):
        self.hooks = [
            (cls, cls.__dict__["__init_subclass__"])
            for cls in dict.fromkeys(kind for base in bases for kind in base.__mro__)
            if cls.__module__ == "__main__" and "__init_subclass__" in cls.__dict__
        ]

    def __enter__(self):
        for cls, _hook in self.hooks:
            type.__setattr__(cls, "__init_subclass__", classmethod(lambda cls, **_kwargs: None))

    def __exit__(self, *_exception):
        for cls, hook in self.hooks:
            type.__setattr__(cls, "__init_subclass__", hook)


def register(module, takers, handler):
    """Makes the makers' names known to the pickler, as attributes of the module `errand`, and more kinds to `reduce`."""
    global HANDLER
    HANDLER = handler
    _TAKERS.update(takers)
    for name, marker in _NAMES.items():
        module.__dict__[name] = marker


def take(kind, taker):
    """Makes one more kind known to `reduce`."""
    _TAKERS[kind] = taker


def offer(**makers):
    """Makes more makers known."""
    for name, made in makers.items():
        setattr(Makers, name, staticmethod(made))
        _NAMES[name] = _Name(name)


def maker(name):
    """What stands for a maker in a reduced object."""
    return _NAMES[name]


_TAKERS = {
    types.FunctionType: _take_function,
    types.BuiltinFunctionType: _take_method,
    types.MethodType: _take_method,
    types.MethodDescriptorType: _take_descriptor,
    _Name: lambda writer, name: name.__name__,
    Lost: lambda writer, value: (maker("_lost"), lost_parts(value)),
    types.CellType: lambda writer, cell: (maker("_cell"), ()),
    types.ModuleType: _take_module,
    facades.Facade: _take_module,
    facades.StandIn: lambda writer, cls: (maker("_stand_in"), (cls.__name__,)),
    staticmethod: lambda writer, wrapped: (maker("_staticmethod"), (wrapped.__func__,)),
    classmethod: lambda writer, wrapped: (maker("_classmethod"), (wrapped.__func__,)),
    property: lambda writer, value: (
        maker("_property"),
        (value.fget, value.fset, value.fdel, value.__doc__),
    ),
    functools.cached_property: lambda writer, value: (
        maker("_cached_property"),
        (value.func, value.attrname),
    ),
    functools._lru_cache_wrapper: _take_lru_cache,
    typing.TypeVar: _take_typevar,
}

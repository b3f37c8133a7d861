"""What restricted code is offered of the standard library: modules as façades, builtins, and stand-ins for metaclasses.

Also, in every mode, which names of the standard library a stored workspace may refer to.
"""

import abc
import builtins
import enum
import functools
import sys
import types

from . import fence, outside


class _AllBut:
    """The names that are hidden where few are offered."""

    def __init__(self, offered):
        self.offered = frozenset(offered.split())

    def __contains__(self, name):
        return name not in self.offered


# Modules that code may import, with names that are kept from it. Of each it has what the module itself offers (its
# `__all__`), not what it has imported. A name that would evaluate text, read attributes by name, or set what all share
# would lead around the rules for source text.
MODULES = {
    "abc": (),
    "asyncio": _AllBut(
        "ALL_COMPLETED Barrier BoundedSemaphore BrokenBarrierError CancelledError Condition Event FIRST_COMPLETED "
        "FIRST_EXCEPTION Future InvalidStateError LifoQueue Lock PriorityQueue Queue QueueEmpty QueueFull Semaphore Task "
        "TaskGroup TimeoutError all_tasks as_completed create_task current_task ensure_future gather get_event_loop "
        "get_running_loop iscoroutine iscoroutinefunction isfuture run shield sleep timeout timeout_at to_thread wait "
        "wait_for"
    ),
    "base64": ("main", "test", "encode", "decode"),
    "bisect": (),
    "calendar": ("LocaleHTMLCalendar", "LocaleTextCalendar", "different_locale", "main"),
    "collections": (),
    "collections.abc": (),
    "contextlib": ("redirect_stdout", "redirect_stderr", "chdir"),
    "copy": (),
    "csv": (),
    "dataclasses": ("make_dataclass",),
    "datetime": (),
    "decimal": (),
    "difflib": (),
    "enum": (
        "EnumDict",
        "global_enum",
        "global_enum_repr",
        "global_flag_repr",
        "global_str",
        "pickle_by_enum_name",
        "pickle_by_global_name",
    ),
    "fractions": (),
    "functools": ("singledispatch", "singledispatchmethod", "update_wrapper", "wraps"),
    "hashlib": ("file_digest",),
    "heapq": (),
    "html": (),
    "itertools": (),
    "json": (),
    "math": (),
    "numbers": (),
    "operator": ("attrgetter", "methodcaller"),
    "pprint": (),
    "random": (),
    "re": (),
    "secrets": (),
    "statistics": (),
    "string": ("Formatter",),
    "textwrap": (),
    "time": ("clock_settime", "clock_settime_ns", "pthread_getcpuclockid", "tzset"),
    "typing": ("get_type_hints", "ForwardRef", "evaluate_forward_ref", "get_overloads"),
    "unicodedata": (),
    "urllib.parse": (),
    "uuid": ("getnode", "main"),
}
OWN_MODULES = ("errand", "statek", "statek.task")

_NO_BUILTINS = frozenset(
    "__import__ __build_class__ __loader__ __spec__ __debug__ breakpoint compile copyright credits delattr dir eval "
    "exec exit getattr globals help input license locals memoryview open quit setattr type vars".split()
)


class Facade(types.ModuleType):
    """The public names of a module, read-only."""

    def __getattr__(self, name):
        if self.__name__ in _empty:
            return getattr(facade(self.__name__), name)
        if is_granted(self.__name__) and not name.startswith("_"):
            found = _of_granted(self.__name__, name)
            if found:
                return found[name]
        raise AttributeError("module '%s' has no attribute '%s'" % (self.__name__, name))

    def __setattr__(self, name, value):
        raise AttributeError("the module '%s' is read-only" % self.__name__)

    def __delattr__(self, name):
        raise AttributeError("the module '%s' is read-only" % self.__name__)


_facades = {}
_empty = set()
"""Those whose modules are loaded only when the code uses them."""
granted = ()
"""What the agent's imports add: names of modules, and those ending in `.*` with all that is below them."""


def may_import(name):
    """Whether code may import the module of that name."""
    return name in MODULES or is_granted(name)


def is_granted(name):
    """Whether the agent's imports allow the module."""
    return type(name) is str and any([name == one or one[-2:] == ".*" and (name + ".").startswith(one[:-1]) for one in granted])


def facade(name, at_once=True):
    """The façade of a module that may be imported."""
    made = _facades.get(name)
    if made is None:
        made = _facades[name] = Facade(name)
        _empty.add(name)
        above, _, child = name.rpartition(".")
        if above:
            package(above, at_once).__dict__[child] = made
        elif name == "collections":
            facade("collections.abc")
    if at_once and name in _empty:
        _fill(name, made.__dict__)
    return made


def _fill(name, names):
    load(name)
    _empty.discard(name)
    imported()
    module = sys.modules[name]
    names["__doc__"] = module.__doc__
    if name in MODULES:
        hidden = MODULES[name]
        names.update({name: getattr(module, name) for name in _offered(module) if name not in hidden})
    else:
        for attribute in vars(module).copy():
            if not attribute.startswith("_"):
                names.update(_of_granted(name, attribute))
    names.update(_REPLACED.get(name, {}))


def _offered(module):
    """The names that a module of the standard library offers."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return [name for name in listed if hasattr(module, name)]
    home = module.__name__
    return [
        name
        for name, value in vars(module).items()
        if not (name.startswith("_") or isinstance(value, types.ModuleType))
        and getattr(value, "__module__", home) in (home, "_" + home)
    ]


def _of_granted(name, attribute):
    """One name of a module that the agent's imports allow; modules in it count only if they are allowed too."""
    value = getattr(sys.modules[name], attribute)
    if isinstance(value, types.ModuleType):
        if not may_import(value.__name__):
            return {}
        value = facade(value.__name__, at_once=False)
    return {attribute: value}


def package(name, at_once=False):
    """The façade of a package, of which perhaps only modules may be imported."""
    if may_import(name):
        return facade(name, at_once)
    made = _facades.get(name)
    if made is None:
        made = _facades[name] = Facade(name)
        for module in MODULES:
            if module.startswith(name + "."):
                facade(module, at_once=False)
    return made


def is_above(name):
    """Whether modules of the package may be imported."""
    return any([one.startswith(name + ".") for one in (*MODULES, *granted)])


def _wraps(wrapped):
    """functools.wraps, for the names it is meant for."""

    def decorate(wrapper):
        if type(wrapper) is types.FunctionType:
            for name in ("__module__", "__name__", "__qualname__", "__doc__"):
                try:
                    setattr(wrapper, name, getattr(wrapped, name))
                except (AttributeError, TypeError):
                    continue
            if type(wrapped) is types.FunctionType:
                wrapper.__dict__.update(wrapped.__dict__)
            wrapper.__wrapped__ = wrapped
        return wrapper

    return decorate


_wraps.__module__, _wraps.__name__, _wraps.__qualname__ = "functools", "wraps", "wraps"


class StandIn(type):
    """The class of what stands in for `type` and other classes of classes, which would make classes of any names."""

    def __call__(cls, *args):
        if cls._real is not type or len(args) != 1:
            raise TypeError("%s() makes no classes in restricted mode; write a class statement" % cls.__name__)
        return type_of(args[0])

    def __instancecheck__(cls, instance):
        return isinstance(instance, cls._real)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls._real)

    def __or__(cls, other):
        return cls._real | other

    def __ror__(cls, other):
        return other | cls._real

    def __getitem__(cls, item):
        return cls._real[item]


def _stand_in(real):
    names = {"__module__": real.__module__, "__qualname__": real.__qualname__, "__doc__": real.__doc__, "_real": real}
    return StandIn(real.__name__, (), names)


restricted_type = _stand_in(type)
stand_ins = {type: restricted_type, abc.ABCMeta: _stand_in(abc.ABCMeta), enum.EnumMeta: _stand_in(enum.EnumMeta)}


def type_of(value):
    """The class of a value; of a class, what stands in for its class."""
    kind = type(value)
    return stand_ins.get(kind, restricted_type) if issubclass(kind, type) else kind


def real_metaclass(bases, keywords):
    """Puts the metaclass that a class statement names in the place of its stand-in."""
    for base in bases:
        if type(base) is StandIn or (isinstance(base, type) and not _is_plain(type(base), base)):
            raise TypeError("classes of classes cannot be made in restricted mode")
    meta = keywords.get("metaclass")
    if type(meta) is StandIn:
        keywords["metaclass"] = meta._real
    elif isinstance(meta, type) and meta not in fence.library:
        raise TypeError("classes of classes cannot be used in restricted mode")


def _is_plain(meta, base):
    return meta in fence.library and not issubclass(base, type)


_REPLACED = {
    "abc": {"ABCMeta": stand_ins[abc.ABCMeta]},
    "enum": dict.fromkeys(("EnumMeta", "EnumType"), stand_ins[enum.EnumMeta]),
    "functools": {"wraps": _wraps},
}
if not hasattr(enum, "EnumType"):
    del _REPLACED["enum"]["EnumType"]


def make_import(own_modules, seen):
    """The `__import__` of restricted code. `seen` is called after each."""

    def restricted_import(name, globals=None, locals=None, fromlist=(), level=0):
        own = own_modules.get(name)
        if own is not None:
            return own if fromlist else own_modules[name.partition(".")[0]]
        if name == "__future__":
            return sys.modules[name]
        if name == "warnings":  # the interpreter asks, and takes the module from elsewhere; code cannot say this
            return Facade(name)
        if level or not may_import(name):
            raise ImportError("importing '%s' is not allowed in restricted mode" % name)
        made = facade(name)
        seen()
        if fromlist or "." not in name:
            return made
        return _facades[name.partition(".")[0]]

    return restricted_import


@functools.lru_cache(None)
def restricted_builtins():
    names = {name: value for name, value in vars(builtins).items() if name not in _NO_BUILTINS}
    names["type"] = restricted_type
    names["__debug__"] = True
    return names


# What a stored workspace may refer to.

_EXTRA = {
    "builtins": frozenset(
        name
        for name, value in vars(builtins).items()
        if name not in _NO_BUILTINS - {"type", "memoryview"} and callable(value) or name in ("Ellipsis", "NotImplemented")
    ),
    "_operator": frozenset(
        name for name in vars(sys.modules["_operator"]) if name not in ("attrgetter", "methodcaller")
    ),
    "_collections": frozenset(("deque", "defaultdict", "OrderedDict")),
    "_functools": frozenset(("partial",)),
    "_io": frozenset(("StringIO", "BytesIO")),
    "_csv": frozenset(("Error",)),
    "array": frozenset(("array", "_array_reconstructor")),
    "asyncio.exceptions": frozenset(("BrokenBarrierError", "CancelledError", "InvalidStateError", "TimeoutError")),
    "asyncio.locks": frozenset(("Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "Semaphore")),
    "asyncio.queues": frozenset(("LifoQueue", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull")),
    "binascii": frozenset(("Error", "Incomplete")),
    "copyreg": frozenset(("_reconstructor", "__newobj__", "__newobj_ex__")),
    "dataclasses": frozenset(("_dataclass_getstate", "_dataclass_setstate")),
    "functools": frozenset(name for name in vars(functools) if name[3:9] == "_from_"),  # of total_ordering
    "ipaddress": frozenset(("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network")),
    "json.decoder": frozenset(("JSONDecodeError",)),
    "pathlib": frozenset(("Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath")),
    "re": frozenset(("_compile",)),
    "types": frozenset(("GenericAlias", "SimpleNamespace", "NoneType", "EllipsisType", "UnionType")),
    "zoneinfo": frozenset(("ZoneInfo",)),
}
_UNSAFE_ROOTS = frozenset(
    "_ctypes _pickle _posixsubprocess _socket _thread bdb builtins cProfile code codeop compileall ctypes distutils doctest "
    "ensurepip idlelib imp importlib lib2to3 marshal multiprocessing nt os pdb pickle pickletools pkgutil platform posix "
    "profile pty py_compile pydoc runpy shelve shutil signal site socket subprocess sys test threading timeit tkinter trace "
    "unittest venv webbrowser xmlrpc zipapp zipimport".split()
)
# What reads files or evaluates text, in whatever package.
_UNSAFE_NAMES = frozenset("eval exec exec_command execfile load loads query read_pickle run runstring system".split())

unrestricted = False
load = __import__
"""Loads a module. What that reads of clocks and chance is nothing that the code has asked for."""
imported = outside.imported
"""Called when a module was loaded to find a name."""
own_names = {}
"""What the module `errand` offers."""


def safe_global(module, name):
    """The object of that name if a stored workspace may refer to it, else None."""
    if module == OWN_MODULES[0]:
        return own_names.get(name)
    if not unrestricted and module == "functools" and name == "wraps":
        return _wraps
    if not (_is_known(module, name) or _is_of_others(module, name)):
        return None
    try:
        if module not in sys.modules:
            __import__(module)
            imported()
        found = sys.modules[module]
        for depth, part in enumerate(name.split(".")):
            if depth and part.startswith("__"):
                return None
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    if isinstance(found, types.ModuleType):
        return None
    return found


def _is_known(module, name):
    if module in _EXTRA and name in _EXTRA[module]:
        return unrestricted or (module, name) not in _FILES
    first = name.partition(".")[0]
    return module in MODULES and not first.startswith("_") and first not in MODULES[module]


_FILES = {("pathlib", name) for name in ("Path", "PosixPath")}
"""Kinds of values that read and write files. An unrestricted job could send them to a restricted one."""


def _is_of_others(module, name):
    root = module.partition(".")[0]
    others = unrestricted or any([root == one.partition(".")[0] for one in granted])
    return others and root not in _UNSAFE_ROOTS and name.rpartition(".")[2] not in _UNSAFE_NAMES

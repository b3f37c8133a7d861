"""Restricted mode: what code may say, which names it has, and which modules it may import.

Also, in every mode, which names of the standard library a stored workspace may refer to. This is one layer of several;
the process's own isolation is another.
"""

import ast
import builtins
import functools
import sys
import types

from . import outside

MAX_BYTES = 200_000
MAX_NODES = 20_000


class _AllBut:
    """The names that are hidden where few are offered."""

    def __init__(self, offered):
        self.offered = frozenset(offered.split())

    def __contains__(self, name):
        return name not in self.offered


# Modules that code may import, with names that are kept from it beside the private ones. A name that would evaluate
# text, or read attributes by name, would lead around the rules for source text.
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
    "calendar": ("main",),
    "collections": (),
    "collections.abc": (),
    "contextlib": ("redirect_stdout", "redirect_stderr", "chdir"),
    "copy": (),
    "csv": (),
    "dataclasses": ("make_dataclass",),
    "datetime": (),
    "decimal": (),
    "difflib": (),
    "enum": (),
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
_FORBIDDEN_NAMES = frozenset(
    "__import__ breakpoint compile delattr dir eval exec getattr globals help locals open setattr vars".split()
)
_FORBIDDEN_ATTRIBUTES = frozenset(
    "ag_await ag_code ag_frame cr_await cr_code cr_frame cr_origin f_back f_builtins f_code f_globals f_lineno f_locals "
    "f_trace func_code func_globals gi_code gi_frame gi_yieldfrom mro tb_frame tb_next co_code co_consts".split()
)
_PUBLIC_UNDERSCORED = frozenset(
    "_asdict _field_defaults _fields _generate_next_value_ _ignore_ _make _missing_ _name_ _order_ _replace _value_".split()
)
_METHODS = frozenset(
    "__%s__" % name
    for name in (
        "init new post_init repr str format bytes bool hash eq ne lt le gt ge len length_hint iter next reversed contains "
        "getitem setitem delitem missing call enter exit add radd iadd sub rsub isub mul rmul imul matmul rmatmul "
        "truediv rtruediv itruediv floordiv rfloordiv ifloordiv mod rmod imod divmod rdivmod pow rpow ipow and rand iand "
        "or ror ior xor rxor ixor lshift rlshift ilshift rshift rrshift irshift neg pos abs invert int float complex "
        "index round trunc floor ceil copy deepcopy get set delete set_name init_subclass class_getitem "
        "aenter aexit aiter anext await llm_repr sizeof getattr setattr delattr"
    ).split()
)
_READ_ATTRIBUTES = _METHODS | {"__name__", "__qualname__", "__doc__", "__class__", "__members__", "__cause__", "__context__"}
_CLASS_NAMES = _METHODS | {"__slots__", "__doc__", "__name__", "__qualname__", "__module__"}
_OWN_OBJECTS = frozenset(("self", "cls", "other", "that", "instance", "obj"))


class Refused(Exception):
    """Restricted mode does not let this code run."""


def check(text, tree, known):
    """Refuses a block that restricted mode forbids, naming what and where. `known` holds the job's own names."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Refused("the code is longer than %d bytes" % MAX_BYTES)
    _Check(known).block(tree)


class _Check:
    def __init__(self, known):
        self.known = known
        self.nodes = 0
        self.loads = []
        self.bound = set()

    def block(self, tree):
        waiting = [(tree, ())]
        while waiting:
            node, classes = waiting.pop()
            self.nodes += 1
            if self.nodes > MAX_NODES:
                raise Refused("the code has more than %d syntax nodes" % MAX_NODES)
            kind = type(node)
            rule = _RULES.get(kind)
            if rule is not None:
                rule(self, node, classes)
            inside = (*classes, node.name) if kind is ast.ClassDef else classes
            waiting.extend([(child, inside) for child in ast.iter_child_nodes(node)])
        for name, line in self.loads:
            if name not in self.bound and name not in self.known:
                self.refuse("the name '%s'" % name, line)

    def refuse(self, what, line):
        raise Refused("line %d: %s is not allowed in restricted mode" % (line, what))

    def name(self, node, classes):
        text = node.id
        if isinstance(node.ctx, ast.Load):
            if text in _FORBIDDEN_NAMES:
                self.loads.append((text, node.lineno))
                return
        else:
            self.bound.add(text)
        self.identifier(text, node.lineno, classes)

    def identifier(self, text, line, classes=()):
        if text is not None and _is_dunder(text):
            if text == "__name__" or (classes and text in _CLASS_NAMES):
                return
            self.refuse("the name '%s'" % text, line)

    def attribute(self, node, classes):
        text, line = node.attr, node.lineno
        if text in _FORBIDDEN_ATTRIBUTES:
            self.refuse("the attribute '%s'" % text, line)
        if not text.startswith("_") or text in _PUBLIC_UNDERSCORED:
            return
        if _is_dunder(text):
            if text not in _READ_ATTRIBUTES or not isinstance(node.ctx, ast.Load):
                self.refuse("the attribute '%s'" % text, line)
            return
        base = node.value
        own = isinstance(base, ast.Name) and (base.id in _OWN_OBJECTS or base.id in classes)
        above = isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "super"
        if not (classes and (own or above)):
            self.refuse("the private attribute '%s'" % text, line)

    def imports(self, node, classes):
        for alias in node.names:
            self.module(alias.name, node.lineno)
            self.alias(alias, node.lineno)

    def import_from(self, node, classes):
        if node.level:
            self.refuse("a relative import", node.lineno)
        if node.module == "__future__":
            return
        self.module(node.module, node.lineno)
        for alias in node.names:
            if alias.name.startswith("_"):
                self.refuse("importing '%s'" % alias.name, node.lineno)
            self.alias(alias, node.lineno)

    def alias(self, alias, line):
        name = alias.asname or alias.name.partition(".")[0]
        self.bound.add(name)
        self.identifier(name, line)

    def module(self, name, line):
        if name not in MODULES and name not in OWN_MODULES:
            self.refuse("importing '%s'" % name, line)

    def definition(self, node, classes):
        self.bound.add(node.name)
        if _is_dunder(node.name) and not (classes and node.name in _METHODS):
            self.refuse("defining '%s'" % node.name, node.lineno)

    def argument(self, node, classes):
        self.bound.add(node.arg)
        self.identifier(node.arg, node.lineno)

    def names(self, node, classes):
        for name in node.names:
            self.identifier(name, node.lineno)

    def captured(self, node, classes):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name is not None:
            self.bound.add(name)
            self.identifier(name, node.lineno)

    def class_pattern(self, node, classes):
        for name in node.kwd_attrs:
            if name.startswith("_"):
                self.refuse("the private attribute '%s'" % name, node.lineno)
            if name in _FORBIDDEN_ATTRIBUTES:
                self.refuse("the attribute '%s'" % name, node.lineno)

    def keyword(self, node, classes):
        if node.arg is not None and _is_dunder(node.arg):
            self.refuse("the name '%s'" % node.arg, node.value.lineno)


def _is_dunder(name):
    return name.startswith("__") and name.endswith("__") and len(name) > 4


_RULES = {
    ast.Name: _Check.name,
    ast.Attribute: _Check.attribute,
    ast.Import: _Check.imports,
    ast.ImportFrom: _Check.import_from,
    ast.FunctionDef: _Check.definition,
    ast.AsyncFunctionDef: _Check.definition,
    ast.ClassDef: _Check.definition,
    ast.arg: _Check.argument,
    ast.keyword: _Check.keyword,
    ast.Global: _Check.names,
    ast.Nonlocal: _Check.names,
    ast.ExceptHandler: _Check.captured,
    ast.MatchAs: _Check.captured,
    ast.MatchStar: _Check.captured,
    ast.MatchMapping: _Check.captured,
    ast.MatchClass: _Check.class_pattern,
}
for _name in ("TypeVar", "ParamSpec", "TypeVarTuple"):
    if hasattr(ast, _name):
        _RULES[getattr(ast, _name)] = _Check.captured


class Facade(types.ModuleType):
    """The public names of a module, read-only."""

    def __getattr__(self, name):
        if self.__name__ in _empty:
            return getattr(facade(self.__name__), name)
        raise AttributeError("module '%s' has no attribute '%s'" % (self.__name__, name))

    def __setattr__(self, name, value):
        raise AttributeError("the module '%s' is read-only" % self.__name__)

    def __delattr__(self, name):
        raise AttributeError("the module '%s' is read-only" % self.__name__)


_facades = {}
_empty = set()
"""Those whose modules are loaded only when the code uses them."""


def facade(name, at_once=True):
    """The façade of a module of the allow-list."""
    made = _facades.get(name)
    if made is None:
        made = _facades[name] = Facade(name)
        _empty.add(name)
        package, _, child = name.rpartition(".")
        if package:
            _package(package).__dict__[child] = made
        elif name == "collections":
            facade("collections.abc")
    if at_once and name in _empty:
        _fill(name, made.__dict__)
    return made


def _fill(name, names):
    __import__(name)
    _empty.discard(name)
    imported()
    module = sys.modules[name]
    hidden = MODULES[name]
    names["__doc__"] = module.__doc__
    for attribute, value in list(vars(module).items()):
        if not (attribute.startswith("_") or attribute in hidden or isinstance(value, types.ModuleType)):
            names[attribute] = value
    names.update(_REPLACED.get(name, {}))


def package(name):
    """The façade of a package of which only modules may be imported."""
    for module in MODULES:
        if module.startswith(name + "."):
            facade(module, at_once=False)
    return _facades[name]


def _package(name):
    if name in MODULES:
        return facade(name)
    made = _facades.get(name)
    if made is None:
        made = _facades[name] = Facade(name)
    return made


def _wraps(wrapped):
    """functools.wraps, for the names it is meant for."""

    def decorate(wrapper):
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            try:
                value = getattr(wrapped, name)
            except AttributeError:
                continue
            if type(wrapper) is types.FunctionType:
                setattr(wrapper, name, value)
        if type(wrapper) is types.FunctionType:
            wrapper.__dict__.update(getattr(wrapped, "__dict__", None) or {})
            wrapper.__wrapped__ = wrapped
        return wrapper

    return decorate


_wraps.__module__, _wraps.__name__, _wraps.__qualname__ = "functools", "wraps", "wraps"
_REPLACED = {"functools": {"wraps": _wraps}}


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
        if level or name not in MODULES:
            raise ImportError("importing '%s' is not allowed in restricted mode" % name)
        made = facade(name)
        seen()
        if fromlist or "." not in name:
            return made
        return _facades[name.partition(".")[0]]

    return restricted_import


class _TypeOf(type):
    def __call__(cls, *args):
        if len(args) != 1:
            raise TypeError("type() takes 1 argument in restricted mode")
        return type(args[0])

    def __instancecheck__(cls, instance):
        return isinstance(instance, type)

    def __subclasscheck__(cls, other):
        return issubclass(other, type)


restricted_type = _TypeOf("type", (), {"__module__": "builtins", "__doc__": type.__doc__})


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
imported = outside.imported
"""Called when a module was loaded to find a name."""
own_names = {}
"""What the module `errand` offers."""


def safe_global(module, name):
    """The object of that name if a stored workspace may refer to it, else None."""
    if module == OWN_MODULES[0]:
        return own_names.get(name)
    if not unrestricted and name in _REPLACED.get(module, ()):
        return _REPLACED[module][name]
    allowed = module in _EXTRA and name in _EXTRA[module]
    if not allowed and module in MODULES:
        first = name.partition(".")[0]
        allowed = not first.startswith("_") and first not in MODULES[module]
    if not allowed and unrestricted:
        root = module.partition(".")[0]
        allowed = root not in _UNSAFE_ROOTS and name.rpartition(".")[2] not in _UNSAFE_NAMES
    if not allowed:
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

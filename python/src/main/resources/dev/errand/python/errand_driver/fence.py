"""What a process of restricted code may not do at all, whatever names the code got hold of.

Two things stand here. The classes of the standard library and of the driver cannot be changed: CPython keeps a mark for
that in each class, which only classes written in C can ask for, so it is set in memory. And the interpreter asks before
it opens a file, a socket or a process, and before it hands out a frame or a code object: an audit hook, which nobody can
take away, says no.
"""

import builtins
import os
import sys
import types

_CHANGEABLE = 1 << 9  # that memory was taken for the class; those written in C have none
_IMMUTABLE = 1 << 8
_FLAGS = 168
"""Where in a class its marks stand."""
_HOMES = frozenset(sys.stdlib_module_names) | {"errand", "errand_driver"}

library = set()
"""The classes that are not the job's."""
_sealed = []
_seen = set()
_newest = None
"""The last module that was seen, and how many there were."""


def seal(offered):
    """Makes the classes unchangeable that code can get hold of: those of the modules it is offered, and the driver's.
    Called once, before any process is forked."""
    global _places
    _places = _folders()
    homes = {name.partition(".")[0] for name in offered} | {"errand", "errand_driver"}
    waiting = [object]
    met = set()
    while waiting:
        cls = waiting.pop()
        if id(cls) not in met:  # for some say that they equal others
            met.add(id(cls))
            library.add(cls)
            if cls.__module__.partition(".")[0] in homes:
                _seal(cls)
            waiting += type.__subclasses__(cls)
    _seen.update(sys.modules)
    _is_newer()


def _is_newer():
    """Whether modules may have been loaded since the last look. Not a look at each, for each look at a name writes to it."""
    global _newest
    before, _newest = _newest, (next(reversed(sys.modules)), len(sys.modules))
    return before != _newest


def seal_more():
    """Does the same with the classes of modules that were loaded since."""
    if not library or not _is_newer():
        return
    for name in sys.modules.keys() - _seen:
        _seen.add(name)
        for value in list(vars(sys.modules[name]).values()):
            if isinstance(value, type) and value.__module__.partition(".")[0] in _HOMES and value not in library:
                for cls in value.__mro__:
                    library.add(cls)
                    _seal(cls)


def _seal(cls):
    flags = type.__dict__["__flags__"].__get__(cls)
    if flags & _CHANGEABLE and not flags & _IMMUTABLE and _mark(cls, flags, flags | _IMMUTABLE):
        _sealed.append(cls)


def seals():
    """Whether classes could be made unchangeable. Where not, `guard` looks at what the code sets attributes of."""
    return bool(_sealed)


def changeable(value):
    """The value, if it is no class of the library's."""
    kind = type(value)
    if kind in library and issubclass(kind, type) and value in library:
        raise TypeError("Restricted mode does not let code change the class %s" % value.__name__)
    return value


def watch(_namespace, _granted):
    """In the place of `confine` where the interpreter asks nobody: functions of the library that set what they are told to
    set do not change its classes for the code. They set by name, so they take this from the builtins."""
    plain_setattr = setattr
    builtins.setattr = lambda value, *given: plain_setattr(changeable(value), *given)


def put(cls, name, value):
    """Sets an attribute of a class that is sealed, or is not."""
    flags = type.__dict__["__flags__"].__get__(cls)
    _mark(cls, flags, flags & ~_IMMUTABLE)
    try:
        setattr(cls, name, value)
    finally:
        _mark(cls, flags & ~_IMMUTABLE, flags)


def unseal():
    """Lets unrestricted code change them after all."""
    for cls in _sealed:
        flags = type.__dict__["__flags__"].__get__(cls)
        _mark(cls, flags, flags & ~_IMMUTABLE)
    _sealed.clear()


def _marking():
    try:
        import ctypes

        marks = ctypes.c_ulong.from_address
    except (ImportError, AttributeError):
        return lambda cls, was, now: False

    def mark(cls, was, now):
        place = marks(id(cls) + _FLAGS)
        if place.value != was:  # another Python than those that are known
            return False
        place.value = now
        return True

    return mark


_mark = _marking()


def takes_apart_plainly(kind):
    """Whether it is the library that says how objects of a class are taken apart."""
    for base in type.__dict__["__mro__"].__get__(kind):
        names = type.__dict__["__dict__"].__get__(base)
        if "__reduce_ex__" in names or "__reduce__" in names:
            return base in library
    return False


class Forbidden(PermissionError):
    """Restricted mode does not let code do this."""


Forbidden.__module__ = "errand"

# What has no effect outside. The rest of what the interpreter asks about is refused.
_FREE = frozenset(
    "builtins.id sys._getframe sys._getframemodulename import time.sleep array.__new__ array._array_reconstructor "
    "sys.unraisablehook sys.excepthook sys.set_asyncgen_hooks_firstiter sys.set_asyncgen_hooks_finalizer "
    "sys.set_asyncgen_hook_firstiter sys.set_asyncgen_hook_finalizer cpython.PyInterpreterState_Clear "
    "cpython._PySys_ClearAuditHooks sys.activate_stack_trampoline".split()
)
# What the driver and the standard library need, and code of the job's has no part in.
_INNER = frozenset(
    "object.__getattr__ object.__setattr__ object.__delattr__ code.__new__ function.__new__ compile exec marshal.loads "
    "marshal.dumps marshal.load pickle.find_class gc.get_referents gc.get_objects ctypes.cdata ctypes.addressof".split()
)
_places = ()


def _folders():
    return tuple([os.path.join(os.path.abspath(place), "") for place in sys.path if place])


_READING = frozenset(("open", "os.listdir", "os.scandir"))


def confine(namespace, granted):
    """Refuses from now on what restricted code must not do. `namespace` is the job's; what modules that the agent's
    imports allow do by themselves is theirs to answer for."""
    frame_of = sys._getframe
    places = _folders() if granted else _places
    normal, plain = os.path.normpath, os.fsdecode
    text, raw, writing = str, bytes, os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    free, inner, reading = _FREE, _INNER, _READING

    def is_library(path):
        if type(path) is raw:
            path = plain(path)
        return type(path) is text and (normal(path) + "/").startswith(places)

    def is_granted(frame):
        while frame is not None and frame.f_globals is not namespace:
            file = frame.f_code.co_filename
            if not (file[:1] == "<" or file.startswith(_DRIVER) or file.startswith(_STDLIB) and "-packages" not in file):
                return True
            frame = frame.f_back
        return False

    def hook(event, args):
        if event in free:
            return
        frame = frame_of(1)
        if event in inner:
            if frame.f_globals is not namespace:
                return
        elif event in reading and args and is_library(args[0]) and (event != "open" or not args[2] & writing):
            return
        elif granted and is_granted(frame):
            return
        what = event if event not in reading else "%s %r" % (event, args[0] if args else "")
        raise Forbidden("Restricted mode does not let code do this: %s" % what)

    sys.addaudithook(hook)


_DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
_STDLIB = os.path.join(os.path.dirname(os.path.abspath(types.__file__)), "")

"""What code reads from the outside without asking the host: clocks, chance, the date.

Each reading is recorded by the session, so that a statement that is run again reads the same. The functions and types
here replace those of the standard library in every workspace process.
"""

import contextlib
import datetime as _datetime
import os
import sys
import time

session = None

_time_ns = time.time_ns
_monotonic_ns = time.monotonic_ns
_urandom = os.urandom
_localtime, _gmtime, _strftime, _asctime, _ctime = (
    time.localtime,
    time.gmtime,
    time.strftime,
    time.asctime,
    time.ctime,
)
# So that a clock that was read before a restart, on another machine even, still makes sense after it.
_monotonic_base = _time_ns() - _monotonic_ns()


def _read(name, take):
    if session is None or not session.running:
        return take()
    return session.reading(name, take)


def _read_clock(name, take):
    if session is None or not session.running:
        return take()
    return session.clock(name, take)


def time_ns():
    return _read_clock("clock", _time_ns)


def now():
    return time_ns() / 1e9


def monotonic_ns():
    return _read_clock("monotonic", _steady_ns)


def _steady_ns():
    return _monotonic_ns() + _monotonic_base


def monotonic():
    return monotonic_ns() / 1e9


def localtime(secs=None):
    return _localtime(now() if secs is None else secs)


def gmtime(secs=None):
    return _gmtime(now() if secs is None else secs)


def strftime(format, t=None):
    return _strftime(format, localtime() if t is None else t)


def asctime(t=None):
    return _asctime(localtime() if t is None else t)


def ctime(secs=None):
    return _ctime(now() if secs is None else secs)


def urandom(size):
    if session is None or not session.running:
        return _urandom(size)
    return session.chance(size, _urandom)


def _take_over_uuid(uuid):
    take = uuid.uuid1

    def uuid1(node=None, clock_seq=None):
        return uuid.UUID(_read("uuid1", lambda: str(take(node, clock_seq))))

    uuid1.__module__, uuid1.__qualname__ = "uuid", "uuid1"
    uuid.uuid1 = uuid1


chance = None
"""The generator behind the functions of `random`, once that is loaded."""


def _take_over_random(random):
    global chance

    class Random(random.Random):
        """A generator that takes its seed, where none is given, from what is recorded."""

        def seed(self, a=None, version=2):
            super().seed(_entropy() if a is None else a, version)

    def seed(a=None, version=2):
        random._inst.seed(_entropy() if a is None else a, version)

    Random.__module__ = seed.__module__ = "random"
    Random.__qualname__, seed.__qualname__ = "Random", "seed"
    random.Random, random.seed, random._urandom = Random, seed, urandom
    chance = random._inst


def _entropy():
    return int.from_bytes(urandom(32), "big")


class Shown(type):
    """Stands in for a type whose instances come from the real one."""

    def __instancecheck__(cls, instance):
        if "_real" in cls.__dict__:
            return isinstance(instance, cls._real)
        return type.__instancecheck__(cls, instance)

    def __subclasscheck__(cls, other):
        if "_real" in cls.__dict__:
            return issubclass(other, cls._real)
        return type.__subclasscheck__(cls, other)

    def __eq__(cls, other):
        return other is cls or ("_real" in cls.__dict__ and other is cls._real)

    def __hash__(cls):
        return hash(cls._real) if "_real" in cls.__dict__ else type.__hash__(cls)


class date(_datetime.date, metaclass=Shown):
    _real = _datetime.date

    def __new__(cls, *args, **kwargs):
        if cls is date:
            return date._real(*args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    @classmethod
    def today(cls):
        return cls.fromtimestamp(now())


class datetime(_datetime.datetime, metaclass=Shown):
    _real = _datetime.datetime

    def __new__(cls, *args, **kwargs):
        if cls is datetime:
            return datetime._real(*args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    @classmethod
    def now(cls, tz=None):
        micros = time_ns() // 1000
        return cls.fromtimestamp(micros // 1000000, tz).replace(microsecond=micros % 1000000)

    @classmethod
    def utcnow(cls):
        return cls.now(_datetime.timezone.utc).replace(tzinfo=None)

    @classmethod
    def today(cls):
        return cls.now()


now.__name__ = now.__qualname__ = "time"
for _function in (now, time_ns, monotonic, monotonic_ns, localtime, gmtime, strftime, asctime, ctime):
    _function.__module__ = "time"

for _shim in (date, datetime):
    _shim.__module__ = "datetime"
    _shim.__qualname__ = _shim.__name__
    _shim.__doc__ = _shim._real.__doc__


def install():
    """Puts these in the place of the standard library's."""
    time.time = now
    time.time_ns = time_ns
    time.monotonic = time.perf_counter = monotonic
    time.monotonic_ns = time.perf_counter_ns = monotonic_ns
    time.localtime, time.gmtime = localtime, gmtime
    time.strftime, time.asctime, time.ctime = strftime, asctime, ctime
    os.urandom = urandom
    _datetime.date = date
    _datetime.datetime = datetime


@contextlib.contextmanager
def real_types():
    """Puts the types of `datetime` back for a while."""
    shown = _datetime.date, _datetime.datetime
    _datetime.date, _datetime.datetime = date._real, datetime._real
    try:
        yield
    finally:
        _datetime.date, _datetime.datetime = shown


when_loaded = {"random": _take_over_random, "uuid": _take_over_uuid}
"""What is to be done with a module when the code has loaded it. They are not loaded ahead: `random` would make every fork
draw a seed, and with the others it brings libraries that make each fork dearer."""


def imported():
    """Called when the code may have loaded a module."""
    for name in when_loaded.keys() & sys.modules.keys():
        when_loaded.pop(name)(sys.modules[name])

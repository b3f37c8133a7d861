"""What code can change beside its variables: settings that modules of the standard library, and numpy, keep for all.

They belong to the workspace. `read` gives those that are not as they are at first, as plain values that can be compared;
`restore` sets them. A module that was never loaded has none.
"""

import functools
import os
import sys
import warnings
from binascii import crc32

from . import kinds, outside


def _decimal(decimal):
    _class, (precision, rounding, least, most, capitals, clamp, flags, traps) = decimal.getcontext().__reduce__()
    names = [[signal.__name__ for signal in signals] for signals in (flags, traps)]
    return [precision, rounding, least, most, capitals, clamp, *names]


def _set_decimal(decimal, state):
    *plain, flags, traps = state
    signals = [[getattr(decimal, name) for name in names] for names in (flags, traps)]
    made = decimal.Context(*plain, *signals)
    context = decimal.getcontext()
    for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp"):
        setattr(context, name, getattr(made, name))
    context.flags.update(made.flags)
    context.traps.update(made.traps)


def _take_context(writer, context):
    if writer.crossing or context is not sys.modules["decimal"].getcontext():
        return NotImplemented
    return kinds.maker("_decimal_context"), ()


def _decimal_context():
    __import__("decimal")
    outside.imported()
    return sys.modules["decimal"].getcontext()


kinds.offer(_decimal_context=_decimal_context)


_DIALECT = ("delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict")


def _csv(csv):
    dialects = {name: csv.get_dialect(name) for name in csv.list_dialects()}
    return [
        csv.field_size_limit(),
        {name: {part: getattr(dialect, part) for part in _DIALECT} for name, dialect in dialects.items()},
    ]


def _set_csv(csv, state):
    limit, dialects = state
    csv.field_size_limit(limit)
    for name in csv.list_dialects():
        csv.unregister_dialect(name)
    for name, parts in dialects.items():
        csv.register_dialect(name, **parts)


def _locale(locale):
    return locale.setlocale(locale.LC_ALL)


def _set_locale(locale, state):
    locale.setlocale(locale.LC_ALL, state)


def _process(_sys):
    return [sys.getrecursionlimit(), _folder(), os.environ._data.copy(), warnings.filters[:]]


def _folder():
    """The working directory; none where it is the process's own, for the next process has another."""
    try:
        folder = os.getcwd()
    except OSError:  # somebody has removed it
        return ""
    return "" if folder == _own_folder else folder


def _set_process(_sys, state):
    limit, folder, environment, filters = state
    sys.setrecursionlimit(limit)
    if os.path.isdir(folder):
        os.chdir(folder)
    os.environ.clear()
    os.environ.update((os.fsdecode(name), os.fsdecode(value)) for name, value in environment.items())
    warnings.resetwarnings()
    warnings.filters.extend(filters)


def _numpy_random(random):
    state = random.get_state(legacy=False)
    inner = state["state"]
    if "key" in inner:
        inner["key"] = inner["key"].tobytes()
    return state


def _set_numpy_random(random, state):
    inner = dict(state["state"])
    if "key" in inner:
        inner["key"] = sys.modules["numpy"].frombuffer(inner["key"], "uint32")
    random.set_state({**state, "state": inner})


_PLACES = {
    "calendar": (lambda calendar: int(calendar.firstweekday()), lambda calendar, day: calendar.setfirstweekday(day)),
    "csv": (_csv, _set_csv),
    "decimal": (_decimal, _set_decimal),
}
_OPEN_PLACES = {
    "locale": (_locale, _set_locale),
    "numpy.random": (_numpy_random, _set_numpy_random),
    "sys": (_process, _set_process),
}
_first = {}
"""What each place held when its module was loaded."""


_job = _own_folder = None


def begin(job, restricted):
    """Says whose workspace this is. Restricted code reaches few places."""
    global _job, _own_folder
    _job = job
    if not restricted:
        _own_folder = os.getcwd()
        _watch(_OPEN_PLACES)
    outside.imported()


def _watch(places):
    for name, place in places.items():
        outside.when_loaded[name] = functools.partial(_begin_place, name, place)


def _begin_place(name, place, module):
    if name == "decimal":
        kinds.take(module.Context, _take_context)
    elif name == "numpy.random":  # so that chance begins the same wherever the job runs
        module.seed(crc32(_job.encode()))
    _first[name] = (module, *place, place[0](module))


_watch(_PLACES)


def read():
    """What is not as it was at first, by place."""
    state = {}
    for name, (module, take, _put, first) in _first.items():
        value = take(module)
        if value != first:
            state[name] = value
    return state


def restore(state):
    """Sets what was read, as far as it may be set here."""
    for name, value in state.items():
        if name in outside.when_loaded:
            __import__(name)
            outside.imported()
        if name in _first:
            module, _take, put, _was = _first[name]
            put(module, value)

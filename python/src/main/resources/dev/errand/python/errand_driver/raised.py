"""Exceptions: how they are shown, kept and brought back.

A traceback is kept as the places of its frames. It is brought back as a real one, made of frames that did nothing but
raise at those places, so that it is printed, and added to when the exception is raised again, as it would have been.
"""

import ast
import builtins
import functools
import itertools
import linecache
import os
import re
import traceback
import types

from . import kinds
from .interpreter import named_code
from .lost import Unkeepable
from .source import FILES, MODULE

session = None
_DRIVER = os.path.dirname(__file__) + os.sep
_GROUP = getattr(builtins, "BaseExceptionGroup", ())
_HEAP_TYPE = 1 << 9
_FRAMES = 50  # how many are kept at either end
_CHARACTERS = 10_000  # how many are shown at either end
_OWN_ERROR = re.compile(r"^((?:  )*(?:\| +)?)errand\.(?=[A-Z]\w*(:|$))", re.MULTILINE)


def describe(error):
    """An exception as Python prints it, reduced to the job's own lines: its last line and the whole trace."""
    report = traceback.TracebackException(type(error), error, error.__traceback__)
    _trim(report, set())
    headline = "".join(report.format_exception_only())
    if isinstance(error, SyntaxError):
        headline = headline.rstrip("\n").rpartition("\n")[2]
    return _brief(_OWN_ERROR.sub(r"\1", headline).rstrip("\n")), _brief(_OWN_ERROR.sub(r"\1", "".join(report.format())))


def _brief(text):
    """The text, or its beginning and its end: where an error happened stands at one, what it was at the other."""
    left_out = len(text) - 2 * _CHARACTERS
    if left_out <= 0:
        return text
    return "%s… (%d more characters) …%s" % (text[:_CHARACTERS], left_out, text[-_CHARACTERS:])


def _trim(report, seen):
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    report.stack[:] = [frame for frame in report.stack if _is_own(frame)]
    _trim(report.__cause__, seen)
    _trim(report.__context__, seen)
    for inner in getattr(report, "exceptions", None) or ():
        _trim(inner, seen)


def _is_own(frame):
    # What the code gave to `exec` counts, what the standard library made of templates does not.
    return frame.filename.startswith(FILES) or (frame.filename == "<string>" and not frame.name.startswith("__"))


def own_part(trace):
    """A traceback without what leads to the job's code."""
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(FILES):
        trace = trace.tb_next
    return trace


_lines_of = linecache.getlines


def _lines(filename, module_globals=None):
    if filename.startswith(FILES) and session is not None:
        session.keeper.show_sources()
    return _lines_of(filename, module_globals)


# Keeping


def _take_error(writer, error):
    kind = type(error)
    given = (error.message, error.exceptions) if isinstance(error, _GROUP) else ()
    state = (
        error.args,
        {name: value for name in _fields(kind) if (value := getattr(error, name, None)) is not None},
        error.__dict__,
        error.__cause__,
        error.__context__,
        error.__suppress_context__,
        own_part(error.__traceback__) or error.__traceback__,
    )
    return kinds.maker("_error"), (kind, given), state, None, None, kinds.maker("_fill_error")


@functools.lru_cache(200)
def _fields(kind):
    """The names of what an exception of that class holds beside its attributes."""
    return [
        name
        for base in kind.__mro__
        if base is not BaseException and base is not object
        for name, field in vars(base).items()
        if isinstance(field, (types.MemberDescriptorType, types.GetSetDescriptorType))
        and not name.startswith("__")
        and (base, name) != (AttributeError, "obj")
        and base is not _GROUP
    ]


def _take_trace(writer, trace):
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(_DRIVER):
            places.append((code.co_filename, code.co_name, *_span(code, trace)))
        trace = trace.tb_next
    if len(places) > 2 * _FRAMES:
        places[_FRAMES:-_FRAMES] = []
    for file, line in {(file, line) for file, _name, line, *_rest in places if file.startswith(FILES)}:
        _keep_line(writer, file, line)
    return kinds.maker("_trace"), (places,)


def _keep_line(writer, file, line):
    try:
        writer.place(_keep_line.__code__.replace(co_filename=file, co_name=MODULE, co_firstlineno=line))
    except Unkeepable:  # it was lost before
        pass


def _span(code, trace):
    if hasattr(code, "co_positions") and trace.tb_lasti >= 0:
        first, last, begin, end = next(itertools.islice(code.co_positions(), trace.tb_lasti // 2, None))
        if first == trace.tb_lineno and None not in (last, begin, end):
            return first, last, begin, end
    return trace.tb_lineno, trace.tb_lineno, 0, 0


def _make(kind, given):
    builtin = next(base for base in kind.__mro__ if not base.__flags__ & _HEAP_TYPE)
    if not issubclass(builtin, BaseException):
        raise TypeError("%s is no exception" % kind.__name__)
    return builtin.__new__(kind, *given)


def _fill(error, state):
    args, fields, attributes, cause, context, suppress, trace = state
    error.args = args
    for name, value in fields.items():
        object.__setattr__(error, name, value)
    error.__dict__.update(attributes)
    error.__cause__, error.__context__, error.__suppress_context__ = cause, context, suppress
    error.__traceback__ = trace


def _trace(places):
    """A traceback of frames at these places."""
    made = None
    for place in reversed(places):
        try:
            _raiser(*place)()
        except NameError as raised:
            frame = raised.__traceback__.tb_next
        made = types.TracebackType(made, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return made


@functools.lru_cache(500)
def _raiser(file, name, first, last, begin, end):
    known = {"lineno": first, "end_lineno": last, "col_offset": begin, "end_col_offset": end}
    read = ast.Expr(ast.Name("raised", ast.Load(), **known), **known)
    return named_code(read, file, name)


def install():
    """Takes exceptions and tracebacks among the kinds that are kept."""
    linecache.getlines = _lines
    kinds.take(types.TracebackType, _take_trace)
    kinds.take(BaseException, _take_error)
    kinds.offer(_error=_make, _fill_error=_fill, _trace=_trace)

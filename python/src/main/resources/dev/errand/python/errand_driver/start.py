"""Makes a process ready to be a workspace, as far as that can be done before it is known for which job."""

import builtins
import os
import select
import sys
import traceback

from . import alone, delegation, durable, facades, failure, fence, futures, guard, loop, names, outside, raised, waiting
from .session import Session
from .wire import Wire

# Loaded ahead, because it is used often. All that is loaded makes each fork dearer, so the rest waits for who uses it.
_PRELOADED = (
    "abc collections.abc contextlib copy dataclasses datetime enum functools itertools json math numbers operator re "
    "string textwrap time typing"
).split()
_REHEARSALS = 12
_LAST_WORDS = 2000
_OUT_OF_MEMORY = 86

_own_modules = {}
_console = names.Console()


_prepared = []
_rest = 0
_streams = (sys.stdin, sys.stdout, sys.stderr)  # kept, so that a fork need not take them apart


def preload(bound, rest):
    """Does what every workspace needs once, so that a process that is forked need not. `bound` sets a process's limits;
    `rest` is for how many milliseconds a process waits for a job before it rehearses once by itself."""
    global _rest
    _rest = rest
    install(_PRELOADED)
    _rehearse(_much)
    _prepared.append(session())
    _prepared[0].confine = fence.confine
    _prepared[0].bound = bound
    _prepared[0].begin()
    fence.seal(facades.MODULES)


def install(modules=()):
    """Makes the interpreter what every workspace needs, with these modules loaded."""
    outside.install()
    alone.install()
    raised.install()
    guard.install()
    for name in modules:
        facades.facade(name)
    _own_modules.update(names.own_modules())
    facades.own_names.update(vars(_own_modules["errand"]))


def run(channel):
    """Serves the one that was prepared until its process ends.

    Who is not asked at once rehearses meanwhile: the pages that a job writes to are its own by then. Where processes are
    needed one right after another nobody has the time.
    """
    asked = select.poll()
    asked.register(channel, select.POLLIN)
    if not asked.poll(_rest):
        _rehearse(_little)
        _prepared[0].begin()
    serve(_prepared[0], Wire(channel))


def serve(workspace, wire):
    """Serves one workspace, which has begun, over the connection, until that ends."""
    sys.stdout = sys.stderr = _console
    sys.stdin = None
    try:
        workspace.serve(wire)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    except BaseException:  # a fault of ours; the code's own exceptions do not come this far
        wire.send({"do": "failed", "s": 0, "message": traceback.format_exc()[-_LAST_WORDS:]})


def session():
    """A workspace that waits to be opened."""
    shared = {**names.API, "await": loop.awaitable}
    open_names = {**vars(builtins), **shared}
    for name in ("copyright", "credits", "license", "help", "breakpoint"):
        open_names.pop(name, None)
    return Session(_own_modules, {False: open_names, True: {**facades.restricted_builtins(), **guard.builtins(), **shared}})


# The interpreter adapts code to how it is used, which writes to it. So all that a short job uses is used here before.

_SCRIPT = """
import json, re
from dataclasses import dataclass
K = [1]
@dataclass
class Point:
    x: int
def count(text):
    return len(re.findall('[a-z]+', text)) + K[0]
def work(point, text, more=0):
    return {'x': point.x, 'n': count(text), 'sum': sum(i for i in range(3)) + more}
h = delegate(work, Point(1), 'a b', more=2, id='h')
print('%s words' % h.result, json.dumps([1, 'a', None]))
"""


class _Rehearsal:
    """In the place of the connection: asks for one round of work."""

    def __init__(self, frames):
        self.frames = frames
        self.answers = iter(frames)
        self.sent = []

    def send(self, header, parts=()):
        self.sent.append((header, list(parts)))

    def receive(self):
        frame = next(self.answers, None)
        if frame is None:
            raise EOFError
        return frame


_OPENING = {"do": "open", "job": "r", "agent": "a", "restricted": True, "tools": [["read_text", "", ["path"]]]}
_OPENING["limits"] = {"statements": 100}
_RUN = {"do": "run", "turn": 0, "statement": 0, "created": 0, "show": False, "job": {"id": "r", "subtask": False}}


def _much():
    child = {"job": "r.1", "agent": "a", "id": "h", "handled": True, "state": "WAITING"}
    ended = {**child, "ended": {"json": {"x": 1}}}
    for _ in range(_REHEARSALS):
        code = {**_RUN, "kind": "PYTHON", "source": _SCRIPT, "hash": "0" * 16}
        frames = [(_OPENING, []), (code, []), ({"child": child}, []), ({"children": [ended]}, [])]
        created = next(sent for sent in _act(frames) if sent[0]["do"] == "create")
        ((_number, head, count, _runs, _shown),) = created[0]["w"]["p"]
        state = created[1][head : head + 1 + count]
        _act([({**_OPENING, "w": [[0, count]]}, state), ({**_RUN, "kind": "CALL", "source": "work", "hash": "1" * 16}, [])])


def _little():
    _act([(_OPENING, []), ({**_RUN, "kind": "PYTHON", "source": "x = 1", "hash": "2" * 16}, [])])


def _rehearse(act):
    """Acts as for a job, without a trace."""
    main = sys.modules["__main__"]
    sys.stdout = _console
    try:
        act()
    finally:
        sys.modules["__main__"] = main
        sys.stdout = _streams[1]
        for module in (outside, names, loop, raised, durable, waiting, futures):
            module.session = None
        facades.imported = outside.imported
        facades.load = __import__


def _act(frames):
    wire = _Rehearsal(frames)
    workspace = session()
    workspace.begin()
    try:
        workspace.serve(wire)
    except EOFError:
        return wire.sent

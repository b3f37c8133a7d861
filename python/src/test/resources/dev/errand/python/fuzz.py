"""Random programs that change variables in roundabout ways; after each block the restored workspace must equal the live one.

Run as `python fuzz.py DRIVER SEED PROGRAMS`. Prints what it did, or the shortest program it found that fails, and its seed.
"""

import ast
import gc
import os
import random
import resource
import sys
import traceback

BLOCKS = 14
fork = os.fork  # which the driver takes away
MEMORY = 1 << 30
SECONDS = 20
VERBOSE = "ERRAND_VERBOSE" in os.environ


# Definitions of many kinds: {v} is a variable, {V} a name for classes, {n} a number.
KINDS = [
    """def {v}(x, items=[], *, more={{}}):
    items.append(x)
    more[len(items)] = x
    return len(items)""",
    """def make_{v}(start):
    total = [start]
    count = 0
    def add(x):
        nonlocal count
        count += 1
        total.append(x)
        return add
    def look():
        return count, total
    add.look = look
    return add
{v} = make_{v}({n})""",
    """class {V}:
    shared = []
    limit: int = 3
    def __init__(self, x):
        self.x = x
        self.again = [x]
        self.shared.append(x)
    def both(self): return [self.x, self.shared]
    @property
    def twice(self): return [self.x, self.x]
    @staticmethod
    def plain(a, b=[]):
        b.append(a)
        return b
    @classmethod
    def make(cls, x): return cls(x)
{v} = {V}({n})""",
    """class {V}Base:
    log = []
    def __init_subclass__(cls, **kw):
        {V}Base.log.append(cls.__name__)
    def name(self): return 'base'
class {V}(({V}Base)):
    __slots__ = ('a', 'b')
    def __init__(self):
        super().__init__()
        self.a = [1]
    def name(self): return super().name() + '+'
{v} = {V}()""",
    """from dataclasses import dataclass, field
@dataclass
class {V}:
    a: int
    b: list = field(default_factory=list)
    def total(self): return [self.a, *self.b]
{v} = {V}({n}, [1, 2])""",
    """from dataclasses import dataclass
@dataclass(frozen=True, order=True, slots=True)
class {V}:
    a: int
    b: tuple = ()
{v} = {V}({n})""",
    """from enum import Enum, auto
class {V}(Enum):
    A = auto()
    B = [1]
    def other(self): return {V}.A if self is {V}.B else {V}.B
{v} = [{V}.A, {V}.B, {V}]""",
    """from collections import namedtuple, defaultdict, OrderedDict, deque, Counter
{V} = namedtuple('{V}', 'p q')
{v} = {V}([1], defaultdict(list))""",
    """from collections import defaultdict, OrderedDict, deque, Counter
{v} = [defaultdict(list, a=[1]), OrderedDict(z=1, y=2), deque([1, 2], 9), Counter('abca')]""",
    """from functools import partial, lru_cache, wraps
def deco_{v}(f):
    calls = []
    @wraps(f)
    def inner(*a):
        calls.append(a)
        return f(*a)
    inner.calls = calls
    return inner
@deco_{v}
def {v}(a): return [a]
part_{v} = partial({v}, {n})""",
    """from datetime import datetime, date, timedelta
from decimal import Decimal
from fractions import Fraction
{v} = [datetime(2024, 1, {n}), date(2024, 1, 2), timedelta({n}), Decimal('1.{n}'), Fraction(1, 3)]""",
    """from datetime import datetime, timedelta
from collections import Counter, defaultdict
class {V}(datetime):
    __slots__ = ('mark', '__dict__')
class {V}Map(defaultdict):
    def __missing__(self, key): return [key, self.__dict__]
{v} = [{V}(2024, 1, {n}), {V}Map(list, a=[1]), type('{V}Many', (Counter,), {{}})('ab')]
for one in {v}: one.note = [{v}]
{v}[0].mark = {v}[1].note""",
    """from typing import NamedTuple, Generic, TypeVar, Optional
T_{v} = TypeVar('T_{v}')
class {V}Row(NamedTuple):
    a: int
    b: Optional[list] = None
    def c(self): return [self.a, self.b]
class {V}(Generic[T_{v}]):
    def __init__(self, v: T_{v}): self.v = v
{v} = [{V}Row({n}, []), {V}([1])]""",
    """from abc import ABC, abstractmethod
class {V}Shape(ABC):
    @abstractmethod
    def area(self): ...
class {V}({V}Shape):
    sizes = {{}}
    def area(self): return self.sizes
{v} = {V}()""",
    """def {v}_even(n): return True if n == 0 else {v}_odd(n - 1)
def {v}_odd(n): return False if n == 0 else {v}_even(n - 1)
{v} = [{v}_even, {v}_odd, lambda n=[{n}]: n, lambda: {v}]""",
    "class {V}(Exception):\n    def __init__(self, a):\n        super().__init__(a)\n        self.a = a\n{v} = {V}([{n}])",
    "import math, json, collections.abc\n{v} = [math, json.dumps, math.sqrt, len, str.upper, [].append, int, list[int]]",
]


class Writer:
    """Writes random blocks. Names: v variables, f functions, C classes."""

    def __init__(self, chance):
        self.chance = chance
        self.fresh = 0

    def pick(self, *options):
        return self.chance.choice(options)

    def number(self):
        self.fresh += 1
        return self.fresh

    def v(self):
        return "v%d" % self.chance.randrange(7)

    def f(self):
        return "f%d" % self.chance.randrange(4)

    def c(self):
        return "C%d" % self.chance.randrange(3)

    def scalar(self):
        return self.pick("None", "True", "1", "1.0", "-0.0", "0.0", "'s%d'" % self.number(), "b'x'", str(self.number()), "2**70")

    def value(self, depth=0):
        inner = (lambda: self.value(depth + 1)) if depth < 3 else self.scalar
        return self.pick(
            self.scalar,
            self.v,
            lambda: "[%s]" % ", ".join(inner() for _ in range(self.chance.randrange(4))),
            lambda: "{%s: %s, 'k': %s}" % (self.scalar(), inner(), inner()),
            lambda: "(%s, %s)" % (inner(), inner()),
            lambda: "[[%s], [%s]]" % (inner(), inner()),
            lambda: "{1, 2, %s}" % self.scalar(),
            lambda: "{3, 19, 35, %d}" % (self.chance.randrange(5) * 16 + 3),
            lambda: "set(range(0, %d, 8)) - set(range(0, 400, 16))" % self.chance.choice((90, 4000)),
            lambda: "set(v5) | {3, 19}" if self.chance.random() < 0.5 else "{(1, 2), (2, 1), 'a', 8, 16}",
            lambda: "set(range(%d))" % self.chance.choice((3, 600)),
            lambda: "list(range(%d))" % self.chance.choice((3, 255, 256, 700)),
            lambda: "dict.fromkeys(range(%d), %s)" % (self.chance.choice((3, 300)), self.scalar()),
            lambda: "['t' * 200 + str(i) for i in range(400)]",
            lambda: "'u' * %d" % self.chance.choice((5, 40000)),
            lambda: "b'w' * %d" % self.chance.choice((5, 40000)),
            lambda: "tuple(range(%d))" % self.chance.choice((3, 300)),
            lambda: "bytearray(%d)" % self.chance.choice((3, 200000)),
            lambda: "deque([%s])" % inner(),
            lambda: "defaultdict(list, a=%s)" % inner(),
            lambda: "%s()" % self.c(),
            lambda: "%s()" % self.c(),
            lambda: "partial(%s, %s)" % (self.f(), self.v()),
            lambda: "%s.append" % self.v(),
            lambda: "%s().add" % self.c(),
            lambda: "iter(%s)" % self.v(),
            lambda: "(i for i in %s)" % self.v(),
            lambda: "(%s.append(i) for i in [1, 2, 3])" % self.v(),
            lambda: "(%s.append(i) for i in [1, 2, 3])" % self.v(),
            lambda: "map(%s, %s)" % (self.f(), self.v()),
            lambda: "ValueError(%s)" % self.v(),
            lambda: "lambda a=%s: (a, %s)" % (self.v(), self.v()),
            lambda: self.f(),
            lambda: self.c(),
            lambda: "object()",
            lambda: "Point(%s, %s)" % (inner(), inner()),
            lambda: "Pair(%s, %s)" % (inner(), inner()),
            lambda: "Color.RED",
            lambda: "enumerate([%s, 2, 3])" % self.v(),
            lambda: "type(%s)" % self.v(),
        )()

    def change(self):
        v, w = self.v(), self.v()
        return self.pick(
            lambda: "%s = %s" % (v, self.value()),
            lambda: "%s = %s" % (v, w),
            lambda: "%s = %s, %s = %s, %s" % (v, w, w, v, w),
            lambda: "del %s" % v,
            lambda: "%s.append(%s)" % (v, self.value(2)),
            lambda: "%s[%d] = %s" % (v, self.chance.choice((0, 1, -1, 200)), self.value(2)),
            lambda: "%s['k'] = %s" % (v, self.value(2)),
            lambda: "del %s[%d]" % (v, self.chance.choice((0, -1, 1))),
            lambda: "%s[0].append(%s)" % (v, self.value(2)),
            lambda: "%s['k'].append(%s)" % (v, self.value(2)),
            lambda: "%s.insert(%d, %s)" % (v, self.chance.choice((0, 3, 200)), self.scalar()),
            lambda: "%s.update(%s)" % (v, self.value(2)),
            lambda: "%s.add(%s)" % (v, self.scalar()),
            lambda: "%s += %s" % (v, self.value(2)),
            lambda: "%s.extend(%s)" % (v, self.value(2)),
            lambda: "%s.x = %s" % (v, self.value(2)),
            lambda: "%s.x.append(%s)" % (v, self.value(2)),
            lambda: "%s.y = %s" % (self.c(), self.value(2)),
            lambda: "%s.items.append(%s)" % (self.c(), self.value(2)),
            lambda: "%s.add(%s)" % (v, self.value(2)),
            lambda: "%s(%s)" % (self.f(), self.value(2)),
            lambda: "%s(%s)" % (self.f(), v),
            lambda: "%s()" % self.f(),
            lambda: "%s = %s()" % (v, self.f()),
            lambda: "%s = %s(%s)" % (v, self.f(), w),
            lambda: "%s()" % v,
            lambda: "%s(%s)" % (v, self.value(2)),
            lambda: "%s = next(%s)" % (w, v),
            lambda: "next(%s)" % v,
            lambda: "next(%s)" % v,
            lambda: "%s.peer = %s" % (self.c(), self.c()),
            lambda: "%s.peer = [%s]" % (self.c(), self.c()),
            lambda: "for %s in %s: pass" % (v, w),
            lambda: "[%s.append(i) for i in range(2)]" % v,
            lambda: "sorted([3, 1, 2], key=%s)" % self.f(),
            lambda: "%s, *%s = %s" % (v, w, self.v()),
            lambda: "%s.sort(key=repr)" % v,
            lambda: "%s.reverse()" % v,
            lambda: "%s.field = %s" % (v, self.value(2)),
            lambda: "%s.field" % v,
            lambda: "%s.tag = %s" % (self.f(), self.value(2)),
            lambda: "%s.tag.append(1)" % self.f(),
            lambda: "%s.registry[%s] = %s" % (self.c(), self.scalar(), v),
            lambda: "%s[%d] = 1.0" % (v, self.chance.randrange(3)),
            lambda: "%s[%d] = True" % (v, self.chance.randrange(3)),
            lambda: "%s = %s.copy()" % (v, w),
            lambda: "%s[:] = %s[::-1]" % (v, v),
            lambda: "%s.pop()" % v,
            lambda: "%s.clear()" % v,
            lambda: "%s = %s.__class__" % (v, w),
        )()

    def body(self):
        return self.pick("pass", self.change(), self.change())

    def define(self):
        f, v, w = self.f(), self.v(), self.v()
        if self.chance.random() < 0.3:
            return self.chance.choice(KINDS).format(v=v, V="K%d" % self.chance.randrange(3), n=self.chance.randrange(1, 28))
        return self.pick(
            lambda: "def %s(a=None, acc=[]):\n    acc.append(a)\n    return acc" % f,
            lambda: "def %s(a=None, *, acc={}):\n    acc[len(acc)] = a\n    return acc" % f,
            lambda: "def %s(a=None):\n    global %s\n    %s = a\n    return %s" % (f, v, v, w),
            lambda: "def %s(a=None):\n    %s\n    return %s" % (f, self.body(), v),
            lambda: "def %s(a=None):\n    return %s(a)" % (f, self.f()),
            lambda: "def %s(a=None):\n    def inner():\n        %s.append(a)\n        return a\n    return inner" % (f, v),
            lambda: "def make():\n    s = [%s]\n    def get(a=None):\n        s.append(a)\n        return s\n    def put(a=None):\n"
            "        nonlocal s\n        s = a\n        return get\n    return get, put\n%s, %s = make()" % (v, f, self.f()),
            lambda: "@lru_cache(None)\ndef %s(a=None):\n    return [a, %s]" % (f, v),
            lambda: "def %s(a=None):\n    yield %s\n    %s.append(a)\n    yield a" % (f, v, v),
            lambda: "@contextmanager\ndef %s(a=None):\n    %s.append(1)\n    yield %s" % (f, v, w),
            lambda: "def wrap(g):\n    calls = []\n    def %s(a=None):\n        calls.append(a)\n        return g(a)\n    return %s\n%s = wrap(%s)"
            % (f, f, f, self.f()),
            lambda: "%s = lambda a=None, b=%s: b" % (f, v),
            lambda: "%s = staticmethod(%s)" % (v, f),
            lambda: "%s = (%s.append(i) for i in [1, 2, 3])" % (v, w),
            lambda: "%s = [%s.append]\n%s = map(%s[0], [1, 2, 3])" % (self.v(), w, v, v),
            lambda: "class Tied:\n    def __del__(self):\n        %s.append('gone')\n%s = Tied()\n%s.me = %s\n%s = None\ndel Tied"
            % (w, v, v, v, v),
            lambda: "%s = None" % self.c(),
        )()

    def define_class(self):
        c, v = self.c(), self.v()
        base = self.pick("", "", "(%s)" % self.c(), "(dict)", "(list)")
        head = "class %s%s:\n    items = []\n    registry = {}\n" % (c, base)
        extra = self.pick(
            lambda: "    data = %s\n" % v,
            lambda: "    def __setattr__(self, name, value):\n        %s.append(name)\n        super().__setattr__(name, value)\n" % v,
            lambda: "    field = Log()\n",
            lambda: "    @property\n    def field(self):\n        %s.append('read')\n        return self.items\n" % v,
            lambda: "    def __del__(self):\n        %s.append('gone')\n" % v,
            lambda: "    @classmethod\n    def make(cls, log=[]):\n        log.append(cls)\n        return log\n",
            lambda: "    limit = %s\n" % self.scalar(),
            lambda: "    def __iadd__(self, other):\n        self.items.append(other)\n        return self\n",
            lambda: "    def __call__(self, a=None):\n        %s\n        return self\n" % self.body(),
            lambda: "    __slots__ = ('x', 'own')\n" if not base else "    z = 1\n",
        )()
        return head + extra + "    def add(self, a=None):\n        self.items.append(a)\n        self.own = a\n        return self.own\n"

    def statement(self):
        what = self.chance.random()
        if what < 0.12:
            text = self.define()
        elif what < 0.2:
            text = self.define_class()
        else:
            text = self.change()
        if what < 0.03 or self.chance.random() < 0.1:
            return text  # an error ends the block
        return "try:\n%s\nexcept Exception as error:\n    del error" % "\n".join("    " + line for line in text.split("\n"))

    def block(self):
        return "\n".join(self.statement() for _ in range(self.chance.randrange(1, 5)))


BEGINNING = """
from collections import deque, defaultdict, namedtuple
from functools import partial, lru_cache
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
class Log:
    seen = []
    def __get__(self, instance, owner=None):
        self.seen.append('get')
        return self.seen
    def __set__(self, instance, value):
        self.seen.append(value)
        self.last = value
@dataclass
class Point:
    x: object
    y: object
Pair = namedtuple('Pair', 'x y')
class Color(Enum):
    RED = 1
    BLUE = 2
v0 = [1]; v1 = {'k': v0}; v2 = v0; v3 = [v1, v0]; v4 = 4; v5 = list(range(300)); v6 = 'six'
def f0(a=None): return v0
f1 = f2 = f3 = f0
class C0:
    items = []
    registry = {}
    def add(self, a=None):
        self.items.append(a)
        return a
C1 = C2 = C0
"""


def blocks_of(seed):
    chance = random.Random(seed)
    writer = Writer(chance)
    blocks = [BEGINNING] + [writer.block() for _ in range(BLOCKS)]
    return blocks, [chance.random() < 0.25 for _ in blocks], seed % 2 == 0


def failure(blocks, restarts, restricted):
    """How the program fails; None if it does not."""
    live = stored.Kept(stored.Store(), restricted)
    gc.set_threshold((50, 300, 700)[len(blocks[-1]) % 3], 3, 3)  # objects in a circle go at any moment
    for number, block in enumerate(blocks):
        ending = live.run(block)
        if ending["do"] not in ("finished", "raised"):
            return number, "the block ended as %s" % ending
        try:
            restored = stored.Kept(live.store, restricted)
            lost = [name for name, value in restored.variables.items() if type(value) is Lost]
            compare(live.variables, restored.variables, lost)
        except Difference as difference:
            return number, str(difference)
        except RecursionError:
            return None
        except RuntimeError as problem:
            return number, "unreadable: %s" % problem
        if restarts[number]:
            live = restored
    return None


def shortest(blocks, restarts, restricted):
    number, _message = failure(blocks, restarts, restricted)
    blocks, restarts = blocks[: number + 1], restarts[: number + 1]
    at = len(blocks) - 1
    while at > 0:
        lines = [s for s in _statements(blocks[at])]
        for place in range(len(lines) - 1, -1, -1):
            fewer = lines[:place] + lines[place + 1 :]
            tried = blocks[:at] + (["\n".join(fewer)] if fewer else []) + blocks[at + 1 :]
            kept = restarts if fewer else restarts[:at] + restarts[at + 1 :]
            if failure(tried, kept, restricted):
                lines, blocks, restarts = fewer, tried, kept
                if not fewer:
                    break
        at -= 1
    for at in range(len(restarts)):
        tried = restarts[:at] + [False] + restarts[at + 1 :]
        if failure(blocks, tried, restricted):
            restarts = tried
    return blocks, restarts, restricted


def _statements(block):
    lines = block.split("\n")
    for node in ast.parse(block).body:
        first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", ())])
        yield "\n".join(lines[first - 1 : node.end_lineno])


def apart(work, seconds=SECONDS):
    """What the work returns, in a process of its own with little memory and time; None if that was not enough."""
    reading, writing = os.pipe()
    pid = fork()
    if pid == 0:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            os.write(writing, repr(work()).encode())
        except MemoryError:
            pass
        except BaseException:
            os.write(writing, repr([traceback.format_exc()[-2000:]]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(pid, 0)
    return ast.literal_eval(said.decode()) if said else None


def main(seed, programs):
    unfinished = 0
    for number in range(seed, seed + programs):
        program = blocks_of(number)
        found = apart(lambda: [failure(*program)])
        if found is None:
            unfinished += 1
            print("too large: seed %d" % number) if VERBOSE else None
        elif found != [None]:
            shorter = apart(lambda: shortest(*program), 10 * SECONDS)
            program = shorter if shorter is not None and len(shorter) == 3 else program
            print("seed %d: %s" % (number, (apart(lambda: [failure(*program)]) or found)[0]))
            for block, restart in zip(*program[:2]):
                print("# ---------- %s\n%s" % ("then restored" if restart else "", block))
            sys.exit(1)
    if unfinished > programs // 10:
        print("%d of %d programs ran out of memory or time: the test says too little" % (unfinished, programs))
        sys.exit(1)
    print(
        "%d programs of %d blocks, from seed %d: all the same after a restore; %d more were too large"
        % (programs - unfinished, BLOCKS, seed, unfinished)
    )


if __name__ == "__main__":
    sys.path[:0] = [sys.argv[1], os.path.dirname(os.path.abspath(__file__))]
    sys.setrecursionlimit(2000)
    from errand_driver import start

    start.preload(lambda **limits: None, 0)
    gc.disable()
    sys.unraisablehook = lambda _: None
    import stored
    from compare import Difference, compare
    from errand_driver.lost import Lost

    main(int(sys.argv[2]), int(sys.argv[3]))

"""Random programs change variables through every kind of alias; after each step the variables are kept, brought back
elsewhere, and compared with the live ones, sharing included.

Arguments: the folder of the driver, a seed, the number of programs.
"""

import random as chance
import sys
import types

sys.path.insert(0, sys.argv[1])
rng = chance.Random(int(sys.argv[2]))

from errand_driver import keep, outside, policy, start  # noqa: E402

start.preload()


class Workspace:
    def __init__(self):
        main = types.ModuleType("__main__")
        self.namespace = main.__dict__
        self.namespace["__name__"] = "__main__"
        self.keeper = keep.Keeper(self.namespace, policy.facade)
        names = dict(policy.restricted_builtins())
        names["__build_class__"] = self.build_class
        names["__import__"] = policy.make_import({}, lambda: None)
        self.namespace["__builtins__"] = names

    def build_class(self, body, name, /, *bases, **keywords):
        made = __build_class__(body, name, *bases, **keywords)
        self.keeper.made_class(made, body.__code__)
        return made

    def run(self, number, text):
        sys.modules["__main__"].__dict__["__builtins__"] = __builtins__
        source = self.keeper.source("%016x" % number)
        tree = source.parse(text)
        for statement in range(len(tree.body)):
            eval(source.code(statement), self.namespace)

    def variables(self):
        return {k: v for k, v in self.namespace.items() if k not in ("__name__", "__builtins__")}

    def kept(self):
        (manifest, pieces), lost = self.keeper.state(self.variables(), {})
        assert not lost, lost
        other = Workspace()
        other.keeper.load(manifest, pieces)
        return other


DEFINITIONS = [
    "{v} = [1, 'two', 3.5, None]",
    "{v} = {{'k': [1], 'n': {{}}}}",
    "{v} = {{1, 2, 'x'}}",
    "{v} = (1, [2], {{'three': 3}})",
    "{v} = 'text' * {n}",
    "{v} = {n}",
    "{v} = bytearray(b'abc')",
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

CHANGES = [
    "{a}.append({b})",
    "{a}['k'] = {b}",
    "{a}['k'].append({n})",
    "{a}.x = {b}",
    "{a}.again.append({b})",
    "{a}.shared.append({n})",
    "type({a}).shared = [{n}]",
    "{a}.limit = {n}",
    "{a}({n})",
    "{a}({b})",
    "{a}.look()[1].append({b})",
    "{a}.plain({n})",
    "{a} = {b}",
    "{a} = [{b}, {b}, {a}]",
    "{a} = {{'one': {b}, 'two': {a}}}",
    "{a} = ({b}, {n})",
    "del {a}",
    "{a}.a.append({n})",
    "{a}.note = {b}",
    "{a}[0] = {b}",
    "{a}[1].append({n})",
    "{a} = lambda: {b}",
    "{a} = {b}.both",
    "{a} = iter([{n}, {b}])",
    "{a} = [x for x in range({n})]",
    "def {a}():\n    global {b}\n    {b} = [{n}]\n{a}()",
    "{a}.area = lambda self=None: {n}",
    "{a} += [{n}]",
    "for {a} in [{b}, {n}]:\n    pass",
    "try:\n    raise ValueError({b})\nexcept ValueError as caught:\n    {a} = caught",
]


def same(a, b):
    """Whether two values are alike, and share what they share alike."""
    pairs, back = {}, {}
    waiting = [(a, b, "")]
    while waiting:
        x, y, path = waiting.pop()
        if isinstance(x, (int, float, str, bytes, type(None), type(...), range)) and type(x) in _ATOMS:
            assert type(x) is type(y) and x == y, (path, x, y)
            continue
        if type(x).__module__ == "typing":
            assert repr(x) == repr(y), (path, x, y)
            continue
        if type(x) is not tuple and (id(x) in pairs or id(y) in back):
            assert pairs.get(id(x)) == id(y) and back.get(id(y)) == id(x), (path, "sharing", x, y)
            continue
        pairs[id(x)], back[id(y)] = id(y), id(x)
        keepalive.append((x, y))
        if issubclass(type(x), type):
            waiting.extend(_class_parts(x, y, path))
            continue
        assert type(x).__qualname__ == type(y).__qualname__, (path, type(x), type(y))
        waiting.append((type(x), type(y), path + ".__class__"))
        waiting.extend(_parts(x, y, path))


keepalive = []
_ATOMS = (int, float, str, bytes, bool, type(None), type(...), range)


def _class_parts(x, y, path):
    if x.__module__ != "__main__":
        assert x is y, (path, x, y)
        return
    assert x.__name__ == y.__name__ and type(x).__name__ == type(y).__name__, (path, x, y)
    yield x.__bases__, y.__bases__, path + ".__bases__"
    kept = set(x.__dict__) - SKIPPED
    assert kept == set(y.__dict__) - SKIPPED, (path, kept ^ (set(y.__dict__) - SKIPPED))
    for name in kept:
        yield x.__dict__[name], y.__dict__[name], "%s.%s" % (path, name)


SKIPPED = {
    "__dict__", "__weakref__", "__slotnames__", "_abc_impl", "_abc_errand", "__abstractmethods__", "__static_attributes__",
    "__firstlineno__", "_member_map_", "_value2member_map_", "_member_names_", "_unhashable_values_", "__new__",
    "__new_member__", "_generate_next_value_", "_hashable_values_", "_unhashable_values_map_", "__doc__",
}


def _parts(x, y, path):
    kind = type(x)
    if isinstance(x, types.FunctionType):
        if x.__code__.co_filename == "<string>" or not x.__code__.co_filename.startswith("<errand:"):
            return
        assert x.__code__ == y.__code__ and x.__name__ == y.__name__ and x.__qualname__ == y.__qualname__, path
        yield x.__defaults__, y.__defaults__, path + ".defaults"
        yield x.__kwdefaults__, y.__kwdefaults__, path + ".kwdefaults"
        yield x.__dict__, y.__dict__, path + ".dict"
        yield x.__annotations__, y.__annotations__, path + ".annotations"
        yield x.__closure__, y.__closure__, path + ".closure"
        return
    if isinstance(x, types.CellType):
        try:
            content = x.cell_contents
        except ValueError:
            try:
                y.cell_contents
            except ValueError:
                return
            raise AssertionError((path, "cell"))
        yield content, y.cell_contents, path + ".cell"
        return
    if isinstance(x, (staticmethod, classmethod)):
        yield x.__func__, y.__func__, path + ".func"
        return
    if isinstance(x, property):
        yield (x.fget, x.fset, x.fdel), (y.fget, y.fset, y.fdel), path + ".property"
        return
    if isinstance(x, types.MethodType):
        yield x.__func__, y.__func__, path + ".func"
        yield x.__self__, y.__self__, path + ".self"
        return
    if isinstance(x, dict):
        assert list(map(repr, x)) == list(map(repr, y)) or set(map(str, x)) == set(map(str, y)), (path, x, y)
        for (k, v), (k2, v2) in zip(x.items(), y.items()):
            yield k, k2, "%s.key" % path
            yield v, v2, "%s[%r]" % (path, k)
    elif isinstance(x, (list, tuple)) or kind.__name__ == "deque":
        assert len(x) == len(y), (path, x, y)
        for n, (v, v2) in enumerate(zip(x, y)):
            yield v, v2, "%s[%d]" % (path, n)
    elif isinstance(x, (set, frozenset)):
        assert sorted(map(repr, x)) == sorted(map(repr, y)), (path, x, y)
    elif isinstance(x, BaseException):
        yield x.args, y.args, path + ".args"
    elif kind.__name__ == "list_iterator":
        yield x.__reduce__()[1:], y.__reduce__()[1:], path + ".iter"
    elif kind.__module__ in ("datetime", "decimal", "fractions", "builtins") and kind.__name__ not in ("type",):
        if isinstance(x, types.BuiltinFunctionType):
            if isinstance(x.__self__, list):
                yield x.__self__, y.__self__, path + ".self"
            else:
                assert x is y or x == y, (path, x, y)
        elif not isinstance(x, (types.MemberDescriptorType, types.GetSetDescriptorType, types.MappingProxyType)):
            assert x == y or repr(x) == repr(y), (path, x, y)
    if hasattr(x, "__dict__") and isinstance(x.__dict__, dict) and not isinstance(x, types.ModuleType):
        yield x.__dict__, y.__dict__, path + ".__dict__"
    for cls in kind.__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if cls.__module__ == "__main__":
                assert hasattr(x, slot) == hasattr(y, slot), (path, slot)
                if hasattr(x, slot):
                    yield getattr(x, slot), getattr(y, slot), "%s.%s" % (path, slot)
    if kind.__name__ == "partial":
        yield (x.func, x.args, x.keywords), (y.func, y.args, y.keywords), path + ".partial"


def program(number):
    workspace = Workspace()
    names = ["a", "b", "c", "d", "e"]
    texts = []
    for step in range(rng.randint(4, 14)):
        known = [name for name in names if name in workspace.namespace]
        if not known or rng.random() < 0.35:
            name = rng.choice(names)
            text = rng.choice(DEFINITIONS).format(v=name, V=name.upper() + str(step), n=rng.randint(1, 9))
        else:
            text = rng.choice(CHANGES).format(a=rng.choice(known), b=rng.choice(known), n=rng.randint(1, 9))
        texts.append(text)
        try:
            workspace.run(number * 1000 + step, text)
        except (TypeError, AttributeError, KeyError, IndexError, NameError, ValueError, RecursionError):
            pass  # a change that does not fit
        try:
            kept = workspace.kept()
            same(workspace.variables(), kept.variables())
            again = kept.kept()
            same(workspace.variables(), again.variables())
        except BaseException:
            sys.stderr.write("\n--\n".join(texts) + "\n")
            raise
        keepalive.clear()
        if rng.random() < 0.3:
            workspace = kept if rng.random() < 0.5 else again


for number in range(int(sys.argv[3])):
    program(number)
print("ok")

import random
import time
import uuid
from collections import defaultdict, deque, namedtuple
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum

random.seed(11)
a, b, c, i, j, n = 1, 2, 3, 0, 0, 5
xs = [1, 2]
ys = xs
d = {"a": 1, "k": 2}
seen = {3, 19, 35}
words = {"one", "two", "three"}
ts = []


class Odd(Exception):
    pass


class Color(Enum):
    RED = 0
    GREEN = 1
    BLUE = 2
    WHITE = 3

    def next(self):
        return Color((self.value + 1) % 4)


@dataclass(order=True)
class Point:
    x: int = 0
    tags: list = field(default_factory=list)

    def moved(self, by):
        return replace(self, x=self.x + by)


Pair = namedtuple("Pair", "left right")


class Box:
    made = 0
    log = []

    def __init__(self, value):
        self.value = value
        Box.made += 1

    def add(self, by):
        self.value += by
        self.log.append(by)
        return self.value

    @property
    def double(self):
        return self.value * 2


class Loud(Box):
    made_loud = 0

    def add(self, by):
        print("adding", by)
        return super().add(by) + self.double

    @classmethod
    def count(cls):
        cls.made_loud += 1
        return cls.made_loud


class Guard:
    """Lets an Odd go no further."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        print("enter", self.name)
        return self

    def __exit__(self, kind, error, trace):
        print("leave", self.name, kind is not None)
        return isinstance(error, Odd)


@contextmanager
def guard(name):
    print("begin", name)
    try:
        yield name
    finally:
        print("end", name)


def counter(start):
    count = start

    def add(by=1):
        nonlocal count
        count += by
        return count

    def show():
        return count

    return add, show


def keep(value, kept=[]):
    kept.append(value)
    return len(kept)


def twice(function):
    def inner(n=0):
        return function(n) + function(n)

    return inner


def gen(n):
    for i in range(n):
        yield i


def unit(n=0):
    return n + 1


def picky(n=0):
    got = fetch(n)
    print("got", got)
    if got % 3:
        raise Odd(got)
    return got


def f(n=0):
    return n + 2


def g(n=0):
    return n + 3


def h(n=0):
    return n + 4


@subtask
def helper(n, **kwargs):
    return create_new_job(agent("helper"), shared_vars={"n": n}, warmup_code=HELP)


HELP = """
print("helping", n)
complete_sub_task(result=n * 2)
print("helped")
exit("done")
"""

def grown(one):
    one.add(2)
    return one


add, show = counter(0)
adders = [add]
color = Color.RED
point = Point(3, xs)
pair = Pair(point, xs)
last = deque([1], maxlen=3)
groups = defaultdict(list)
box = Box(4)
boxes = [box, Loud(1), box]

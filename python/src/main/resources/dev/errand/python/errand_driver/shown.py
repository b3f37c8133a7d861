"""What a model is shown of a value: what Python would print, with long parts left out and counted.

A class may say itself how it is shown, with a method `__llm_repr__` that returns text.
"""

import collections
import re
import types

from .lost import LostValue
from .source import FILES

_ADDRESS = re.compile(" at 0x[0-9a-f]+")
_PLAIN_WAYS = (object.__repr__, types.SimpleNamespace.__repr__)


class _Form:
    """How much of a value is shown."""

    def __init__(self, items, text, whole, depth):
        self.items = items
        self.text = text
        self.whole = whole
        self.depth = depth


_BRIEF = _Form(items=25, text=400, whole=8_000, depth=6)
_FULL = _Form(items=100_000, text=100_000, whole=100_000, depth=50)


def of(value):
    """The text that shows a value, and where that leaves something out, a longer one.

    Whatever the value's class does wrong becomes part of the text.
    """
    brief = _Showing(_BRIEF)
    text = brief.begin(value)
    return [text, _Showing(_FULL).begin(value)] if brief.left_out else [text]


class _Showing:
    def __init__(self, form):
        self.form = form
        self.room = 2 * form.whole
        self.left_out = False
        self.inside = set()

    def begin(self, value):
        return self.cut(self.show(value, 0, self.form.whole // 2), self.form.whole)

    def cut(self, text, limit):
        if len(text) <= limit:
            return text
        self.left_out = True
        return "%s… (%d more characters)" % (text[:limit], len(text) - limit)

    def show(self, value, depth, room=None):
        if id(value) in self.inside:
            return "…"
        kind = type(value)
        self.inside.add(id(value))
        try:
            text = self.by_kind(value, kind, depth, room or self.form.text)
        except LostValue as problem:
            text = "<%s>" % problem
        except (Exception, SystemExit) as problem:
            text = "<%s that cannot be shown: %s>" % (kind.__name__, type(problem).__name__)
        finally:
            self.inside.discard(id(value))
        self.room -= len(text)
        return text

    def by_kind(self, value, kind, depth, room):
        if kind in (str, bytes, bytearray):
            return self.text(value, room)
        if kind is int:
            return repr(value) if value.bit_length() < 10_000 else "<int of %d bits>" % value.bit_length()
        own = getattr(kind, "__llm_repr__", None)
        if own is not None:
            text = own(value)
            if not isinstance(text, str):
                raise TypeError("__llm_repr__ returned no text")
            return self.cut(text, self.form.whole)
        way = _WAYS.get(kind)
        if way is not None:
            return way(self, value, depth)
        fields = _fields(kind)
        if fields is not None:
            return self.attributes(kind, {name: getattr(value, name) for name in fields if hasattr(value, name)}, depth)
        if kind.__repr__ in _PLAIN_WAYS and kind.__str__ is object.__str__ and getattr(value, "__dict__", None):
            return self.attributes(kind, vars(value), depth)
        text = str(value) if kind.__repr__ is object.__repr__ else repr(value)
        text = _ADDRESS.sub("", text)
        return self.cut(text, self.form.whole if depth == 0 else room)

    def text(self, value, room):
        if len(value) <= room:
            return repr(value)
        self.left_out = True
        what = "characters" if type(value) is str else "bytes"
        return "%r… (%d more %s)" % (value[:room], len(value) - room, what)

    def items(self, items, depth, show):
        """The first of these, and how many there are besides."""
        if depth >= self.form.depth:
            self.left_out = True
            return "… (%d)" % len(items)
        shown = []
        for item in items:
            if len(shown) == self.form.items or self.room < 0:
                self.left_out = True
                shown.append("… (%d more)" % (len(items) - len(shown)))
                break
            shown.append(show(item))
        return ", ".join(shown)

    def attributes(self, kind, values, depth):
        inner = self.items(values.items(), depth, lambda pair: "%s=%s" % (pair[0], self.show(pair[1], depth + 1)))
        return "%s(%s)" % (kind.__name__, inner)

    def sequence(self, values, depth):
        return self.items(values, depth, lambda item: self.show(item, depth + 1))

    def mapping(self, values, depth):
        return "{%s}" % self.items(
            values.items(), depth, lambda pair: "%s: %s" % (self.show(pair[0], depth + 1), self.show(pair[1], depth + 1))
        )

    def list(self, value, depth):
        return "[%s]" % self.sequence(value, depth)

    def tuple(self, value, depth):
        return "(%s%s)" % (self.sequence(value, depth), "," if len(value) == 1 else "")

    def set(self, value, depth):
        return "{%s}" % self.sequence(value, depth) if value else "set()"

    def frozenset(self, value, depth):
        return "frozenset(%s)" % (self.set(value, depth) if value else "")

    def deque(self, value, depth):
        length = "" if value.maxlen is None else ", maxlen=%d" % value.maxlen
        return "deque([%s]%s)" % (self.sequence(value, depth), length)

    def defaultdict(self, value, depth):
        return "defaultdict(%r, %s)" % (value.default_factory, self.mapping(value, depth))

    def counter(self, value, depth):
        return "%s(%s)" % (type(value).__name__, self.mapping(value, depth) if value else "")

    def view(self, value, depth):
        return "%s([%s])" % (type(value).__name__, self.sequence(value, depth))


def _fields(kind):
    """The names by which a class that Python wrote shows its instances; None if it is another."""
    if not _is_made(kind.__repr__):
        return None
    if issubclass(kind, tuple):
        return getattr(kind, "_fields", None)
    fields = getattr(kind, "__dataclass_fields__", None)
    return fields and [name for name, field in fields.items() if field.repr]


def _is_made(method):
    """Whether Python wrote the method, and not the job."""
    method = getattr(method, "__wrapped__", method)
    return not getattr(method, "__code__", _is_made.__code__).co_filename.startswith(FILES)


_WAYS = {
    list: _Showing.list,
    tuple: _Showing.tuple,
    set: _Showing.set,
    frozenset: _Showing.frozenset,
    dict: _Showing.mapping,
    collections.deque: _Showing.deque,
    collections.defaultdict: _Showing.defaultdict,
    collections.OrderedDict: _Showing.counter,
    collections.Counter: _Showing.counter,
    type({}.keys()): _Showing.view,
    type({}.values()): _Showing.view,
    type({}.items()): _Showing.view,
}

"""Large plain objects, kept in pieces of their own, so that a change costs the pieces that it touches.

Plain are containers of nothing but numbers, text, bytes, bools and None: nothing in them can change but the container
itself. What such a container held when it was last kept is remembered, and compared by identity.
"""

import pickle
from bisect import bisect_left, bisect_right
from itertools import accumulate, chain

from .identity import identical, places_of_change, same_at_end, same_at_start
from .interpreter import nameless

MANY = 256
"""From so many items on a plain container is kept in pieces."""
BIG = 32768
"""From so many characters or bytes on a text is kept in pieces of its own."""
TARGET = 32768
_RAW = 65536
_LARGEST = 1 << 20
_STEPS = 65536
_SETTLINGS = 8

PLAIN = frozenset((type(None), bool, int, float, str, bytes))


class Piece:
    """Bytes that are stored, or to be stored: `content` until they were sent, then where they were put."""

    __slots__ = ("content", "number", "place", "size")

    def __init__(self, content, number=None, place=None):
        self.content = content
        self.number = number
        self.place = place
        self.size = 0

    def twin(self):
        return Piece(self.content, self.number, self.place)


def is_plain(obj):
    """Whether a container holds plain values only."""
    if type(obj) is dict and not set(map(type, obj.values())) <= PLAIN:
        return False
    return set(map(type, obj)) <= PLAIN


def heavy(obj):
    """The keeping of an object, which is plain."""
    return _KINDS[type(obj)](obj)


def loaded(letter, pieces):
    """The keeping of an object that was stored in these pieces."""
    return _LETTERS[letter].load(pieces)


def settle(obj):
    """Makes a set anew from a list, as a reader will: where items stand in a set follows from its history too, and a
    restored set has another one. Returns that list, from which the set gets the order that it has now, if there is one.
    """
    items = list(obj)
    made_of = items
    for _ in range(_SETTLINGS):
        order = list(_set_of(made_of))
        if identical(order, items):
            break
        made_of = order
    else:
        made_of = items
    set.clear(obj)
    set.update(obj, made_of)
    return made_of


def _set_of(items):
    made = set()
    made.update(items)
    return made


class _Heavy:
    """An object and its pieces. `letter` tells the stored form of its kind."""

    def __init__(self, obj):
        self.obj = obj

    def twin(self):
        """The same for another co-variable."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, pieces=[piece.twin() for piece in self.pieces])
        return made

    def refreshed(self):
        """The keeping of the object as it is now; None if it is no longer plain."""
        return self


class _Text(_Heavy):
    """Bytes or a text. They never change."""

    def __init__(self, obj):
        self.obj = obj
        view = memoryview(self._bytes(obj))
        self.pieces = [Piece(view[at : at + _LARGEST]) for at in range(0, len(view), _LARGEST)]

    @classmethod
    def load(cls, pieces):
        made = cls.__new__(cls)
        made.obj = cls._made(pieces[0].content if len(pieces) == 1 else b"".join(piece.content for piece in pieces))
        made.pieces = pieces
        return made

    _bytes = staticmethod(lambda obj: obj)
    _made = bytes
    letter = "b"


class _Str(_Text):
    _bytes = staticmethod(lambda obj: obj.encode("utf-8", "surrogatepass"))
    _made = staticmethod(lambda content: str(content, "utf-8", "surrogatepass"))
    letter = "u"


class _Items(_Heavy):
    """A container. Its items stand in one list or, side by side, in several; each piece holds a run of them."""

    def __init__(self, obj):
        self.obj = obj
        columns = self._columns()
        self._hold(columns, *_cut(columns))

    def _hold(self, columns, sizes, pieces):
        self.was = [list(column) for column in columns]
        self.sizes = sizes
        self.pieces = pieces

    def _columns(self):
        return [list(self.obj)]

    @classmethod
    def load(cls, pieces):
        made = cls.__new__(cls)
        runs = [_read(piece.content) for piece in pieces]
        columns = [list(chain.from_iterable(column)) for column in zip(*runs)]
        made.obj = cls._make(*columns)
        made._hold(columns, [len(run[0]) for run in runs], pieces)
        return made


class _Fixed(_Items):
    @classmethod
    def _make(cls, items):
        return cls._kind(items)


class _Tuple(_Fixed):
    _kind = tuple
    letter = "t"


class _Frozenset(_Fixed):
    _kind = frozenset
    letter = "f"


class _Set(_Fixed):
    """Kept as the list that it is made of."""

    letter = "s"
    _kind = staticmethod(_set_of)

    def __init__(self, obj):
        self._made_of = settle(obj)
        super().__init__(obj)
        self.order = list(obj)

    def _columns(self):
        return [self._made_of]

    @classmethod
    def load(cls, pieces):
        made = super().load(pieces)
        made.order = list(made.obj)
        return made

    def refreshed(self):
        if identical(self.order, list(self.obj)):
            return self
        return _Set(self.obj) if is_plain(self.obj) else None


class _Changing(_Items):
    def refreshed(self):
        columns = self._columns()
        before, after = len(self.was[0]), len(columns[0])
        if before != after:
            made = self._cut_anew(columns, [_span_between(columns, self.was, self.sizes)], after - before)
            if made is not None:
                made._hold(columns, made.sizes, made.pieces)
            return made
        changed = set()
        for column, was in zip(columns, self.was):
            changed.update(places_of_change(column, was))
        if not changed:
            return self
        made = self._cut_anew(columns, _spans_of(changed, self.sizes), 0)
        if made is not None:  # and this one is done with
            made.was = self.was
            for column, was in zip(columns, made.was):
                for place in changed:
                    was[place] = column[place]
        return made

    def _cut_anew(self, columns, spans, longer):
        """The keeping in which some spans of pieces, of which one is longer, are cut anew; None if these are not plain."""
        sizes, pieces = [], []
        place = at = 0
        for first, last in spans:
            sizes += self.sizes[place:first]
            pieces += self.pieces[place:first]
            at += sum(self.sizes[place:first])
            end = at + sum(self.sizes[first:last]) + longer
            runs = [column[at:end] for column in columns]
            if not all([set(map(type, run)) <= PLAIN for run in runs]):
                return None
            more_sizes, more_pieces = _cut(runs, max(MANY, min(end - at, _STEPS)))
            sizes += more_sizes
            pieces += more_pieces
            place, at = last, end
        made = type(self).__new__(type(self))
        made.obj = self.obj
        made.sizes = sizes + self.sizes[place:]
        made.pieces = pieces + self.pieces[place:]
        return made


class _List(_Changing):
    letter = "l"
    _make = staticmethod(lambda items: items)

    def _columns(self):
        return [self.obj]


class _Dict(_Changing):
    letter = "d"
    _make = staticmethod(lambda keys, values: dict(zip(keys, values)))

    def _columns(self):
        return [list(self.obj), list(self.obj.values())]


class _Bytearray(_Heavy):
    letter = "a"

    def __init__(self, obj):
        self.obj = obj
        self.raw = Raw(memoryview(obj), None)
        self.pieces = self.raw.pieces

    @classmethod
    def load(cls, pieces):
        made = cls.__new__(cls)
        made.raw = Raw.load(pieces)
        made.obj = made.raw.joined()
        made.pieces = pieces
        return made

    def refreshed(self):
        raw = Raw(memoryview(self.obj), self.raw)
        if raw.pieces == self.raw.pieces:
            return self
        made = type(self).__new__(type(self))
        made.obj, made.raw, made.pieces = self.obj, raw, raw.pieces
        return made


class Raw:
    """Bytes that may change in place, kept in pieces of equal length. What they were is remembered whole."""

    def __init__(self, view, before):
        self.contents, self.pieces = [], []
        known = before.contents if before is not None else ()
        for number, at in enumerate(range(0, len(view), _RAW)):
            content = bytes(view[at : at + _RAW])
            if number < len(known) and known[number] == content:
                content, piece = known[number], before.pieces[number]
            else:
                piece = Piece(content)
            self.contents.append(content)
            self.pieces.append(piece)

    @classmethod
    def load(cls, pieces):
        made = cls.__new__(cls)
        made.contents = [bytes(piece.content) for piece in pieces]
        made.pieces = pieces
        return made

    def joined(self):
        return bytearray().join(self.contents)


_KINDS = {
    bytes: _Text,
    str: _Str,
    tuple: _Tuple,
    frozenset: _Frozenset,
    list: _List,
    set: _Set,
    dict: _Dict,
    bytearray: _Bytearray,
}
_LETTERS = {kind.letter: kind for kind in _KINDS.values()}


def _cut(columns, step=MANY):
    """The items in pieces, each about as large as is aimed at: how many are in each, and the pieces. So many items are
    tried first."""
    sizes, pieces = [], []
    at, end = 0, len(columns[0])
    while at < end:
        run = [column[at : at + step] for column in columns]
        content = pickle.dumps(run, 5)
        size = len(run[0])
        if len(content) > 2 * TARGET and size > 1:
            step = max(1, size * TARGET // len(content))
            continue
        sizes.append(size)
        pieces.append(Piece(content))
        at += size
        if 2 * len(content) < TARGET:
            step = min(2 * step, _STEPS)
    return sizes, pieces


def _spans_of(places, sizes):
    """The pieces in which these places are, one by one."""
    ends = list(accumulate(sizes))
    return [(number, number + 1) for number in sorted({bisect_right(ends, place) for place in places})]


def _span_between(columns, was, sizes):
    """The pieces between those that are the same at the beginning and those that are at the end."""
    before = len(was[0])
    same = min(map(same_at_start, columns, was))
    left = min(len(columns[0]), before) - same
    ending = min([same_at_end(column, old, left) for column, old in zip(columns, was)])
    ends = list(accumulate(sizes))
    first = bisect_right(ends, same)
    last = bisect_left(ends, before - ending) + 1 if before > ending else 0
    # A short last piece takes what is appended, or appending would leave a trail of short ones.
    if first == len(sizes) and first and 2 * sizes[-1] < sizes[0]:
        first -= 1
    return first, max(first, min(last, len(sizes)))


def _read(content):
    columns = nameless(content)
    if not (type(columns) is list and all([type(column) is list for column in columns])):
        raise pickle.UnpicklingError("these are not the items of a container")
    return columns

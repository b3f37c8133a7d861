"""Large plain objects, kept in pieces of their own, so that a change costs the pieces that it touches.

Plain are containers of nothing but numbers, text, bytes, bools and None: nothing in them can change but the container
itself. What such a container held when it was last kept is remembered, and compared by identity.
"""

import pickle
from operator import is_

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
        if _identical(order, items):
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


def _identical(ones, others):
    return len(ones) == len(others) and all(map(is_, ones, others))


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
    """A container. A segment is what a run of its items was, in one piece or several columns, and the piece."""

    def __init__(self, obj):
        self.obj = obj
        self._put(_cut(self._columns()))

    def _put(self, segments):
        self.segments = segments
        self.pieces = [segment[-1] for segment in segments]

    def _columns(self):
        """The items as lists of equal length."""
        return (list(self.obj),)

    @classmethod
    def load(cls, pieces):
        made = cls.__new__(cls)
        segments = []
        for piece in pieces:
            columns = _read(piece.content)
            segments.append((*columns, piece))
        made.obj = cls._make(segments)
        made._put(segments)
        return made

    def twin(self):
        made = type(self).__new__(type(self))
        made.obj = self.obj
        made._put([(*segment[:-1], segment[-1].twin()) for segment in self.segments])
        return made


class _Fixed(_Items):
    @classmethod
    def _make(cls, segments):
        return cls._kind([item for items, _piece in segments for item in items])


class _Tuple(_Fixed):
    _kind = tuple
    letter = "t"


class _Frozenset(_Fixed):
    _kind = frozenset
    letter = "f"


class _Changing(_Items):
    def refreshed(self):
        columns = self._columns()
        segments = _aligned(columns, self.segments)
        if segments is self.segments:
            return self
        if segments is None:
            return None
        made = type(self).__new__(type(self))
        made.obj = self.obj
        made._put(segments)
        return made


class _List(_Changing):
    letter = "l"

    def _columns(self):
        return (self.obj,)

    @classmethod
    def _make(cls, segments):
        return [item for items, _piece in segments for item in items]


class _Set(_Fixed):
    """Kept as the list that it is made of."""

    letter = "s"
    _kind = staticmethod(_set_of)

    def __init__(self, obj):
        self._made_of = settle(obj)
        self.order = list(obj)
        super().__init__(obj)

    def _columns(self):
        return (self._made_of,)

    @classmethod
    def load(cls, pieces):
        made = super().load(pieces)
        made.order = list(made.obj)
        return made

    def twin(self):
        made = super().twin()
        made.order = self.order
        return made

    def refreshed(self):
        if _identical(self.order, list(self.obj)):
            return self
        return _Set(self.obj) if is_plain(self.obj) else None


class _Dict(_Changing):
    letter = "d"

    def _columns(self):
        return (list(self.obj), list(self.obj.values()))

    @classmethod
    def _make(cls, segments):
        made = {}
        for keys, values, _piece in segments:
            made.update(zip(keys, values))
        return made


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
    """Segments of the items, each about as large as is aimed at; `step` items are tried first."""
    segments = []
    at, end = 0, len(columns[0])
    while at < end:
        run = [column[at : at + step] for column in columns]
        content = pickle.dumps(run, 5)
        if len(content) > 2 * TARGET and len(run[0]) > 1:
            step = max(1, len(run[0]) * TARGET // len(content))
            continue
        segments.append((*run, Piece(content)))
        at += len(run[0])
        if 2 * len(content) < TARGET:
            step = min(2 * step, _STEPS)
    return segments


def _aligned(columns, before):
    """Segments of the items, among them those of `before` that are still what they were; None if not all is plain."""
    length = len(columns[0])
    made = []
    changed = False
    if length == sum([len(segment[0]) for segment in before]):
        at = 0
        for segment in before:
            end = at + len(segment[0])
            if _same(columns, at, end, segment):
                made.append(segment)
            else:
                changed = True
                if not _add(made, columns, at, end):
                    return None
            at = end
        return made if changed else before
    start, end = 0, length
    front, back = 0, len(before)
    while front < back:
        after = start + len(before[front][0])
        if after > end or not _same(columns, start, after, before[front]):
            break
        start, front = after, front + 1
    # The last of those before a change at the end takes the new items, or appending would leave a trail of small ones.
    if front == back and front and len(before[front - 1][0]) * 2 < len(before[0][0]):
        front -= 1
        start -= len(before[front][0])
    while back > front:
        first = end - len(before[back - 1][0])
        if first < start or not _same(columns, first, end, before[back - 1]):
            break
        end, back = first, back - 1
    made = before[:front]
    if not _add(made, columns, start, end):
        return None
    return made + before[back:]


def _same(columns, at, end, segment):
    return all([all(map(is_, column[at:end], was)) for column, was in zip(columns, segment)])


def _add(segments, columns, at, end):
    runs = [column[at:end] for column in columns]
    if not all([set(map(type, run)) <= PLAIN for run in runs]):
        return False
    segments += _cut(runs, max(MANY, min(end - at, _STEPS)))
    return True


class _Reader(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError("plain values refer to no names, but these do to %s.%s" % (module, name))


def _read(content):
    import io

    columns = _Reader(io.BytesIO(content)).load()
    if not (type(columns) is list and all([type(column) is list for column in columns])):
        raise pickle.UnpicklingError("these are not the items of a container")
    return columns

"""The variables of a workspace as they are stored, and what of them has changed since.

Variables that share an object that can change are stored together, as one co-variable; all else is stored apart. A
co-variable is looked at again only when code that ran may have reached it: code that mentions one of its variables, or
that calls what mentions one, and so on. So the cost follows what code did and not how much there is.

What makes this sound: code reaches an object through a name that it mentions, through what that name's value reaches, or
through names that code reached in this way mentions. `reach` follows the objects, and the names of each co-variable's
code are remembered. Handlers it also reaches by asking for them: the keeper knows which it was given. Where that cannot
be followed (a value that cannot be pickled, a module of the application, code that looks names up at run time)
everything is looked at.

A co-variable is stored as a head and pieces. The head is `MAGIC`, the length of a JSON text, the JSON without the
empty fields at its end, and short contents one after another. Classes that a variable holds are referred to from other
co-variables by that variable's name. Large plain objects are kept in pieces of their own; where the pickle refers to
one, it refers to an outer object.
"""

from . import reach
from .keep import Reader, Writer, reason_of
from .lost import lost
from .heavy import Raw, Piece, loaded
from .identity import at_of
from .source import take_section
from .wire import parse_json, print_json
from . import preview

MAGIC = b"ERR3"
_BEFORE = b"ERR2"  # what earlier releases wrote: each field, the streams last
_MAGICS = (MAGIC, _BEFORE)
_FIELDS = (list, list, list, int, list, list, list, list)
INLINE = 2048
AMBIENT = 0
"""The number of the co-variable that holds what is part of the workspace and no variable."""

_NO_VARIABLES = ("__name__", "__builtins__", "__warningregistry__")
_EVERYTHING, _FINALIZES = 1, 2
_LEAST, _MOST = 16384, 65536
_MEMOIZE = b"\x94"
_FRAME = b"\x95"
_SMALL_BUFFER = 4096
_SETTLINGS = 8


class Part:
    """A co-variable as it was last written."""

    __slots__ = tuple("number names values reads flags head pieces heavies anchors handlers raws contents".split())

    def __init__(self, number, names, values):
        self.number = number
        self.names = names
        self.values = values
        self.reads = frozenset()
        self.flags = 0
        self.heavies = []
        self.anchors = []
        self.handlers = set()
        self.raws = []
        self.contents = {}


class Variables:
    """What is stored of the variables of one workspace."""

    def __init__(self, keeper):
        self.keeper = keeper
        self.turn = 0
        self._namespace = keeper.namespace
        self._parts = {}
        self._of = {}
        self._bound = {}
        self._anchors = {}
        self._unkept = {}
        self._ran = []
        self._next = AMBIENT + 1
        self._packed = False
        self._finalizers = False
        self._lost = {}
        keeper.met = self.ran

    def ran(self, code):
        """Takes note of code that is about to run."""
        self._ran.append(code)

    # What changed

    def changes(self, ambient):
        """The parts that are to be stored anew, by number; None for a number that is gone."""
        variables = self._namespace
        names = set()
        for code in self._ran:
            names |= reach.names_of(code)
        del self._ran[:]
        names |= self._names_of_given()
        changed = self._settled(variables, names)
        look, reaches = self._reached(variables, changed, names)
        found = self._renewed(variables, look, reaches)
        while fallen := self._fallen_anchors():
            look, reaches = self._reached(variables, [], fallen)
            found.update(self._renewed(variables, look, reaches))
        self._add_ambient(ambient, found)
        return found

    def _names_of_given(self):
        """Names of the variables by which handlers that code was given otherwise are reached."""
        given = [reference() for reference in self.keeper.given]
        del self.keeper.given[:]
        if not given:
            return set()
        ids = {at_of(handler) for handler in given}
        return {name for part in self._parts.values() if not ids.isdisjoint(part.handlers) for name in part.names}

    def _settled(self, variables, names):
        """The names that hold other objects than they did. They are added to the names, with those that hold none."""
        self._finalizers = self._finalizers or self.keeper.finalizes
        settled = {}
        for _ in range(_SETTLINGS):
            changed, gone = self._rebound()
            names.update(changed)
            names.update(gone)
            self._move_anchors(variables, changed, gone, names)
            held = [name for name in changed if name in self._of] + [name for name in gone if name not in settled]
            settled.update(dict.fromkeys(changed))
            if not (held and self._finalizers):
                break
            # Objects that only what is remembered here still holds go now, before the variables are looked at and not
            # after: their finalizers may change any of them.
            settled.update(dict.fromkeys(gone))
            for name in held:
                self._of[name].values[name] = self._bound[name] = variables.get(name)
        return list(settled)

    def _rebound(self):
        """The names that hold other objects than they did, and those that hold none."""
        changed = []
        bound = self._bound
        for name, value in self._namespace.items():
            if bound.get(name, bound) is not value:
                changed.append(name)
        changed = [name for name in changed if name not in _NO_VARIABLES]
        variables = len(self._namespace) - sum([name in self._namespace for name in _NO_VARIABLES])
        gone = []
        if len(bound) + sum([name not in bound for name in changed]) > variables:
            gone = [name for name in bound if name not in self._namespace]
        return changed, gone

    def _move_anchors(self, variables, changed, gone, names):
        """A class is referred to by the first variable that was found to hold it, for as long as that does."""
        moved = set()
        for name in (*gone, *changed):
            self._lost.pop(name, None)
            part = self._of.get(name)
            was = part.values[name] if part is not None else None
            if _is_class(was) and self._anchors.get(at_of(was)) == name:
                del self._anchors[at_of(was)]
                moved.add(name)
        for name in variables if moved else changed:
            value = variables[name]
            if _is_class(value) and value.__module__ == "__main__" and at_of(value) not in self._unkept:
                self._anchors.setdefault(at_of(value), name)
        if moved:
            for part in self._parts.values():
                if not moved.isdisjoint(part.anchors):
                    names.update(part.names)

    def _fallen_anchors(self):
        """Names of the variables whose classes cannot be kept, and of those that refer to these: they must do without."""
        fallen = {name for at, name in self._anchors.items() if name in self._lost}
        self._unkept.update((at, self._bound[name]) for at, name in self._anchors.items() if name in fallen)
        for at in self._unkept:
            self._anchors.pop(at, None)
        names = set(fallen)
        if fallen:
            for part in self._parts.values():
                if not fallen.isdisjoint(part.anchors):
                    names.update(part.names)
        return names

    def _reached(self, variables, changed, names):
        """The parts that may have changed, and what the variables that are to be looked at reach now."""
        look = {}
        reaches = {}
        everything = self._finalizers or (reach.unrestricted and not names.isdisjoint(reach.DYNAMIC))
        waiting = list(changed)
        met = set(names)
        walk = reach.Walk(self._namespace, self._anchors, {})
        while True:
            while names and not everything:
                part = self._of.get(names.pop())
                if part is None or part.number in look:
                    continue
                look[part.number] = part
                waiting += part.names
                new = part.reads - met
                met |= new
                names |= new
                everything = bool(part.flags & _EVERYTHING)
            if everything:
                for number, part in self._parts.items():
                    if number not in look:
                        look[number] = part
                        waiting += part.names
                names = set()
            for part in look.values():
                for heavy in part.heavies:
                    walk.known[at_of(heavy.obj)] = heavy
            for name in waiting:
                if name not in reaches and name in variables:
                    found = reaches[name] = walk.of(name, variables[name])
                    if found is not reach.NOTHING:
                        new = (found.names | found.anchors.keys()) - met
                        met |= new
                        names |= new
                        everything = everything or found.everything
                        self._finalizers = self._finalizers or found.finalizes
            waiting = []
            everything = everything or self._finalizers
            if not names and (not everything or len(look) == len(self._parts)):
                return look, reaches

    def _renewed(self, variables, look, reaches):
        """The parts that differ from what is stored, of those looked at."""
        groups = _groups(reaches)
        found = {}
        before = {}
        for number, part in look.items():
            if number == AMBIENT:
                continue
            found[number] = None
            for name in part.names:
                del self._of[name], self._bound[name]
                before[name] = part
        used = set()
        taken = set()
        made = []
        for names in groups:
            old = next((before[n] for n in names if n in before and before[n].number not in taken), None)
            if old is None:
                number = self._next
                self._next += 1
            else:
                number = old.number
            taken.add(number)
            made.append(self._write(number, names, variables, reaches, old, used))
        for number in found:
            self._parts.pop(number, None)
        for part in made:
            old = look.get(part.number)
            self._parts[part.number] = part
            for name in part.names:
                self._of[name] = part
            self._bound.update(part.values)
            if old is not None and old.head == part.head and old.pieces == part.pieces:
                del found[part.number]
            else:
                found[part.number] = part
        return found

    def _write(self, number, names, variables, reaches, old, used):
        part = Part(number, names, {name: variables[name] for name in names})
        known = [reaches[name] for name in names]
        anchors = {}
        heavies = {}
        reads = set()
        for one in known:
            reads |= one.names
            anchors.update(one.anchors)
            heavies.update(one.heavies)
            part.handlers |= one.handlers
            if one.everything:
                part.flags |= _EVERYTHING
            if one.finalizes:
                part.flags |= _FINALIZES
        for name in names:
            anchors.pop(name, None)
        part.reads = frozenset(reads.union(anchors))
        part.anchors = list(anchors)
        for heavy in heavies.values():
            # Immutable ones may be in several parts; each has pieces of its own.
            part.heavies.append(heavy.twin() if at_of(heavy) in used else heavy)
            used.add(at_of(heavy))
        outer = [heavy.obj for heavy in part.heavies] + list(anchors.values())
        writer, buffers = self._pickled(part, outer, reaches)
        self._assemble(part, writer, buffers, old)
        return part

    def _pickled(self, part, outer, reaches):
        # A value that could not be kept is tried again: what was in the way may be gone.
        reasons = {}
        while True:
            values = [
                lost(name, type(value).__name__, *reasons[name]) if name in reasons else value
                for name, value in part.values.items()
            ]
            buffers = []
            writer = self._writer(outer, buffers)
            try:
                sets = {at_of(one[0]): one for name in part.names if name not in reasons for one in reaches[name].sets}
                writer.dump([*values, list(sets.values())] if sets else values)
                break
            except Exception as problem:
                self._blame(part, outer, reasons, problem)
        if reasons:
            part.flags |= _EVERYTHING
        for name in part.names:
            if name in reasons:
                self._lost[name] = reasons[name]
            else:
                self._lost.pop(name, None)
        return writer, buffers

    def _blame(self, part, outer, reasons, problem):
        before = len(reasons)
        for name, value in part.values.items():
            if name not in reasons:
                try:
                    self._writer(outer, []).dump(value)
                except Exception as own:
                    reasons[name] = (reason_of(own), self._turn_of_loss(name))
        if len(reasons) == before:  # each alone can be kept, not all together: too deep, or too large
            reasons.update((name, (reason_of(problem), self._turn_of_loss(name))) for name in part.names)

    def _turn_of_loss(self, name):
        known = self._lost.get(name)
        return self.turn if known is None else known[1]

    def _writer(self, outer, buffers):
        def put(buffer):
            view = buffer.raw()
            if view.nbytes < _SMALL_BUFFER:
                return True
            buffers.append(view)

        writer = Writer(self.keeper, put)
        if outer:
            writer.memo = {id(obj): (number, obj) for number, obj in enumerate(outer)}
        return writer

    def _assemble(self, part, writer, buffers, old):
        pieces = [piece for heavy in part.heavies for piece in heavy.pieces]
        known = old.raws if old is not None else ()
        for number, view in enumerate(buffers):
            raw = Raw(view, known[number] if number < len(known) else None)
            part.raws.append(raw)
            pieces += raw.pieces
        within = []
        stored = old.contents if old is not None else {}

        def placed(content, limit):
            if len(content) <= limit:
                within.append(content)
                return len(content)
            piece = part.contents[content] = stored.get(content) or Piece(content)
            pieces.append(piece)
            return -1

        sections = writer.sections()
        small = INLINE if sum(map(len, sections)) <= INLINE else INLINE // 4
        places = [placed(section, small) for section in sections]
        streams = [placed(run, INLINE) for run in _runs(_unframed(writer.written()))]
        fields = [
            list(part.names),
            streams,
            sorted(part.reads),
            part.flags,
            [(heavy.letter, len(heavy.pieces)) for heavy in part.heavies],
            part.anchors,
            [len(raw.pieces) for raw in part.raws],
            places,
        ]
        while not fields[-1]:
            del fields[-1]
        head = print_json(fields).encode("utf-8")
        part.head = b"".join((MAGIC, len(head).to_bytes(4, "big"), head, *within))
        part.pieces = pieces

    def _add_ambient(self, ambient, found):
        ambient = {name: value for name, value in ambient.items() if value is not None}
        if self.keeper.serials:
            ambient["serials"] = self.keeper.serials
        old = self._parts.get(AMBIENT)
        if ambient:
            part = Part(AMBIENT, (), {"": ambient})
            writer = self._writer((), [])
            writer.dump([ambient])
            self._assemble(part, writer, (), old)
            if old is None or old.head != part.head or old.pieces != part.pieces:
                found[AMBIENT] = part
                self._parts[AMBIENT] = part
        elif old is not None or self._packed:
            found[AMBIENT] = None
            self._parts.pop(AMBIENT, None)
        self._packed = False

    def show(self, part):
        """What people see of a part's variables."""
        if part.number == AMBIENT:
            return []
        reasons = {name: self._lost[name][0] for name in part.names if name in self._lost}
        size = len(part.head) + sum([_size(piece) for piece in part.pieces])
        return preview.of(part.values, reasons, size)

    # Bringing back

    def load(self, parts):
        """Brings the variables back from parts: number, head and chunks of each. Returns what else the workspace holds,
        and what the job is there to call."""
        if len(parts) == 1 and parts[0][1][:4] not in _MAGICS:
            self._packed = True
            return {}, self.keeper.load_package(*parts[0][1:])
        opened = [_Opened(*stored) for stored in parts]
        by_name = {name: one for one in opened for name in one.part.names}
        ambient = {}
        for one in opened:
            if one.part.number == AMBIENT:
                (ambient,) = one.read(self, [])
                self._parts[AMBIENT] = one.part
                self.keeper.serials.update(ambient.pop("serials", {}))
        for one in opened:
            if one.part.number != AMBIENT:
                self._bring(one, by_name, [])
        for one in opened:
            one.settle()
        del self._ran[:], self.keeper.given[:]
        return ambient, None

    def _bring(self, one, by_name, above):
        part = one.part
        if part.number in self._parts:
            return
        if part.number in above:
            raise ValueError("the classes of its variables refer to one another in a circle")
        for name in part.anchors:
            self._bring(by_name[name], by_name, [*above, part.number])
        values = one.read(self, [self._namespace[name] for name in part.anchors])
        if len(values) > len(part.names):
            for made, made_of in values.pop():
                set.clear(made)
                set.update(made, made_of)
        part.values = dict(zip(part.names, values))
        self._namespace.update(part.values)
        self._bound.update(part.values)
        self._parts[part.number] = part
        self._next = max(self._next, part.number + 1)
        self._finalizers = self._finalizers or bool(part.flags & _FINALIZES)
        for name, value in part.values.items():
            self._of[name] = part
            if _is_class(value) and value.__module__ == "__main__":
                self._anchors.setdefault(at_of(value), name)


class _Opened:
    """A stored part that is being read."""

    def __init__(self, number, head, chunks):
        if head[:4] not in _MAGICS:
            raise ValueError("this is not a workspace that this driver can read")
        at = 8 + int.from_bytes(head[4:8], "big")
        fields = parse_json(head[8:at].decode("utf-8"))
        if head[:4] == _BEFORE:
            fields.insert(1, fields.pop())
        fields += [empty() for empty in _FIELDS[len(fields) :]]
        names, self._streams, reads, flags, self._heavies, anchors, self._raws, self._sections = fields
        self._rest = at
        self.part = part = Part(number, tuple(names), {})
        part.reads = frozenset(reads)
        part.flags = flags
        part.anchors = anchors
        part.head = head
        part.pieces = [Piece(chunk) for chunk in chunks]

    def read(self, variables, anchored):
        part = self.part
        taken = 0
        at = self._rest

        def some(count):
            nonlocal taken
            taken += count
            return part.pieces[taken - count : taken]

        def placed(place):
            nonlocal at
            if place < 0:
                (piece,) = some(1)
                content = bytes(piece.content)
                part.contents[content] = piece
                return content
            at += place
            return part.head[at - place : at]

        part.heavies = [loaded(letter, some(count)) for letter, count in self._heavies]
        part.raws = [Raw.load(some(count)) for count in self._raws]
        for section in self._sections:
            take_section(placed(section), variables.keeper.source)
        streams = [placed(stream) for stream in self._streams]
        outer = [heavy.obj for heavy in part.heavies] + anchored
        buffers = [raw.joined() for raw in part.raws]
        reader = Reader(variables.keeper, b"".join(streams), outer, buffers)
        values = reader.load()
        part.handlers = reader.handlers
        return values

    def settle(self):
        part = self.part
        for place, piece in enumerate(part.pieces):
            piece.size, piece.content, piece.number, piece.place = len(piece.content), None, part.number, place


def form(parts, blobs):
    """The form in which parts are sent; what is not stored yet is appended to the blobs. From then on it is stored."""
    forms = []
    for number, part, shown in parts:
        runs = []
        for place, piece in enumerate(part.pieces):
            last = runs[-1] if runs else ()
            if piece.content is not None:
                blobs.append(piece.content)
                if len(last) == 3 and last[0] + last[2] == place:
                    last[2] += 1
                else:
                    runs.append([place, len(blobs) - 1, 1])
            elif piece.number != number or piece.place != place:
                if len(last) == 4 and last[1] == piece.number and last[0] + last[3] == place and last[2] + last[3] == piece.place:
                    last[3] += 1
                else:
                    runs.append([place, piece.number, piece.place, 1])
        blobs.append(part.head)
        forms.append((number, len(blobs) - 1, len(part.pieces), runs, shown))
    for number, part, _shown in parts:
        for place, piece in enumerate(part.pieces):
            if piece.content is not None:
                piece.size = len(piece.content)
            piece.content, piece.number, piece.place = None, number, place
    return forms


def _is_class(value):
    return issubclass(type(value), type)


def _size(piece):
    return piece.size if piece.content is None else len(piece.content)


def _groups(reaches):
    """The variables that belong together, each group in their order."""
    leaders = {}

    def leader(name):
        while leaders[name] is not name:
            leaders[name] = name = leaders[leaders[name]]
        return name

    owners = {}
    for name, found in reaches.items():
        leaders[name] = name
        for at in found.ids:
            other = owners.setdefault(at, name)
            if other is not name:
                leaders[leader(name)] = leader(other)
    _join_circles(reaches, leaders, leader)
    groups = {}
    for name in reaches:
        groups.setdefault(leader(name), []).append(name)
    return [tuple(names) for names in groups.values()]


def _join_circles(reaches, leaders, leader):
    """Groups whose classes refer to one another in a circle become one."""
    needs = {}
    for name, found in reaches.items():
        for anchor in found.anchors:
            if anchor in leaders and leader(anchor) is not leader(name):
                needs.setdefault(leader(name), set()).add(anchor)
    while True:
        circle = _circle(needs, leader)
        if not circle:
            return
        first = leader(circle[0])
        for name in circle[1:]:
            joined = leader(name)
            needs[first] = needs.get(first, set()) | needs.pop(joined, set())
            leaders[joined] = first


def _circle(needs, leader):
    """Groups, by their leaders, each of which needs the next and the last the first; empty if there is no circle."""
    done = set()
    for start in needs:
        path = [(start, iter(needs[start]))]
        on = [start]
        while path:
            group, waiting = path[-1]
            anchor = next(waiting, None)
            if anchor is None:
                done.add(group)
                path.pop()
                on.pop()
                continue
            needed = leader(anchor)
            if needed in on:
                if needed is not group:
                    return on[on.index(needed) :]
            elif needed not in done and needed in needs:
                path.append((needed, iter(needs[needed])))
                on.append(needed)
    return []


def _unframed(stream):
    """A pickle without the length of its one frame, which nobody needs who has all of it."""
    is_one = stream[2:3] == _FRAME and int.from_bytes(stream[3:11], "little") == len(stream) - 11
    return stream[:2] + stream[11:] if is_one else stream


def _runs(stream):
    """A pickle in runs, cut where its content says so: what stands behind a change is cut as before."""
    if len(stream) <= _MOST:
        return [stream]
    runs = []
    at = 0
    while at < len(stream):
        end = stream.find(_MEMOIZE, at + _LEAST, at + _MOST - 1)
        end = min(at + _MOST, len(stream)) if end < 0 else end + 1
        runs.append(stream[at:end])
        at = end
    return runs

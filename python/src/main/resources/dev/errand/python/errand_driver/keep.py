"""Keeps variables as bytes and brings them back.

Functions and classes of the job are kept by the place of their code in its source text; everything else is pickled. The
reader resolves only names of an allow-list and what is defined here, so that reading never calls what the job could not
have called.

A container is `MAGIC`, the length of a JSON text, the JSON, and contents one after another. The JSON names sections with
the statements that functions come from, and pickle streams: each by its length, or, where it is stored beside the
container as a piece, by the negative of the piece's number, counted from 1.
"""

import io
import pickle
import sys
from weakref import ref

from . import kinds
from .lost import Unkeepable, lost
from .source import Source, take_section
from .wire import parse_json, print_json

MAGIC = b"ERR1"
INLINE = 1024
CLASS_MARK = "_abc_errand"  # typing.Protocol takes no account of names that begin so



class Keeper:
    """Knows the sources and the classes of one workspace, writes containers and reads them."""

    def __init__(self, namespace, import_module):
        self.namespace = namespace
        self.import_module = import_module
        self.own_handler = None
        self.tools = {}
        self._handlers = {}
        self._sources = {}
        self._classes = {}
        self._serials = {}
        self._lost = {}

    def source(self, digest):
        source = self._sources.get(digest)
        if source is None:
            source = self._sources[digest] = Source(digest)
        return source

    def show_sources(self):
        """Makes the lines of all code known to tracebacks."""
        for source in self._sources.values():
            source.show()

    def place(self, code):
        """Where the code of a function or class stands: block, statement, place, name and line."""
        file = code.co_filename
        source = self._sources.get(file[8:-1]) if file.startswith("<errand:") else None
        found = source and source.place_of(code)
        if not found:
            raise Unkeepable("the code of %s is not part of the job's source" % code.co_name)
        return (source.digest, *found)

    # Classes have names that outlive their process: an instance that comes back from a child finds its class by it.

    def made_class(self, cls, code):
        if isinstance(cls, type) and CLASS_MARK not in cls.__dict__:
            type.__setattr__(cls, CLASS_MARK, code)

    def class_key(self, cls):
        key = cls.__dict__.get(CLASS_MARK)
        if type(key) is tuple:
            return key
        if key is not None:
            base = self.place(key)[:3]
        else:
            base = (cls.__module__, cls.__qualname__, 0)
        key = (*base, self._serials.get(base, 0))
        self.know_class(key, cls)
        return key

    def know_class(self, key, cls):
        base = key[:3]
        self._serials[base] = max(self._serials.get(base, 0), key[3] + 1)
        type.__setattr__(cls, CLASS_MARK, key)
        self._classes[key] = ref(cls)

    def known_class(self, key):
        known = self._classes.get(key)
        return known and known()

    # A handler is one object in its workspace, as long as anybody has it.

    def handler(self, job):
        """The handler of that job that is known here, or None."""
        known = self._handlers.get(job)
        return known and known()

    def know_handler(self, job, handler):
        self._handlers[job] = ref(handler)

    # Writing

    def state(self, variables, extras):
        """The container of a workspace with its pieces, and why some of its variables could not be kept, by name."""
        reasons = {}
        for name, (value, reason) in list(self._lost.items()):
            if variables.get(name) is value:
                reasons[name] = reason
            else:
                del self._lost[name]
        try:
            writer = self._state_writer(variables, extras, reasons)
        except Exception:
            for name, value in variables.items():
                reason = None if name in reasons else self._why_not(value)
                if reason is not None:
                    reasons[name] = reason
                    self._lost[name] = (value, reason)
            writer = self._state_writer(variables, extras, reasons)
        return writer.container("state"), reasons

    def _state_writer(self, variables, extras, reasons):
        if reasons:
            variables = {
                name: lost(name, type(value).__name__, reasons[name]) if name in reasons else value
                for name, value in variables.items()
            }
        writer = Writer(self, False)
        writer.dump((variables, dict(extras, serials=self._serials)))
        writer.cut()
        return writer

    def _why_not(self, value):
        try:
            Writer(self, False).dump(value)
        except Exception as problem:
            return reason_of(problem)
        return None

    def value(self, value):
        """One value as bytes. Raises Unkeepable."""
        writer = Writer(self, True)
        try:
            writer.dump(value)
        except Exception as problem:
            raise Unkeepable(reason_of(problem)) from None
        writer.cut()
        return writer.container("value", sys.maxsize)[0]

    def package(self, variables, call=None, arguments=None):
        """A child's first workspace: the variables, what to call and with what, and whatever functions among these refer
        to by name. Returns the container with its pieces, and the names shipped. Raises Unkeepable, naming the culprit.
        """
        writer = Writer(self, True)
        shipped = dict.fromkeys(variables)
        for name, value in variables.items():
            writer.dump_part("the variable '%s'" % name, (name, value))
        if call is not None:
            writer.dump_part("the function", (None, call))
        self._dump_needed(writer, shipped)
        writer.cut()
        if call is not None:
            args, kwargs = arguments
            for number, value in enumerate(args):
                writer.dump_part("argument %d" % (number + 1), (None, value))
            for name, value in kwargs.items():
                writer.dump_part("the argument '%s'" % name, (name, value))
            writer.dump(None)
            self._dump_needed(writer, shipped)
            writer.cut()
        return writer.container("call" if call is not None else "variables"), list(shipped)

    def _dump_needed(self, writer, shipped):
        names = writer.needed
        while names:
            name = next(iter(names))
            del names[name]
            if name not in shipped and name in self.namespace:
                shipped[name] = None
                what = "the variable '%s', which it refers to" % name
                writer.dump_part(what, (name, self.namespace[name]))
        writer.dump(None)

    # Reading

    def load(self, manifest, chunks):
        """Brings a workspace back. Returns its extras and, where it is there to call something, the function and its
        arguments."""
        if manifest[:1] == b"{":  # variables given by the application
            self.namespace.update(parse_json(manifest.decode("utf-8")))
            return {}, None
        kind, reader = self._open(manifest, chunks)
        if kind == "state":
            variables, extras = reader.load()
            self.namespace.update(variables)
            self._serials.update(extras["serials"])
            return extras, None
        call = reader.load_names(self.namespace)
        if kind == "variables":
            return {}, None
        args, kwargs = reader.load_arguments()
        reader.load_names(self.namespace)
        return {}, (call, args, kwargs)

    def load_value(self, data):
        _kind, reader = self._open(data, ())
        return reader.load()

    def _open(self, data, chunks):
        if data[:4] != MAGIC:
            raise ValueError("this is not a workspace that this driver can read")
        at = 8 + int.from_bytes(data[4:8], "big")
        kind, sections, streams = parse_json(data[8:at].decode("utf-8"))

        def placed(place):
            nonlocal at
            if place < 0:
                return chunks[-place - 1]
            at += place
            return data[at - place : at]

        for section in sections:
            take_section(placed(section), self.source)
        streams = [placed(stream) for stream in streams]
        return kind, Reader(self, streams[0] if len(streams) == 1 else b"".join(streams))


class Writer(pickle.Pickler):
    """Writes one container."""

    def __init__(self, keeper, crossing):
        self._buffer = io.BytesIO()
        super().__init__(self._buffer, 5)
        self.keeper = keeper
        self.crossing = crossing  # whether it is to be read in another job's workspace
        self.needed = {}
        self._statements = set()
        self._cuts = [0]

    def reducer_override(self, obj):
        return kinds.reduce(self, obj)

    def dump_part(self, what, part):
        try:
            self.dump(part)
        except Exception as problem:
            raise Unkeepable("%s: %s" % (what, reason_of(problem))) from None

    def place(self, code):
        """The reference to a code object, whose statement is kept too."""
        place = self.keeper.place(code)
        self._statements.add(place[:2])
        return place

    def cut(self):
        """Ends a stream."""
        self._cuts.append(self._buffer.tell())

    def container(self, kind, inline=INLINE):
        """The container's bytes and its pieces."""
        pieces = []
        within = []

        def placed(content, inline):
            if len(content) <= inline:
                within.append(content)
                return len(content)
            pieces.append(content)
            return -len(pieces)

        statements = {}
        for digest, statement in sorted(self._statements):
            statements.setdefault(digest, []).append(statement)
        sections = [self.keeper.source(digest).section(tuple(numbers)) for digest, numbers in statements.items()]
        small = inline if sum(map(len, sections)) <= inline else inline // 4
        places = [placed(section, small) for section in sections]
        data = self._buffer.getbuffer()
        streams = [placed(bytes(data[a:b]), inline) for a, b in zip(self._cuts, self._cuts[1:])]
        head = print_json((kind, places, streams)).encode("utf-8")
        return b"".join((MAGIC, len(head).to_bytes(4, "big"), head, *within)), pieces


class Reader(pickle.Unpickler):
    """Reads the streams of one container."""

    def __init__(self, keeper, data):
        super().__init__(io.BytesIO(data))
        self.keeper = keeper
        self._makers = kinds.Makers(self)

    def find_class(self, module, name):
        if module == kinds.MODULE:
            maker = self._makers.find(name)
            if maker is not None:
                return maker
        return kinds.find_global(module, name)

    def load_names(self, namespace):
        call = None
        while True:
            part = self.load()
            if part is None:
                return call
            name, value = part
            if name is None:
                call = value
            else:
                namespace[name] = value

    def load_arguments(self):
        args, kwargs = [], {}
        while True:
            part = self.load()
            if part is None:
                return args, kwargs
            name, value = part
            if name is None:
                args.append(value)
            else:
                kwargs[name] = value


def reason_of(problem):
    if isinstance(problem, RecursionError):
        return "it is nested too deeply"
    if isinstance(problem, Unkeepable):
        return str(problem)
    text = str(problem)
    return text or type(problem).__name__

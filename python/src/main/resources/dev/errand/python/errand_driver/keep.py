"""Keeps values as bytes and brings them back.

Functions and classes of the job are kept by the place of their code in its source text; everything else is pickled. The
reader resolves only names of an allow-list and what is defined here, so that reading never calls what the job could not
have called.

What crosses from one job to another is a container: `MAGIC`, the length of a JSON text, the JSON, and contents one after another. The JSON names sections with
the statements that functions come from, and pickle streams: each by its length, or, where it is stored beside the
container as a piece, by the negative of the piece's number, counted from 1.
"""

import io
import pickle
import sys
from weakref import ref

from . import durable, facades, kinds
from .interpreter import Unpickler
from .lost import Unkeepable
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
        self.handled = set()
        """The ids of the jobs that this job was given handlers of."""
        self._handlers = {}
        self.given = []
        """References to the handlers that code was given by asking for them, since the variables were last looked at."""
        self._sources = {}
        self._classes = {}
        self.serials = {}
        self.finalizes = False
        """Whether the job ever made a class whose objects run code when they go, at whatever moment that is."""
        self.rules = None
        """What is done with the tree of a text before it is compiled; see `Source`."""
        self.met = None
        """Told of the code of every function that is brought back."""

    def source(self, digest):
        source = self._sources.get(digest)
        if source is None:
            source = self._sources[digest] = Source(digest, self.rules)
        return source

    def inner(self, digest, statement, number, name, line):
        """The code at a place, as `place` named it."""
        code = self.source(digest).inner(statement, number, name, line)
        self.met(code)
        return code

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
        self.finalizes = self.finalizes or (isinstance(cls, type) and "__del__" in cls.__dict__)
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
        key = (*base, self.serials.get(base, 0))
        self.know_class(key, cls)
        return key

    def know_class(self, key, cls):
        base = key[:3]
        self.serials[base] = max(self.serials.get(base, 0), key[3] + 1)
        type.__setattr__(cls, CLASS_MARK, key)
        self._classes[key] = ref(cls)

    def known_class(self, key):
        known = self._classes.get(key)
        return known and known()

    # A handler is one object in its workspace, as long as anybody has it.

    def handler(self, job):
        """The handler of that job that is known here, to be given to code, or None."""
        known = self._handlers.get(job)
        handler = known and known()
        if handler is not None:
            self.given.append(known)
        return handler

    def know_handler(self, job, handler):
        self._handlers[job] = ref(handler)

    # Writing

    def value(self, value):
        """One value as bytes. Raises Unkeepable."""
        writer = Crossing(self)
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
        writer = Crossing(self)
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

    def load_package(self, head, chunks):
        """Brings the variables that a job begins with. Returns the function to call and its arguments, where the job is
        there to call one."""
        if head[:1] == b"{":  # given by the application
            for name, value in parse_json(head.decode("utf-8")).items():
                self.namespace[name] = durable.given(value)
            return None
        kind, reader = self._open(head, chunks)
        call = reader.load_names(self.namespace)
        if kind == "variables":
            return None
        args, kwargs = reader.load_arguments()
        reader.load_names(self.namespace)
        return call, args, kwargs

    def load_value(self, data):
        """One value, of another job perhaps, whose process may have been taken over: what it brings of code is compiled
        anew, under the rules here."""
        _kind, reader = self._open(data, (), facades.unrestricted)
        return reader.load()

    def _open(self, data, chunks, as_compiled=True):
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
            take_section(placed(section), self.source, as_compiled)
        streams = [placed(stream) for stream in streams]
        return kind, Reader(self, streams[0] if len(streams) == 1 else b"".join(streams))


class Writer(pickle.Pickler):
    """Pickles, and takes note of the statements that the code of functions and classes comes from."""

    crossing = False
    """Whether it is to be read in another job's workspace."""

    def __init__(self, keeper, buffer_callback=None):
        self._buffer = io.BytesIO()
        super().__init__(self._buffer, 5, buffer_callback=buffer_callback)
        self.keeper = keeper
        self._statements = set()

    def reducer_override(self, obj):
        return kinds.reduce(self, obj)

    def place(self, code):
        """The reference to a code object, whose statement is kept too."""
        place = self.keeper.place(code)
        self._statements.add(place[:2])
        return place

    def sections(self):
        """The statements that were referred to, block by block."""
        statements = {}
        for digest, statement in sorted(self._statements):
            statements.setdefault(digest, []).append(statement)
        return [self.keeper.source(digest).section(tuple(numbers)) for digest, numbers in statements.items()]

    def written(self):
        """What was pickled."""
        return self._buffer.getvalue()


class Crossing(Writer):
    """Writes one container."""

    crossing = True

    def __init__(self, keeper):
        super().__init__(keeper)
        self.needed = {}
        self._cuts = [0]

    def dump_part(self, what, part):
        try:
            self.dump(part)
        except Exception as problem:
            raise Unkeepable("%s: %s" % (what, reason_of(problem))) from None

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

        sections = self.sections()
        small = inline if sum(map(len, sections)) <= inline else inline // 4
        places = [placed(section, small) for section in sections]
        data = self._buffer.getbuffer()
        streams = [placed(bytes(data[a:b]), inline) for a, b in zip(self._cuts, self._cuts[1:])]
        head = print_json((kind, places, streams)).encode("utf-8")
        return b"".join((MAGIC, len(head).to_bytes(4, "big"), head, *within)), pieces


class Reader(Unpickler):
    """Reads what a writer wrote. `outer` are the objects that the writer knew as kept elsewhere, in the same order."""

    def __init__(self, keeper, data, outer=(), buffers=()):
        super().__init__(io.BytesIO(_prelude(len(outer)) + data if outer else data), buffers=buffers)
        self.keeper = keeper
        self.handlers = set()
        """The ids of those that it read."""
        self._outer = outer
        self._makers = kinds.Makers(self)
        if outer:
            self.load()

    def find_class(self, module, name):
        if module == kinds.MODULE:
            maker = self._makers.find(name)
            if maker is not None:
                return maker
        elif module == _OUTER:
            return self._outer[int(name)]
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


_OUTER = "="


def _prelude(count):
    """A pickle that brings so many outer objects into the memo, from its first place on."""
    return b"\x80\x05%sN." % b"".join([b"c=\n%d\n\x940" % number for number in range(count)])


def reason_of(problem):
    if isinstance(problem, RecursionError):
        return "it is nested too deeply"
    if isinstance(problem, Unkeepable):
        return str(problem)
    text = str(problem)
    return text or type(problem).__name__

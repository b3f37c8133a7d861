"""Source text of a job's code, statement by statement.

A block is compiled one top-level statement at a time. A function is later found again by the hash of its block, the
number of its statement, and its place among the code objects of that statement; so a workspace keeps the text of those
statements only that its functions and classes come from.
"""

import __future__
import ast
import linecache
import marshal
import sys
from types import CodeType

from . import interpreter
from .wire import parse_json, print_json

FILES = "<errand:"  # how the names of all blocks begin
MODULE = "<module>"
_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_PYTHON = "%s.%x" % (sys.implementation.cache_tag, sys.hexversion)
# Inlined by newer Pythons, so they must not count where places are counted.
_INLINED = frozenset(("<listcomp>", "<setcomp>", "<dictcomp>"))


class Source:
    """The statements of one block that are known here: all of them, or those that a stored workspace refers to."""

    def __init__(self, digest, rules):
        self.digest = digest
        self._rules = rules
        self.file = "%s%s>" % (FILES, digest)
        self._units = {}
        self._compiled = {}
        self._sections = {}
        self._text = None
        self._nodes = None
        self._codes = {}
        self._places = {}
        self._lines = []
        self._unshown = []

    def parse(self, text):
        """Reads the whole block and returns its statements.

        Raises SyntaxError, also for what only the compiler finds, and what the rules refuse.
        """
        if self._nodes is None:
            tree = self._rules(text, ast.parse(text, self.file), True)
            self._flags = _future_flags(tree)
            self._text = text
            self._show(_lines(text), 0)
            codes = []
            last = len(tree.body) - 1
            for number, node in enumerate(tree.body):
                codes.append(_compile(node, self.file, self._flags, number == last))
            for number, code in enumerate(codes):
                # Functions that were brought back refer to the code objects that are there already.
                self._codes.setdefault(number, code)
            self._nodes = tree
        return self._nodes

    def code(self, statement):
        """The code object of one statement."""
        code = self._codes.get(statement)
        if code is None:
            compiled = self._compiled.get(statement)
            if compiled:
                code = marshal.loads(compiled)
            else:
                unit = self._units[statement]
                code = _compile(self._node(unit), self.file, unit.flags, unit.last)
            self._codes[statement] = code
        return code

    def _node(self, unit):
        tree = ast.parse("\n" * unit.line + unit.text, self.file)
        return self._rules(unit.text, tree, False).body[unit.index]

    def tree(self, statement):
        """The tree of one statement, and the compiler flags for it."""
        if self._nodes is not None:
            return self._nodes.body[statement], self._flags
        unit = self._units[statement]
        return self._node(unit), unit.flags

    def inner(self, statement, place, name, line):
        """The code object at a place within a statement, as `place_of` named it."""
        codes = _inner_codes(self.code(statement))
        if place < len(codes) and codes[place].co_name == name:
            return self._made(codes[place], statement)
        for code in codes:  # another Python counted differently
            if code.co_name == name and code.co_firstlineno == line:
                return self._made(code, statement)
        raise LookupError("%s has no code named %s at line %d" % (self.file, name, line))

    def _made(self, code, statement):
        made = interpreter.function_code(code, self, statement)
        if made is not code:
            self._places[id(made)] = (made, self.place_of(code))
        return made

    def place_of(self, code):
        """Where a code object stands: statement, place, name and line; None if it is none of this block.

        One that is called a module stands for the line that it begins at.
        """
        if code.co_name == MODULE:
            statement = self._statement_at(code.co_firstlineno)
            return None if statement is None else (statement, None, MODULE, code.co_firstlineno)
        found = self._places.get(id(code))
        if found is None:
            for statement, whole in self._codes.items():
                for place, inner in enumerate(_inner_codes(whole)):
                    self._places[id(inner)] = (inner, (statement, place, inner.co_name, inner.co_firstlineno))
            # An interpreter may have several objects for one code that it takes for the same.
            found = self._places.get(id(code)) or next((kept for kept in self._places.values() if kept[0] is code), None)
        return found and found[1]

    def _statement_at(self, line):
        for number, node in enumerate(self._nodes.body if self._nodes else ()):
            if _first_line(node) <= line <= node.end_lineno:
                return number
        for number, unit in self._units.items():
            if unit.line < line <= unit.line + unit.text.count("\n"):
                return number
        return None

    def section(self, statements):
        """These statements as bytes: their text, and their code as this Python compiles it, which is worth having as
        long as the same Python reads it."""
        section = self._sections.get(statements)
        if section is None:
            lines, contents = [], []
            for statement in statements:
                unit = self._units.get(statement)
                if unit is None:
                    unit = self._units[statement] = self._cut(statement)
                text = unit.text.encode("utf-8")
                compiled = self._compiled.get(statement)
                if compiled is None:
                    compiled = self._compiled[statement] = interpreter.compiled(self.code(statement))
                lines.append((statement, unit.line, unit.index, unit.flags, unit.last, len(text), len(compiled)))
                contents += (text, compiled)
            head = print_json((self.digest, _PYTHON, lines)).encode("utf-8")
            section = self._sections[statements] = b"".join((len(head).to_bytes(4, "big"), head, *contents))
        return section

    def show(self):
        """Makes the lines of what was added known to tracebacks."""
        for unit in self._unshown:
            self._show(_lines(unit.text), unit.line)
        self._unshown.clear()

    def _cut(self, statement):
        # Statements that share a line with this one come along; they are not run.
        body = self._nodes.body
        start = end = statement
        while start > 0 and body[start - 1].end_lineno >= _first_line(body[start]):
            start -= 1
        while end + 1 < len(body) and _first_line(body[end + 1]) <= body[end].end_lineno:
            end += 1
        first = _first_line(body[start]) - 1
        text = "".join(_lines(self._text)[first : body[end].end_lineno])
        return Unit(text, first, statement - start, self._flags, statement == len(body) - 1)

    def _show(self, lines, at):
        if len(self._lines) < at:
            self._lines.extend(["\n"] * (at - len(self._lines)))
        self._lines[at : at + len(lines)] = lines
        linecache.cache[self.file] = (0, None, self._lines, self.file)


def take_section(data, source_of, as_compiled=True):
    """Takes in statements that were kept, as text or as they were compiled. `source_of` gives the source of a digest."""
    at = 4 + int.from_bytes(data[:4], "big")
    digest, python, lines = parse_json(data[4:at].decode("utf-8"))
    source = source_of(digest)
    for statement, line, index, flags, last, text, compiled in lines:
        if statement not in source._units:
            unit = source._units[statement] = Unit(data[at : at + text].decode("utf-8"), line, index, flags, last)
            source._unshown.append(unit)
            if as_compiled and python == _PYTHON:
                source._compiled[statement] = data[at + text : at + text + compiled]
        at += text + compiled


class Unit:
    """The text of one statement, and what it takes to compile it as it was: the line before it, its place among the
    statements that share its lines, compiler flags, and whether it ends its block."""

    __slots__ = ("text", "line", "index", "flags", "last")

    def __init__(self, text, line, index, flags, last):
        self.text = text
        self.line = line
        self.index = index
        self.flags = flags
        self.last = last


def _lines(text):
    """The lines as the compiler counts them, which is not as `str.splitlines` does."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return [line + "\n" for line in plain.split("\n")]


def _first_line(node):
    decorators = getattr(node, "decorator_list", None)
    return min(node.lineno, decorators[0].lineno) if decorators else node.lineno


def prepared(text, tree):
    """The tree as it is compiled where there are no other rules."""
    return _Awaits().visit(tree) if "await" in text else tree


def _compile(node, file, flags, last):
    tree = ast.Expression(node.value) if last and isinstance(node, ast.Expr) else ast.Module([node], [])
    return interpreter.statement_code(tree, file, flags)


class _Awaits(ast.NodeTransformer):
    """Lets plain values be awaited, by a function of a name that no code can mention."""

    def visit_Await(self, node):
        self.generic_visit(node)
        name = ast.copy_location(ast.Name("await", ast.Load()), node.value)
        node.value = ast.copy_location(ast.Call(name, [node.value], []), node.value)
        return node


def _future_flags(tree):
    flags = 0
    for node in tree.body:
        if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            continue
        for alias in node.names:
            feature = getattr(__future__, alias.name, None)
            if feature is not None:
                flags |= feature.compiler_flag
    return flags & _FUTURES


def _inner_codes(code):
    found = []
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name not in _INLINED:
                found.append(constant)
            found.extend(_inner_codes(constant))
    return found


def caller_frame(namespace):
    """The innermost frame of the job's own code that led here."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals is not namespace:
        frame = frame.f_back
    return frame

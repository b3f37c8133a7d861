"""Restricted mode: what the text of a block may say. `guard` sees to what shows only while it runs.

This is one layer of several; the process's own isolation is another.
"""

import ast

from . import facades, fence

MAX_BYTES = 200_000
MAX_NODES = 20_000

_FORBIDDEN_NAMES = frozenset(
    "__import__ breakpoint compile delattr dir eval exec getattr globals help locals open setattr vars".split()
)
_FORBIDDEN_ATTRIBUTES = frozenset(
    "ag_await ag_code ag_frame cr_await cr_code cr_frame cr_origin f_back f_builtins f_code f_globals f_lineno f_locals "
    "f_trace func_code func_globals gi_code gi_frame gi_yieldfrom mro tb_frame tb_next co_code co_consts "
    "_convert_ _create_ _evaluate get_stack print_stack".split()
)
_PUBLIC_UNDERSCORED = frozenset(
    "_asdict _field_defaults _fields _generate_next_value_ _ignore_ _make _missing_ _name_ _order_ _replace _value_".split()
)
_METHODS = frozenset(
    "__%s__" % name
    for name in (
        "init new post_init repr str format bytes bool hash eq ne lt le gt ge len length_hint iter next reversed contains "
        "getitem setitem delitem missing call enter exit add radd iadd sub rsub isub mul rmul imul matmul rmatmul "
        "truediv rtruediv itruediv floordiv rfloordiv ifloordiv mod rmod imod divmod rdivmod pow rpow ipow and rand iand "
        "or ror ior xor rxor ixor lshift rlshift ilshift rshift rrshift irshift neg pos abs invert int float complex "
        "index round trunc floor ceil copy deepcopy get set delete set_name init_subclass class_getitem "
        "aenter aexit aiter anext await llm_repr sizeof getattr setattr delattr"
    ).split()
)
_READ_ATTRIBUTES = _METHODS | {"__name__", "__qualname__", "__doc__", "__class__", "__members__", "__cause__", "__context__"}
_CLASS_NAMES = _METHODS | {"__slots__", "__doc__", "__name__", "__qualname__"}
_MATCHED_WHOLE = frozenset("bool bytearray bytes dict float frozenset int list set str tuple".split())
_OWN_OBJECTS = frozenset(("self", "cls", "other", "that", "instance", "obj"))


class Refused(Exception):
    """Restricted mode does not let this code run."""


def check(text, tree, known):
    """Refuses a block that restricted mode forbids, naming what and where. `known` holds the job's own names. Returns
    whether the code uses attributes that are to be guarded while it runs."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Refused("the code is longer than %d bytes" % MAX_BYTES)
    checked = _Check(known)
    checked.block(tree)
    return checked.guarded


def is_private(name):
    """Whether an attribute is for the job's own objects."""
    return name[:1] == "_" and name not in _PUBLIC_UNDERSCORED and not _is_dunder(name)


def is_hidden(name):
    """Whether an attribute is for nobody."""
    return name in _FORBIDDEN_ATTRIBUTES or _is_dunder(name)


def may_read(name):
    """Whether an attribute may be read of any object."""
    return not (is_private(name) or name in _FORBIDDEN_ATTRIBUTES or (_is_dunder(name) and name not in _READ_ATTRIBUTES))


def _is_capture(pattern):
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def is_super(node):
    """Whether an expression is `super()`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args


class _Check:
    def __init__(self, known):
        self.known = known
        self.nodes = 0
        self.loads = []
        self.bound = set()
        self.guarded = False

    def block(self, tree):
        waiting = [(tree, ())]
        while waiting:
            node, classes = waiting.pop()
            self.nodes += 1
            if self.nodes > MAX_NODES:
                raise Refused("the code has more than %d syntax nodes" % MAX_NODES)
            kind = type(node)
            rule = _RULES.get(kind)
            if rule is not None:
                rule(self, node, classes)
            inside = (*classes, node.name) if kind is ast.ClassDef else classes
            waiting.extend([(child, inside) for child in ast.iter_child_nodes(node)])
        for name, line in self.loads:
            if self.known is not None and name not in self.bound and name not in self.known:
                self.refuse("the name '%s'" % name, line)

    def refuse(self, what, line):
        raise Refused("line %d: %s is not allowed in restricted mode" % (line, what))

    def name(self, node, classes):
        text = node.id
        if isinstance(node.ctx, ast.Load):
            if text in _FORBIDDEN_NAMES:
                self.loads.append((text, node.lineno))
                return
        else:
            if text == "__name__" and not classes:
                self.refuse("setting '__name__'", node.lineno)
            self.bound.add(text)
        self.identifier(text, node.lineno, classes)

    def identifier(self, text, line, classes=()):
        if text is not None and _is_dunder(text):
            if text == "__name__" or (classes and text in _CLASS_NAMES):
                return
            self.refuse("the name '%s'" % text, line)

    def attribute(self, node, classes):
        text, line = node.attr, node.lineno
        if text in _FORBIDDEN_ATTRIBUTES:
            self.refuse("the attribute '%s'" % text, line)
        if not text.startswith("_") or text in _PUBLIC_UNDERSCORED:
            sets = not isinstance(node.ctx, ast.Load)
            self.guarded = self.guarded or text == "format" or text == "format_map" or (sets and not fence.seals())
            return
        self.guarded = True
        if _is_dunder(text):
            if text not in _READ_ATTRIBUTES or not isinstance(node.ctx, ast.Load):
                self.refuse("the attribute '%s'" % text, line)
            return
        base = node.value
        own = isinstance(base, ast.Name) and (base.id in _OWN_OBJECTS or base.id in classes)
        if not (classes and (own or is_super(base))):
            self.refuse("the private attribute '%s'" % text, line)

    def imports(self, node, classes):
        for alias in node.names:
            self.module(alias.name, node.lineno)
            self.alias(alias, node.lineno)

    def import_from(self, node, classes):
        if node.level:
            self.refuse("a relative import", node.lineno)
        if node.module == "__future__":
            return
        self.module(node.module, node.lineno)
        for alias in node.names:
            if alias.name.startswith("_"):
                self.refuse("importing '%s'" % alias.name, node.lineno)
            self.alias(alias, node.lineno)

    def alias(self, alias, line):
        name = alias.asname or alias.name.partition(".")[0]
        self.bound.add(name)
        self.identifier(name, line)

    def module(self, name, line):
        if not (facades.may_import(name) or name in facades.OWN_MODULES):
            self.refuse("importing '%s'" % name, line)

    def definition(self, node, classes):
        self.bound.add(node.name)
        if _is_dunder(node.name) and not (classes and node.name in _METHODS):
            self.refuse("defining '%s'" % node.name, node.lineno)

    def argument(self, node, classes):
        self.bound.add(node.arg)
        self.identifier(node.arg, node.lineno)

    def names(self, node, classes):
        for name in node.names:
            self.identifier(name, node.lineno)

    def captured(self, node, classes):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name is not None:
            self.bound.add(name)
            self.identifier(name, node.lineno)

    def class_pattern(self, node, classes):
        if node.patterns:
            self.guarded = True
            inner = node.patterns[0]
            if not (isinstance(node.cls, ast.Name) and node.cls.id in _MATCHED_WHOLE and _is_capture(inner)):
                self.refuse("a class pattern that reads attributes by position (name them, as in Point(x=0, y=y))", node.lineno)
        for name in node.kwd_attrs:
            if name.startswith("_"):
                self.refuse("the private attribute '%s'" % name, node.lineno)
            if name in _FORBIDDEN_ATTRIBUTES or name in ("format", "format_map"):
                self.refuse("the attribute '%s' in a pattern" % name, node.lineno)

    def keyword(self, node, classes):
        if node.arg is not None and _is_dunder(node.arg):
            self.refuse("the name '%s'" % node.arg, node.value.lineno)


def _is_dunder(name):
    return name.startswith("__") and name.endswith("__") and len(name) > 4


_RULES = {
    ast.Name: _Check.name,
    ast.Attribute: _Check.attribute,
    ast.Import: _Check.imports,
    ast.ImportFrom: _Check.import_from,
    ast.FunctionDef: _Check.definition,
    ast.AsyncFunctionDef: _Check.definition,
    ast.ClassDef: _Check.definition,
    ast.arg: _Check.argument,
    ast.keyword: _Check.keyword,
    ast.Global: _Check.names,
    ast.Nonlocal: _Check.names,
    ast.ExceptHandler: _Check.captured,
    ast.MatchAs: _Check.captured,
    ast.MatchStar: _Check.captured,
    ast.MatchMapping: _Check.captured,
    ast.MatchClass: _Check.class_pattern,
}
for _name in ("TypeVar", "ParamSpec", "TypeVarTuple"):
    if hasattr(ast, _name):
        _RULES[getattr(ast, _name)] = _Check.captured

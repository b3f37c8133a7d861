"""Restricted mode while code runs: what the rules for its text cannot see.

A few expressions are rewritten before they are compiled; all else runs as it was written. `x.__class__` gives what
`type(x)` gives. `.format` of text reads attributes by name, so the names in it are looked at. `.__setattr__` and its
like take a name, so that and the object are. And a method that uses private attributes of what it is called on sees
first whether that is one of the job's own objects. Where classes cannot be sealed, each that something is set of is
looked at, too.
"""

import ast
import copy
import dataclasses
import enum
import functools
import types

import _string

from . import facades, fence, policy
from .fence import library

# Names that no code can say
_CHANGED, _CLASS, _FORMAT, _NAMED, _OWN = "changed", "class of", "format of", "given names", "own object"
_FORMATS = frozenset(("format", "format_map"))
_BY_NAME = frozenset(("__getattr__", "__setattr__", "__delattr__"))


def rewritten(tree):
    """The tree with its guards."""
    tree = _Guards().visit(tree)
    return ast.fix_missing_locations(tree)


class _Guards(ast.NodeTransformer):
    def __init__(self):
        self.receiver = None
        """The name of the first parameter of the method around, if that is looked at when it begins."""
        self.in_class = False

    def visit_ClassDef(self, node):
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.bases = [self.visit(one) for one in node.bases]
        for keyword in node.keywords:
            self.visit(keyword)
        before = self.in_class, self.receiver
        self.in_class, self.receiver = True, None
        node.body = [self.visit(one) for one in node.body]
        self.in_class, self.receiver = before
        return node

    def visit_FunctionDef(self, node):
        before = self.in_class, self.receiver
        if self.in_class:
            self.receiver = _receiver(node)
        self.in_class = False
        self.generic_visit(node)
        if self.receiver is not None and before[0]:
            _look_first(node, self.receiver)
        self.in_class, self.receiver = before
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_MatchClass(self, node):
        """`int(x)` is `int() as x`; no other pattern says by position what it reads."""
        self.generic_visit(node)
        if not node.patterns:
            return node
        (inner,) = node.patterns
        node.patterns = []
        return ast.copy_location(ast.MatchAs(node, inner.name), node) if inner.name else node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        name = node.attr
        if policy.is_private(name):
            if not (isinstance(node.value, ast.Name) and node.value.id == self.receiver) and not policy.is_super(node.value):
                node.value = _call(_OWN, node.value)
            return node
        if not isinstance(node.ctx, ast.Load):
            if not fence.seals():
                node.value = _call(_CHANGED, node.value)
            return node
        if name == "__class__":
            return _call(_CLASS, node.value)
        if name in _FORMATS:
            return _call(_FORMAT, node.value, ast.copy_location(ast.Constant(name), node.value))
        if name in _BY_NAME:
            return _call(_NAMED, node)
        return node


def _call(function, *args):
    where = args[0]
    return ast.copy_location(ast.Call(ast.copy_location(ast.Name(function, ast.Load()), where), list(args), []), where)


def _receiver(function):
    """The first parameter of a method that uses private attributes of it and never rebinds it; else None."""
    parameters = (*function.args.posonlyargs, *function.args.args)
    if not parameters:
        return None
    name = parameters[0].arg
    used = False
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return None
        if isinstance(node, ast.arg) and node.arg == name and node is not parameters[0]:
            return None
        if getattr(node, "name", None) == name or getattr(node, "rest", None) == name:
            return None
        if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
            return None
        if isinstance(node, ast.alias) and name in (node.name, node.asname):
            return None
        if isinstance(node, ast.Attribute) and policy.is_private(node.attr):
            used = used or (isinstance(node.value, ast.Name) and node.value.id == name)
    return name if used else None


def _look_first(function, name):
    at = 1 if ast.get_docstring(function, clean=False) is not None else 0
    where = function.body[min(at, len(function.body) - 1)]
    known = ast.copy_location(ast.Name(name, ast.Load()), where)
    function.body.insert(at, ast.copy_location(ast.Expr(_call(_OWN, known)), where))


# What the guards do


def own(value):
    """The value, if it is an object of the job's own, or a class of its own."""
    kind = type(value)
    if kind in library and (not issubclass(kind, type) or value in library):
        raise AttributeError(
            "Restricted mode lets code use private attributes of its own objects only, and not of %s" % _named_type(value)
        )
    return value


def _named_type(value):
    return "the class %s" % value.__name__ if isinstance(value, type) else "an object of type %s" % type(value).__name__


_TEXT_METHODS = (types.BuiltinFunctionType, types.MethodWrapperType)


def format_of(value, name):
    """The method `format` or `format_map`, that of text with a look at the names in it."""
    if type(value) is str:
        if "." in value:
            _look_at(value)
        return value.format if name == "format" else value.format_map
    found = getattr(value, name)
    if found is str.format or found is str.format_map:
        return lambda text, *args, **kwargs: found(_looked_at(text), *args, **kwargs)
    if type(found) in _TEXT_METHODS and isinstance(found.__self__, str):
        _looked_at(found.__self__)
    return found


def _looked_at(text):
    if isinstance(text, str) and str.__contains__(text, "."):
        _look_at(str.__str__(text))
    return text


@functools.lru_cache(500)
def _look_at(text):
    try:
        for _literal, field, spec, _conversion in _string.formatter_parser(text):
            if field is not None:
                _first, rest = _string.formatter_field_name_split(field)
                for is_attribute, name in rest:
                    if is_attribute and not policy.may_read(name):
                        raise AttributeError("Restricted mode does not let a format read the attribute '%s'" % name)
                _look_at(spec)
    except ValueError:  # which the method itself will say
        pass


def named(found):
    """A method that is given the name of an attribute, with a look at that."""
    if type(getattr(found, "__func__", found)) is types.FunctionType and _is_own(found):
        return found

    def guarded(*args):
        name = args[-2] if len(args) > 1 and found.__name__ == "__setattr__" else args[-1] if args else None
        if type(name) is not str or policy.is_hidden(name):
            raise AttributeError("Restricted mode does not let code reach the attribute %r" % (name,))
        bound = getattr(found, "__self__", None)
        own(args[0] if bound is None else bound)
        return found(*args)

    return guarded


def _is_own(found):
    return getattr(found, "__func__", found).__code__.co_filename.startswith("<errand:")


def builtins():
    """The guards, by the names by which rewritten code calls them."""
    return {_CHANGED: fence.changeable, _CLASS: facades.type_of, _FORMAT: format_of, _NAMED: named, _OWN: own}


# What the standard library makes text of, and then evaluates


def install():
    """Makes it look at the names it is given."""
    _plain_create = enum.EnumMeta._create_

    def _create_(cls, class_name, names, **options):
        if facades.unrestricted:
            return _plain_create(cls, class_name, names, **options)
        if not isinstance(names, str):
            items = names.items() if isinstance(names, dict) else names
            names = [item if isinstance(item, str) else tuple(item) for item in items]
            for item in names:
                _plain_name(item if isinstance(item, str) else item[0])
        return _plain_create(cls, class_name, names, **options)

    enum.EnumMeta._create_ = _create_
    slot = dataclasses.Field.name

    def rename(field, name):
        if name is not None and not facades.unrestricted:
            _plain_name(name)
        slot.__set__(field, name)

    dataclasses.Field.name = property(slot.__get__, rename)
    rebuild = copy._reconstruct

    def reconstruct(x, *given, **options):
        if not facades.unrestricted and not fence.takes_apart_plainly(type(x)):
            raise TypeError("Restricted mode lets no class say itself how it is copied; define __copy__")
        return rebuild(x, *given, **options)

    copy._reconstruct = reconstruct


def _plain_name(name):
    if type(name) is not str or not name.isidentifier() or (name[:2] == "__" and name[-2:] == "__"):
        raise ValueError("Restricted mode does not allow %r as a name" % (name,))

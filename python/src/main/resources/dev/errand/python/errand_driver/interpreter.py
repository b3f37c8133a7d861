"""What the driver asks of the interpreter beside plain Python. CPython has it; GraalPy has stand-ins for most of it."""

import ast
import dis
import functools
import gc
import io
import marshal
import operator
import pickle
import sys
import types

_TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_NAMING = frozenset(("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "DELETE_GLOBAL", "DELETE_NAME"))

at_of = object.__hash__
"""What no two objects share while both are there: like `id`, about which the interpreter would ask the hook of `fence`."""

referents = gc.get_referents
"""The objects that an object refers to."""

compiled = marshal.dumps
"""A code object as bytes, for the same interpreter; empty where it is better compiled anew."""


def statement_code(node, file, flags):
    """The code of a statement, which may await."""
    return compile(node, file, "eval" if type(node) is ast.Expression else "exec", flags | _TOP_LEVEL_AWAIT, True)


def function_code(code, _source, _statement):
    """Code to make a function of."""
    return code


def new_function(code, namespace, cells):
    """A function of that code."""
    return types.FunctionType(code, namespace, code.co_name, None, cells)


def named_code(node, file, name):
    """What carries out one statement, in a frame of that name that has no names else."""
    code = compile(ast.Module([node], []), file, "exec", 0, True).replace(co_name=name)
    return functools.partial(exec, code, {"__builtins__": {}})


attributes_of = operator.attrgetter("__dict__")
"""The attributes that were set on a function."""


def names_read(code, _source):
    """The global names that a code object reads or deletes, those within it left out."""
    return [step.argval for step in dis.get_instructions(code) if step.opname in _NAMING]


def stretched(key, size):
    """So many bytes that follow from a key."""
    from hashlib import shake_256

    return shake_256(key).digest(size)


run = eval
"""Carries out the code of a statement in a namespace."""

Unpickler = pickle.Unpickler
"""One whose `find_class` may be overridden."""


class _Nameless(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError("plain values refer to no names, but these do to %s.%s" % (module, name))


def nameless(content):
    """What was pickled, if it refers to no names."""
    return _Nameless(io.BytesIO(content)).load()


Namespace = dict


def main_module():
    """A new module `__main__`, and its namespace, which is empty."""
    module = types.ModuleType("__main__")
    module.__dict__.clear()
    return module, module.__dict__


def offer(names, namespace):
    """Makes these the builtins of code that has this namespace."""
    namespace["__builtins__"] = names


if sys.implementation.name == "graalpy":
    from .graalpy import (  # noqa: F401
        Namespace,
        Unpickler,
        at_of,
        attributes_of,
        compiled,
        function_code,
        main_module,
        named_code,
        nameless,
        names_read,
        new_function,
        offer,
        referents,
        run,
        statement_code,
        stretched,
    )

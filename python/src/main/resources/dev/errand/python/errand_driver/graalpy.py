"""What stands in on GraalPy for what `interpreter` takes from CPython."""

import ast
import builtins
import collections
import copy
import copyreg
import functools
import hashlib
import inspect
import os
import pickle
import posix
import sys
import types

import _pydatetime
import _signal

at_of = id
Unpickler = pickle._Unpickler  # the other one looks up names itself
_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def compiled(_code):
    """GraalPy makes no function of a generator's code that was stored."""
    return b""


def nameless(content):
    """What was pickled, if it refers to no names. The quick unpickler asks nobody but the import about them."""
    before, builtins.__import__ = builtins.__import__, _no_name
    try:
        return pickle.loads(content)
    finally:
        builtins.__import__ = before


def _no_name(module, *_more, **_options):
    raise pickle.UnpicklingError("plain values refer to no names, but these do to one of %s" % module)


# Names. GraalPy does not heed `__builtins__` of a namespace.


class Namespace(dict):
    """The variables of a job, and behind them what its code may use besides."""

    __slots__ = ("offered",)

    def __missing__(self, name):
        try:
            return self.offered[name]
        except KeyError:  # with which it would go on to the builtins of all
            raise NameError("name %r is not defined" % name) from None


class _Main(types.ModuleType):
    """The module whose attributes are the job's variables."""

    __dict__ = property(lambda self: _variables[id(self)])

    def __getattribute__(self, name):
        if name == "__dict__":
            return _variables[id(self)]
        return types.ModuleType.__getattribute__(self, name)

    def __getattr__(self, name):
        try:
            return dict.__getitem__(_variables[id(self)], name)
        except KeyError:
            raise AttributeError("module '__main__' has no attribute %r" % name) from None

    def __setattr__(self, name, value):
        _variables[id(self)][name] = value


_variables = {}


def main_module():
    """A new module `__main__`, and its namespace, which is empty."""
    module = _Main("__main__")
    namespace = _variables[id(module)] = Namespace()
    namespace.offered = {}
    return module, namespace


def offer(names, namespace):
    """Makes these the builtins of code that has this namespace."""
    namespace.offered = names
    their_import, their_build_class = names["__import__"], names["__build_class__"]

    def import_module(name, globals=None, *more, **options):
        return (their_import if globals is namespace else _import)(name, globals, *more, **options)

    def build_class(body, *more, **options):
        return (their_build_class if body.__globals__ is namespace else _build_class)(body, *more, **options)

    # Statements take these from the builtins of all.
    builtins.__import__, builtins.__build_class__ = import_module, build_class


_import, _build_class = __import__, __build_class__


# Code that can be suspended. GraalPy does not await at the top level; and it makes a generator's function of code only
# where a function was made of that code before, in the place where it stands.


def statement_code(node, file, flags):
    """The code of a statement; where that awaits, the code of a function that does what the statement would do."""
    if not _awaits(node):
        return compile(node, file, "eval" if type(node) is ast.Expression else "exec", flags, True)
    if type(node) is ast.Expression:
        body = [ast.copy_location(ast.Return(node.body), node.body)]
    else:
        body = node.body
    code = _made(_awaiting(body), file, flags).__code__
    bound = [*code.co_varnames, *code.co_cellvars]
    if bound:
        code = _made(_awaiting([ast.copy_location(ast.Global(bound), body[0]), *body]), file, flags).__code__
    return code


def _awaits(node):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or getattr(child, "is_async", 0):
            return True
        if isinstance(child, _SCOPES):
            child = ast.Tuple([*getattr(child, "decorator_list", ()), *getattr(child, "bases", ()), *_given(child)])
        if _awaits(child):
            return True
    return False


def _given(scope):
    arguments = getattr(scope, "args", None)
    return () if arguments is None else [given for given in (*arguments.defaults, *arguments.kw_defaults) if given]


def _awaiting(body):
    return ast.copy_location(ast.AsyncFunctionDef("<module>", _parameters(()), body, [], type_params=[]), body[0])


def _parameters(names):
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def _made(function, file, flags):
    """The function that this node makes."""
    tree = ast.fix_missing_locations(ast.Module([function], []))
    names = {"__name__": "__main__"}
    exec(compile(tree, file, "exec", flags, True), names)
    return names[function.name]


def run(code, namespace):
    """Carries out the code of a statement. `eval` makes no coroutine."""
    if code.co_flags & inspect.CO_COROUTINE:
        return types.FunctionType(code, namespace)()
    return eval(code, namespace)


def function_code(code, source, statement):
    """Code to make a function of: that of a generator or a coroutine is compiled once more, alone, in a function that has
    its free variables, and where need be in a class that gives private names their form."""
    if not code.co_flags & _SUSPENDS:
        return code
    tree, flags = source.tree(statement)
    path = _path(ast.Module([tree], []), code)
    definition = _bare(path[-1])
    result = definition
    around = next((scope.name for scope in reversed(path[:-1]) if type(scope) is ast.ClassDef), None)
    if around is not None:
        result = ast.ClassDef(around, [], [], [definition], [], type_params=[])
    free = [name for name in code.co_freevars if around is None or name != "__class__"]
    body = [result, ast.Return(ast.Name(result.name, ast.Load()))]
    maker = ast.FunctionDef("maker", _parameters(free), body, [], type_params=[])
    made = _made(ast.copy_location(maker, definition), source.file, flags)(*free)
    if around is not None:
        made = next(value for value in vars(made).values() if type(value) is types.FunctionType)
    return made.__code__.replace(co_qualname=code.co_qualname)


def new_function(code, namespace, cells):
    """A function of that code, which is named as its code only when it is told so."""
    made = types.FunctionType(code, namespace, closure=cells)
    made.__name__, made.__qualname__ = code.co_name, code.co_qualname
    return made


def named_code(node, file, name):
    """What carries out one statement, in a frame of that name: frames are named as their code was when it was compiled."""
    function = ast.FunctionDef(name, _parameters(()), [node], [], type_params=[])
    return _made(ast.copy_location(function, node), file, 0)


def attributes_of(function):
    """The attributes that were set on a function, without two that GraalPy keeps among them."""
    return {name: value for name, value in function.__dict__.items() if name not in ("__annotations__", "__module__")}


def _bare(definition):
    """A definition without what is carried out where it stands."""
    if type(definition) is ast.Lambda:
        body = [ast.copy_location(ast.Return(definition.body), definition.body)]
        bare = ast.FunctionDef("<lambda>", copy.deepcopy(definition.args), body, [], type_params=[])
        ast.copy_location(bare, definition)
    else:
        bare = copy.copy(definition)
        bare.args = copy.deepcopy(definition.args)
        bare.decorator_list, bare.returns = [], None
    for argument in ast.walk(bare.args):
        if type(argument) is ast.arg:
            argument.annotation = None
    bare.args.defaults, bare.args.kw_defaults = [], [None] * len(bare.args.kwonlyargs)
    return bare


def _path(tree, code):
    """The scopes around the definition that became this code, and the definition."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _FUNCTIONS) and _is_of(node, code):
            return [node]
        found = _path(node, code)
        if found:
            return [node, *found] if isinstance(node, _SCOPES) else found
    return []


def _is_of(definition, code):
    name = getattr(definition, "name", "<lambda>")
    decorators = getattr(definition, "decorator_list", None)
    line = min(definition.lineno, decorators[0].lineno) if decorators else definition.lineno
    return name == code.co_name and line in (code.co_firstlineno, definition.lineno)


def names_read(code, source):
    """The global names that a code object mentions, and a few that only look so: attributes that are called like a name
    that is read nearby."""
    statement = source.place_of(code)[0]
    tree, _flags = source.tree(statement)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return [name for name in code.co_names if name in read]


def stretched(key, size):
    """So many bytes that follow from a key: the first 64 are those of CPython, and more cannot be asked for at once."""
    made = hashlib.shake_256(key).digest(64)
    for block in range(1, -(-size // 64)):
        made += hashlib.shake_256(key + block.to_bytes(8, "big")).digest(64)
    return made[:size]


# What an object refers to


def referents(obj):
    """The objects that an object refers to, as far as Python can see them: its attributes, its items, and what it gives to
    be taken apart."""
    kind = type(obj)
    found = [kind]
    try:
        found.append(object.__getattribute__(obj, "__dict__"))
    except AttributeError:
        pass
    for base in kind.__mro__:
        slots = [value for name, value in base.__dict__.items() if name != "__weakref__" and _is_filled(value, obj)]
        found += [slot.__get__(obj) for slot in slots]
    base = next(base for base in kind.__mro__ if base.__module__ != "__main__")
    parts = next((parts for known, parts in _PARTS.items() if issubclass(base, known)), _taken_apart)
    return [*found, *parts(obj, base)]


def _is_filled(slot, obj):
    if type(slot) is not types.MemberDescriptorType:
        return False
    try:
        slot.__get__(obj)
    except (AttributeError, ValueError):  # a slot, or a cell
        return False
    return True


def _taken_apart(obj, base):
    if base in copyreg.dispatch_table:
        return copyreg.dispatch_table[base](obj)[1:]
    if base.__reduce__ is object.__reduce__ and base.__reduce_ex__ is object.__reduce_ex__:
        return ()
    try:
        parts = base.__reduce_ex__(obj, 5)
    except Exception:  # it cannot be kept, then
        return ()
    if isinstance(parts, str):
        return ()
    return [item for part in parts for item in (part if hasattr(type(part), "__next__") else (part,))]


def _frame_of(obj, _kind):
    frame = getattr(obj, "gi_frame", None) or getattr(obj, "cr_frame", None) or getattr(obj, "ag_frame", None)
    return () if frame is None else [frame, *frame.f_locals.values()]


def _items(obj, kind):
    return kind.__iter__(obj)


_PARTS = {
    dict: lambda obj, kind: [*dict.keys(obj), *dict.values(obj)],
    list: _items,
    tuple: _items,
    set: _items,
    frozenset: _items,
    collections.deque: _items,
    functools.partial: lambda obj, kind: (obj.func, obj.args, obj.keywords),
    types.MethodType: lambda obj, kind: (obj.__self__, obj.__func__),
    staticmethod: lambda obj, kind: (obj.__func__,),
    classmethod: lambda obj, kind: (obj.__func__,),
    property: lambda obj, kind: (obj.fget, obj.fset, obj.fdel),
    BaseException: lambda obj, kind: (obj.args, obj.__cause__, obj.__context__, obj.__traceback__),
    types.GeneratorType: _frame_of,
    types.CoroutineType: _frame_of,
    types.AsyncGeneratorType: _frame_of,
}


# What would end the interpreter where it should raise


def install():
    """Puts refusals in the place of functions that GraalPy lets fail without an exception that Python can catch."""
    for module, names in _FATAL.items():
        for name in names.split():
            if hasattr(module, name):
                setattr(module, name, _refusal("%s.%s" % (module.__name__, name)))
    for name in ("date", "datetime", "time", "timedelta", "timezone", "tzinfo"):
        getattr(_pydatetime, name).__module__ = "datetime"
    _pydatetime.timezone.__reduce__ = lambda zone: (type(zone), zone.__getinitargs__())  # as CPython reads it


def _refusal(what):
    def refuse(*_args, **_kwargs):
        raise PermissionError("%s() is not available: this Python runs within the application" % what)

    return refuse


_PROCESSES = "abort execv execve kill killpg posix_spawn posix_spawnp system"
_FATAL = {sys: "getsizeof", posix: _PROCESSES, os: _PROCESSES, _signal: "raise_signal setitimer alarm"}

"""Makes a process ready to be a workspace, as far as that can be done before it is known for which job."""

import builtins
import sys

from . import names, outside, policy
from .session import Session
from .wire import Wire

_PRELOADED = (
    "base64 bisect calendar collections.abc contextlib copy dataclasses datetime decimal enum fractions functools heapq "
    "html inspect itertools json math numbers operator random re secrets statistics string textwrap time traceback "
    "typing unicodedata urllib.parse uuid"
).split()

_own_modules = {}
_builtins = {}


def preload():
    """What every workspace needs, done once."""
    for name in _PRELOADED:
        __import__(name)
    outside.install()
    _own_modules.update(names.own_modules())
    policy.own_names.update(vars(_own_modules["errand"]))
    open_names = {**vars(builtins), **names.API}
    for name in ("quit", "copyright", "credits", "license", "help", "breakpoint"):
        open_names.pop(name, None)
    _builtins[False] = open_names
    _builtins[True] = {**policy.restricted_builtins(), **names.API}
    console = names.Console()
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = console
    sys.stdin = sys.__stdin__ = None


def run(channel):
    """Serves one workspace until its process ends."""
    Session(Wire(channel), _own_modules, lambda restricted: dict(_builtins[restricted])).serve()

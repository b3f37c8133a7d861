"""The packages installed for the interpreter, in its virtual environment or in the system's folders.

The zygote starts without them, and only unrestricted code may import them. Their folders are looked up when the first
import finds nothing without them. What a user installed for himself stays out.
"""

import sys
from importlib.machinery import ExtensionFileLoader

from . import fence, outside


def offer():
    """Makes them importable, once that is needed."""
    sys.meta_path.append(_Packages())


class _Packages:
    """The last resort of an import, the first time that one needs it."""

    def find_spec(self, name, path=None, target=None):
        sys.meta_path.remove(self)
        open_up()
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        return next((spec for spec in found if spec is not None), None)


def open_up():
    """Makes them importable now."""
    import site

    known = site.venv(site.removeduppaths())
    site.addsitepackages(known)
    exec_module = ExtensionFileLoader.exec_module

    def exec_with_real_types(self, module):
        with outside.real_types():  # for types in C that are made of these
            exec_module(self, module)

    fence.put(ExtensionFileLoader, "exec_module", exec_with_real_types)

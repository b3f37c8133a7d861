"""System calls that Python has no function for."""

import ctypes
import errno
import os
import sys

MACHINE = os.uname().machine if sys.maxsize > 1 << 32 else "32-bit programs"
LINUX = sys.platform.startswith("linux")

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

# The number of each call on x86_64 and on aarch64.
_NUMBERS = {
    "capset": (126, 91),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "prctl": (157, 167),
    "seccomp": (317, 277),
}
_COLUMN = {"x86_64": 0, "aarch64": 1}.get(MACHINE)

absent = set()
"""Calls that are to fail as on a kernel that lacks them. Only tests put any here."""


def call(name, *arguments):
    """What the kernel answers. Raises OSError."""
    if not LINUX or _COLUMN is None or name in absent:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    answer = _syscall(_NUMBERS[name][_COLUMN], *arguments, *_NOTHING[len(arguments) :])
    if answer < 0:
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem))
    return answer


def memory(content):
    """Memory that holds this, which the kernel may be given the address of."""
    return ctypes.create_string_buffer(content, len(content))


address_of = ctypes.addressof
_NOTHING = (0,) * 5


def _prepared():
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.argtypes = (ctypes.c_long,) * 6
    syscall.restype = ctypes.c_long
    return syscall


_syscall = _prepared() if LINUX else None

"""Which files a process may touch, as rules that the kernel keeps (Landlock): what no rule allows is refused."""

import os
import stat
import struct

from . import kernel

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_CHAR, _MAKE_DIR, _MAKE_REG, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = (1 << bit for bit in range(6, 13))
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2

_FIRST = (1 << 13) - 1
_READ = _READ_FILE | _READ_DIR
_CHANGE = (
    _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_FIFO | _MAKE_SYM | _REFER | _TRUNCATE
)
_OF_A_FILE = _WRITE_FILE | _READ_FILE | _TRUNCATE

_VERSION = 1
_PATH_BENEATH = 1
_RULE = struct.Struct("=Qi")
_ATTRIBUTES = struct.Struct("=QQQ")


def version():
    """Which version the kernel has. Raises OSError where it has none."""
    return kernel.call("landlock_create_ruleset", 0, 0, _VERSION)


class Rules:
    """The rules that all jobs share. Each gets a set of its own, with its own folder added."""

    def __init__(self, readable, writable):
        known = version()
        self.handled = _FIRST
        for since, access in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
            if known >= since:
                self.handled |= access
        net = _BIND_TCP | _CONNECT_TCP if known >= 4 else 0
        scoped = _ABSTRACT_SOCKETS | _SIGNALS if known >= 6 else 0
        self.attributes = kernel.memory(_ATTRIBUTES.pack(self.handled, net, scoped))
        self.size = 8 if known < 4 else 16 if known < 6 else 24
        self.rule = kernel.memory(bytes(_RULE.size))
        shared = [(path, _READ) for path in readable] + [(path, _READ | _CHANGE) for path in writable]
        self.shared = [rule for path, access in shared for rule in self.opened(path, access)]

    def opened(self, path, access):
        """The rule for a path, which is none where nothing is there."""
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return []
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            access &= _OF_A_FILE
        return [(place, access & self.handled)]

    def of_job(self, folder):
        """A descriptor of the rules for a job that has this folder."""
        made = kernel.call("landlock_create_ruleset", kernel.address_of(self.attributes), self.size, 0)
        ((place, access),) = self.opened(folder, _READ | _CHANGE)
        try:
            for rule in (*self.shared, (place, access)):
                self.add(made, rule)
        finally:
            os.close(place)
        return made

    def add(self, made, rule):
        place, access = rule
        _RULE.pack_into(self.rule, 0, access, place)
        kernel.call("landlock_add_rule", made, _PATH_BENEATH, kernel.address_of(self.rule), 0)


def restrict(made):
    """Binds this process to the rules, for good."""
    kernel.call("landlock_restrict_self", made, 0)

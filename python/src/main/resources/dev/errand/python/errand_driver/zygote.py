"""Loads the driver once and forks a process for each workspace.

Commands come on standard input, each filled up with blanks to the same length: `fork NAME TOKEN`, `kill NAME`, and `bury
NAME` for a process that has gone silent, which is killed if it is still there. On standard output goes what Java cannot see
for itself, a line each: `layer NAME HOW WORDS` for each layer of the cage, `ready VERSION`, `gone NAME STATUS MEMORY` for a
process that ended without being killed, and `failed NAME MESSAGE`. A process that was forked sends its token over a connection
to the socket, and the number of its folder. When standard input ends, so does everything.

Each page that a new process writes to is copied, which costs more than what is done there, and so does each that this one
writes to after a fork. Hence what lies between two forks, and between a fork and the first frame, is little, and plain: no
enumerations, no exceptions, nothing that is used for the first time. And a command is read by itself, so that a new process
has the token of no other.
"""

import _signal
import gc
import os
import select
import sys

import _socket

from . import kernel, scratch
from .cage import Cage, bound

_fork = os.fork  # which code may not have
_COMMAND = 64
_CONNECTION = 3
"""The descriptor of the connection: kept for it, so that a new process finds it there."""
_SIGCHLD, _SIGKILL = int(_signal.SIGCHLD), int(_signal.SIGKILL)


def main(directory, rest):
    os.setsid()
    os.umask(0o077)
    os.dup2(os.open(os.devnull, os.O_RDWR), _CONNECTION)
    cage = Cage(directory)
    _preload(rest)
    zygote = _Zygote(directory, cage)
    for layer in cage.layers:
        _report("layer " + layer)
    _report("ready %d.%d.%d" % sys.version_info[:3])
    try:
        zygote.serve()
    finally:
        zygote.kill_all()
        scratch.remove(directory)


def _report(line):
    try:
        os.write(1, (line + "\n").encode())
    except OSError:  # nobody listens any more, which the end of the commands says too
        pass


def _heard(*_):
    """Of the end of a process, for which the pipe wakes whoever waits."""


class _Zygote:
    def __init__(self, directory, cage):
        self.address = os.path.join(directory, "s")
        self.cage = cage
        self.folders = scratch.Folders(os.path.join(directory, "jobs"), cage.rules_for, cage.leaves_nothing)
        self.pid = os.getpid()
        self.pids = {}
        """Of those that were not killed, by name."""
        self.children = {}
        """Of each that is not reaped: its name, and its folder; what cleans up has neither."""
        self.nothing = os.dup(_CONNECTION)
        self.woken, self.wake = os.pipe()
        os.set_blocking(self.woken, False)
        os.set_blocking(self.wake, False)
        _signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)
        _signal.signal(_SIGCHLD, _heard)

    def serve(self):
        """Does what it is told until nobody is there to tell it any more."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self.woken, select.POLLIN)
        while True:
            for descriptor, _event in poll.poll():
                if descriptor == self.woken:
                    os.read(self.woken, 4096)
                    self.reap()
                else:
                    command = os.read(0, _COMMAND)
                    if not command:
                        return
                    self.obey(*command.split())

    def obey(self, command, name, token=None):
        if command == b"fork":
            self.fork(name, token)
            return
        pid = self.pids.get(name)
        if pid is not None:
            if command == b"kill":
                del self.pids[name]
            os.kill(pid, _SIGKILL)

    def fork(self, name, token):
        try:
            folder = self.folders.take()
        except OSError as problem:
            _report("failed %s %s" % (name.decode(), problem))
            return
        os.close(_CONNECTION)
        channel = pid = None
        try:
            channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)  # the lowest that is free: the connection's
            channel.connect(self.address)
            greeting = b"%s %08d\n" % (token, folder.number)
            pid = _fork()
        except OSError as problem:
            _report("failed %s %s" % (name.decode(), problem))
        if pid == 0:
            self.become_workspace(channel, greeting, folder)
        if channel is not None:
            channel.detach()
        os.dup2(self.nothing, _CONNECTION)
        if pid is None:
            self.folders.give_back(folder)
            return
        self.pids[name] = pid
        self.children[pid] = (name, folder)
        self.folders.taken(folder)

    def become_workspace(self, channel, greeting, folder):
        try:
            _signal.set_wakeup_fd(-1)
            _signal.signal(_SIGCHLD, _signal.SIG_DFL)
            self.lock_in(folder)
            channel.sendall(greeting)
            _run(channel)
        except BaseException as problem:
            os.write(2, ("%r\n" % problem).encode())
        finally:
            os._exit(1)

    def lock_in(self, folder):
        """Takes from a new process what agent code must not have. Called before any of it runs."""
        if kernel.LINUX:
            kernel.call("prctl", kernel.PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != self.pid:  # it died before it could be watched
            os._exit(1)
        os.chdir(folder.path)
        self.cage.enter(folder.rules)
        for standard in (0, 1, 2):
            os.dup2(self.nothing, standard)
        os.closerange(_CONNECTION + 1, self.cage.descriptors)

    def reap(self):
        while self.children:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            name, folder = self.children.pop(pid)
            if self.pids.pop(name, None) is not None:
                _report("gone %s %d %d" % (name.decode(), os.waitstatus_to_exitcode(status), used.ru_maxrss))
            if folder is not None and not self.folders.give_back(folder):
                self.clean_up(folder)

    def clean_up(self, folder):
        """Removes a folder in which much may lie, beside the other work."""
        try:
            pid = _fork()
        except OSError:
            scratch.remove(folder.path)
            return
        if pid == 0:
            try:
                scratch.remove(folder.path)
            finally:
                os._exit(0)
        self.children[pid] = (b"", None)

    def kill_all(self):
        for pid in self.children:
            os.kill(pid, _SIGKILL)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass


def _preload(rest):
    global _run
    from . import start

    _run = start.run
    start.preload(bound, rest)
    gc.collect()
    gc.freeze()

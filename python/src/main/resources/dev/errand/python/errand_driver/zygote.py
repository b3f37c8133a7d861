"""Loads the driver once and forks a process for each workspace.

Commands come on standard input, a line each: `fork TOKEN`, `kill TOKEN`, and `bury TOKEN` for a process that has gone silent,
which is killed if it is still there. On standard output goes what Java cannot see for itself: `layer NAME HOW WORDS` for each
layer of the cage, `ready VERSION`, `gone TOKEN STATUS MEMORY` for a process that ended without being killed, and `failed TOKEN
MESSAGE`. A process that was forked connects to the socket and sends its token. When standard input ends, so does everything.
"""

import gc
import os
import select
import signal
import sys

import _socket

from . import kernel, scratch
from .cage import Cage, bound

_fork = os.fork  # which code may not have
_CONNECTION = 3


def main(directory):
    os.setsid()
    cage = Cage(directory)
    _preload()
    zygote = _Zygote(directory, cage)
    signal.set_wakeup_fd(zygote.wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
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


class _Zygote:
    def __init__(self, directory, cage):
        self.address = os.path.join(directory, "s")
        self.folders = os.path.join(directory, "jobs")
        scratch.make(self.folders)
        self.cage = cage
        self.pid = os.getpid()
        self.tokens = {}
        self.pids = {}
        self.folder_of = {}
        self.woken, self.wake = os.pipe()
        os.set_blocking(self.woken, False)
        os.set_blocking(self.wake, False)

    def serve(self):
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self.woken, select.POLLIN)
        rest = b""
        while True:
            ready = dict(poll.poll())
            if self.woken in ready:
                os.read(self.woken, 4096)
                self.reap()
            if 0 in ready:
                data = os.read(0, 65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self.obey(line)

    def obey(self, line):
        command, token = line.decode().split(" ")
        if command == "fork":
            self.fork(token)
            return
        pid = self.pids.get(token)
        if pid is not None:
            if command == "kill":
                del self.pids[token], self.tokens[pid]
            os.kill(pid, signal.SIGKILL)

    def fork(self, token):
        folder = os.path.join(self.folders, token)
        try:
            scratch.make(folder)
            rules = self.cage.rules_for(folder)
            pid = _fork()
        except OSError as problem:
            _report("failed %s %s" % (token, problem))
            return
        if pid == 0:
            try:
                self.become_workspace(token, folder, rules)
            except BaseException as problem:
                os.write(2, ("%r\n" % problem).encode())
            finally:
                os._exit(1)
        if rules is not None:
            os.close(rules)
        self.tokens[pid] = token
        self.pids[token] = pid
        self.folder_of[pid] = folder

    def become_workspace(self, token, folder, rules):
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for mine in (self.tokens, self.pids, self.folder_of):
            mine.clear()
        channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        channel.connect(self.address)
        channel = self.lock_in(channel, folder, rules)
        channel.sendall(token.encode())
        _run(channel)

    def lock_in(self, channel, folder, rules):
        """Takes from a new process what agent code must not have. Called before any of it runs."""
        if kernel.LINUX:
            kernel.call("prctl", kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:  # it died before it could be watched
            os._exit(1)
        os.umask(0o077)
        os.chdir(folder)
        self.cage.enter(rules)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        os.dup2(channel.detach(), _CONNECTION, inheritable=False)
        os.closerange(_CONNECTION + 1, self.cage.descriptors)
        return _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, _CONNECTION)

    def reap(self):
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            folder = self.folder_of.pop(pid, None)
            token = self.tokens.pop(pid, None)
            if token is not None:
                del self.pids[token]
                _report("gone %s %d %d" % (token, os.waitstatus_to_exitcode(status), used.ru_maxrss))
            if folder is not None:
                self.clean_up(folder)

    def clean_up(self, folder):
        """Removes the folder of a process that is gone; one in which much may lie beside the other work."""
        try:
            os.rmdir(folder)
            return
        except OSError:
            pass
        try:
            if _fork() == 0:
                try:
                    scratch.remove(folder)
                finally:
                    os._exit(0)
        except OSError:
            scratch.remove(folder)

    def kill_all(self):
        for pid in self.folder_of:
            os.kill(pid, signal.SIGKILL)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass


def _preload():
    global _run
    from . import start

    _run = start.run
    start.preload(bound)
    gc.collect()
    gc.freeze()

"""Loads the driver once and forks a process for each workspace.

Commands come on standard input, a line each: `fork TOKEN`, `kill TOKEN`. On standard output goes what Java cannot see
for itself: `ready VERSION`, `gone TOKEN STATUS` for a process that ended without being told to, `failed TOKEN MESSAGE`.
A process that was forked connects to the socket and sends its token. When standard input ends, so does everything.
"""

import gc
import os
import select
import signal
import sys

import _socket

TOKEN_BYTES = 32
_fork = os.fork  # which code may not have
_PR_SET_PDEATHSIG = 1


def main(directory):
    os.setsid()
    _preload()
    zygote = _Zygote(directory)
    signal.set_wakeup_fd(zygote.wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _report("ready %d.%d.%d" % sys.version_info[:3])
    try:
        zygote.serve()
    finally:
        zygote.kill_all()
        _remove(directory)


def _remove(directory):
    # Not shutil's, which brings three compression libraries into every fork.
    try:
        for folder, _folders, files in os.walk(directory, topdown=False):
            for file in files:
                os.unlink(os.path.join(folder, file))
            os.rmdir(folder)
    except OSError:
        pass


def _report(line):
    os.write(1, (line + "\n").encode())


class _Zygote:
    def __init__(self, directory):
        self.directory = directory
        self.address = os.path.join(directory, "s")
        self.prctl = _prctl()
        self.pid = os.getpid()
        self.tokens = {}
        self.pids = {}
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
        else:
            pid = self.pids.pop(token, None)
            if pid is not None:
                del self.tokens[pid]
                os.kill(pid, signal.SIGKILL)

    def fork(self, token):
        try:
            pid = _fork()
        except OSError as problem:
            _report("failed %s %s" % (token, problem))
            return
        if pid == 0:
            try:
                self.become_workspace(token)
            finally:
                os._exit(1)
        self.tokens[pid] = token
        self.pids[token] = pid

    def become_workspace(self, token):
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.tokens.clear()
        self.pids.clear()
        lock_in(self)
        channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        channel.connect(self.address)
        channel.sendall(token.encode())
        _run(channel)

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            token = self.tokens.pop(pid, None)
            if token is not None:
                del self.pids[token]
                _report("gone %s %d" % (token, os.waitstatus_to_exitcode(status)))

    def kill_all(self):
        for pid in self.tokens:
            os.kill(pid, signal.SIGKILL)


def lock_in(zygote):
    """Takes from a new process what agent code must not have. Called before any of it runs."""
    if zygote.prctl is not None:
        zygote.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != zygote.pid:  # it died before it could be watched
        os._exit(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, 16)
    os.umask(0o077)


def _prctl():
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None


def _preload():
    global _run
    from . import start

    _run = start.run
    start.preload()
    gc.collect()
    gc.freeze()

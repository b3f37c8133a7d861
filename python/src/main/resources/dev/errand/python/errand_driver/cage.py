"""Locks a process in before it runs a job's code: what the operating system takes from it, layer by layer.

What can be done once is done in the zygote, and inherited. A process that is forked only binds itself to the rules for its
own folder, and installs the part of the filter that the zygote cannot live with. Each layer is tried out when the zygote
starts, in a process for that; one that held then and fails later ends the process that it fails in.
"""

import json
import os
import resource
import struct
import sys

from . import kernel, landlock, seccomp

_DESCRIPTORS = 256
_CAPABILITIES_3 = 0x20080522
_fork = os.fork  # which code may not have

_SYSTEM = (
    "/lib /lib32 /lib64 /usr/lib /usr/lib32 /usr/lib64 /usr/local/lib /usr/local/lib64 /etc/ld.so.cache /etc/localtime "
    "/usr/share/zoneinfo /usr/share/lib/zoneinfo /etc/zoneinfo /sys/devices/system/cpu /proc/cpuinfo /proc/meminfo "
    "/dev/zero /dev/random /dev/urandom"
).split()

_MISSING = {
    "rights": "it needs Linux 3.5 or later",
    "files": "it needs Linux 5.13 or later with landlock among the security modules it was started with (lsm=), and a "
    "container that permits its calls",
    "calls": "it needs Linux on x86_64 or aarch64, and a container that permits seccomp",
    "limits": "only Linux bounds what memory a process may have",
    "ending": "only Linux ends a process together with the one that forked it; here it ends at its next call to Errand",
}


class Cage:
    """The layers that hold here, and what became of the others."""

    descriptors = _DESCRIPTORS

    def __init__(self, directory):
        with open(os.path.join(directory, "cage"), encoding="utf-8") as file:
            settings = json.load(file)
        kernel.absent.update(settings["absent"])
        self.wanted = settings["isolation"] != "OFF"
        self.rules = self.filter = None
        self.layers = []
        self.prepare("rights", _give_up_rights)
        self.prepare("files", lambda: self.prepare_files(directory, settings))
        self.prepare("calls", self.prepare_calls)
        self.prepare("limits", _limit, always=True)
        self.prepare("ending", _watch, always=True)

    def prepare(self, name, action, always=False):
        if not self.wanted and not always:
            self.layers.append("%s off" % name)
            return
        try:
            self.layers.append("%s held %s" % (name, action()))
        except OSError as problem:
            self.layers.append("%s missing %s; %s" % (name, problem.strerror, _MISSING[name]))

    def prepare_files(self, directory, settings):
        readable = [*_SYSTEM, *_of_python(), os.path.join(directory, "errand_driver"), *settings["readable"]]
        rules = landlock.Rules(readable, [os.devnull, *settings["writable"]])
        made = rules.of_job(directory)
        try:
            _try_out(lambda: landlock.restrict(made))
        finally:
            os.close(made)
        self.rules = rules
        return "Landlock %d" % landlock.version()

    def prepare_calls(self):
        if kernel.MACHINE not in seccomp.ARCHITECTURES:
            raise OSError(0, "there is no filter for %s" % kernel.MACHINE)
        first, second = seccomp.for_all(), seccomp.for_job()
        _try_out(lambda: (first.install(), second.install(os.getpid())))
        first.install()
        self.filter = second
        return "seccomp"

    @property
    def leaves_nothing(self):
        """Whether nothing is left of a process that is gone but what is in its folder: no other process that it began, and no
        change to the folder itself."""
        return self.filter is not None

    def rules_for(self, folder):
        """A descriptor of the rules for a process that has this folder; None where there are none."""
        return None if self.rules is None else self.rules.of_job(folder)

    def enter(self, rules):
        """Locks this process in, for good."""
        if rules is not None:
            landlock.restrict(rules)
        if self.filter is not None:
            self.filter.install(os.getpid())


def _give_up_rights():
    kernel.call("prctl", kernel.PR_SET_NO_NEW_PRIVS, 1)
    header, nothing = kernel.memory(struct.pack("=Ii", _CAPABILITIES_3, 0)), kernel.memory(bytes(24))
    kernel.call("capset", kernel.address_of(header), kernel.address_of(nothing))
    return "no new privileges, no capabilities"


def _limit():
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, _DESCRIPTORS)
    if not kernel.LINUX:
        raise OSError(0, "memory has no bound")
    return "memory, processor time, files"


def _watch():
    if not kernel.LINUX:
        raise OSError(0, "processes are not watched")
    return "with the process that forked it"


def lower(limit, most):
    """Sets a limit of this process, for good: without the right to raise it again."""
    highest = resource.getrlimit(limit)[1]
    if highest != resource.RLIM_INFINITY:
        most = min(most, highest)
    resource.setrlimit(limit, (most, most))


def bound(memory, files, seconds):
    """Sets the limits of the job that this process is for."""
    lower(resource.RLIMIT_FSIZE, files)
    lower(resource.RLIMIT_CPU, seconds)
    if kernel.LINUX:
        lower(resource.RLIMIT_AS, memory)
    highest = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    if highest != resource.RLIM_INFINITY:  # of all that the user has, so half of it stays for others
        lower(resource.RLIMIT_NPROC, highest // 2)


def _try_out(action):
    """Does it in a process of its own. Raises OSError if it cannot be done."""
    pid = _fork()
    if pid == 0:
        status = 1
        try:
            action()
            status = 0
        except OSError as problem:
            status = problem.errno
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise OSError(status, os.strerror(status) if status > 0 else "it was killed by signal %d" % -status)


def _of_python():
    """Where the interpreter, its library and its packages are."""
    found = [folder for folder in sys.path if os.path.isabs(folder)]
    home = os.path.dirname(os.path.dirname(sys.executable))
    for prefix in filter(os.path.isabs, {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, home}):
        found += (os.path.join(prefix, name) for name in ("lib", "lib64", "share/zoneinfo", "pyvenv.cfg"))
    if sys.base_prefix.startswith("/nix/store/"):
        found.append("/nix/store")
    return found

"""The system calls that a job may not make, as filters that the kernel runs (seccomp).

There are two, for a filter costs each process that installs one. The first holds what the zygote does not need either, and
is inherited; the second is installed by each process for itself. The stricter answer of the two counts.
"""

import errno
import struct

from . import kernel

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# By x86_64's number and aarch64's; None where there is no such call.

_NEVER = {
    # other programs
    "execve": (59, 221), "execveat": (322, 281), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "kcmp": (312, 272), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    # what outlives a process, or counts for nobody
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186), "msgctl": (71, 187),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "semget": (64, 190), "semctl": (66, 191), "semop": (65, 193),
    "semtimedop": (220, 192), "mq_open": (240, 180), "mq_unlink": (241, 181),
    # connections
    "socketpair": (53, 199), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    # other namespaces, roots and mounts
    "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51), "pivot_root": (155, 41), "mount": (165, 40),
    "umount2": (166, 39), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "statmount": (457, 457), "listmount": (458, 458),
    # ways around the rules for files
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "inotify_init": (253, None),
    "inotify_init1": (294, 26), "fanotify_init": (300, 262), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    # another user
    "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143), "setresuid": (117, 147),
    "setresgid": (119, 149), "setfsuid": (122, 151), "setfsgid": (123, 152), "setgroups": (116, 159), "capset": (126, 91),
    # wide and rarely used parts of the kernel
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280), "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_setup": (206, 0),
    "io_submit": (209, 2), "userfaultfd": (323, 282), "personality": (135, 92), "modify_ldt": (154, None),
    "lookup_dcookie": (212, 18), "vhangup": (153, 58), "syslog": (103, 116), "acct": (163, 89),
    # the machine
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "iopl": (172, None),
    "ioperm": (173, None), "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
}  # fmt: skip
_UNKNOWN = {"openat2": (437, 437)}
_NOT_IN_A_JOB = {"socket": (41, 198), "connect": (42, 203), "fork": (57, None), "vfork": (58, None)}
_UNKNOWN_IN_A_JOB = {"clone3": (435, 435)}  # so that the library takes clone, whose flags a filter can read
_NO_ATTRIBUTES = {
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),
}  # fmt: skip

# No rule for files covers these, so a job could do them to every file of the user. They do nothing and say nothing, as on a
# file system that keeps no modes, for much code that copies files makes them by the way.
_DO_NOTHING = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88),
}  # fmt: skip

_OPEN, _OPENAT = (2, None), (257, 56)
_IOCTL, _FCNTL, _PRCTL = (16, 29), (72, 25), (157, 167)
_CLONE, _PRLIMIT = (56, 220), (302, 261)
_KILL, _TKILL, _TGKILL = (62, 129), (200, 130), (234, 131)

_O_TRUNC, _O_TMPFILE, _O_ACCMODE = 0o1000, 0o20000000, 0o3
_TIOCSCTTY, _TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP = 0x540E, 0x5412, 0x541C, 0x8901, 0x8902
_FS_IOC_SETFLAGS, _FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY = 8, 10, 15, 1024, 1026
_CONTROLS = (_TIOCSCTTY, _TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP, _FS_IOC_SETFLAGS, _FS_IOC_FSSETXATTR)
_DESCRIPTOR_CONTROLS = (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY)
_CLONE_THREAD = 0x10000

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_EQUAL, _ANY_BIT, _AT_LEAST = 0x15, 0x45, 0x35
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
_SET_MODE_FILTER = 1
_INSTRUCTION = struct.Struct("=HBBI")


class _Filter:
    """A program in the kernel's language for filters, and its form in memory."""

    def __init__(self):
        self.column, architecture = ARCHITECTURES[kernel.MACHINE]
        self.lines = []
        self.own = []
        self.load(_ARCHITECTURE)
        self.answer_if(_EQUAL, architecture, None, otherwise=_KILL_PROCESS)
        self.load(_NUMBER)
        if kernel.MACHINE == "x86_64":
            self.answer_if(_AT_LEAST, _X32, _ERRNO | errno.ENOSYS)

    def add(self, code, value, then=0, otherwise=0):
        self.lines.append((code, then, otherwise, value))

    def load(self, place):
        self.add(_LOAD, place)

    def load_argument(self, index):
        self.load(16 + 8 * index)  # the lower half: both machines are little-endian

    def answer(self, answer):
        self.add(_RETURN, answer)

    def answer_if(self, test, value, answer, otherwise=None):
        """Answers where the test holds, or else where it does not."""
        if otherwise is None:
            self.add(test, value, 0, 1)
            self.answer(answer)
        else:
            self.add(test, value, 1, 0)
            self.answer(otherwise)

    def refuse(self, calls, problem):
        for numbers in calls.values():
            if numbers[self.column] is not None:
                self.answer_if(_EQUAL, numbers[self.column], _ERRNO | problem)

    def look_at(self, numbers, argument, write):
        """Decides about a call by one of its arguments."""
        if numbers[self.column] is None:
            return
        start = len(self.lines)
        self.add(_EQUAL, numbers[self.column])
        self.load_argument(argument)
        write()
        self.answer(_ALLOW)
        code, _then, _otherwise, value = self.lines[start]
        self.lines[start] = (code, 0, len(self.lines) - start - 1, value)

    def refuse_values(self, *values):
        for value in values:
            self.answer_if(_EQUAL, value, _ERRNO | errno.EPERM)

    def only_on_itself(self):
        self.own.append(len(self.lines))
        self.answer_if(_EQUAL, 0, None, otherwise=_ERRNO | errno.EPERM)

    def finish(self):
        self.answer(_ALLOW)
        self.code = kernel.memory(b"".join(_INSTRUCTION.pack(*line) for line in self.lines))
        self.program = kernel.memory(struct.pack("=HxxxxxxQ", len(self.lines), kernel.address_of(self.code)))
        return self

    def install(self, pid=0):
        for line in self.own:
            struct.pack_into("=I", self.code, line * _INSTRUCTION.size + 4, pid)
        kernel.call("seccomp", _SET_MODE_FILTER, 0, kernel.address_of(self.program))


def for_all():
    """What neither the zygote nor a job needs."""
    made = _Filter()
    made.refuse(_NEVER, errno.EPERM)
    made.refuse(_UNKNOWN, errno.ENOSYS)
    made.look_at(_IOCTL, 1, lambda: made.refuse_values(*_CONTROLS))
    made.look_at(_FCNTL, 1, lambda: made.refuse_values(*_DESCRIPTOR_CONTROLS))
    made.look_at(_OPEN, 1, lambda: _check_flags(made))
    made.look_at(_OPENAT, 2, lambda: _check_flags(made))
    return made.finish()


def _check_flags(made):
    """Files without a name could not be counted, and early Landlock lets reading alone empty a file."""
    made.answer_if(_ANY_BIT, _O_TMPFILE, _ERRNO | errno.EOPNOTSUPP)
    made.add(_ANY_BIT, _O_TRUNC, 0, 3)
    made.add(_AND, _O_ACCMODE)
    made.answer_if(_EQUAL, 0, _ERRNO | errno.EPERM)


def for_job():
    """What a job, moreover, has had all of before its code comes."""
    made = _Filter()
    made.refuse(_NOT_IN_A_JOB, errno.EPERM)
    made.refuse(_UNKNOWN_IN_A_JOB, errno.ENOSYS)
    made.refuse(_DO_NOTHING, 0)
    made.refuse(_NO_ATTRIBUTES, errno.EOPNOTSUPP)
    made.look_at(_PRCTL, 0, lambda: made.refuse_values(kernel.PR_SET_PDEATHSIG))
    made.look_at(_CLONE, 0, lambda: made.answer_if(_ANY_BIT, _CLONE_THREAD, None, otherwise=_ERRNO | errno.EPERM))
    for call in (_KILL, _TKILL, _TGKILL):
        made.look_at(call, 0, made.only_on_itself)
    made.look_at(_PRLIMIT, 0, lambda: (made.answer_if(_EQUAL, 0, _ALLOW), made.only_on_itself()))
    return made.finish()

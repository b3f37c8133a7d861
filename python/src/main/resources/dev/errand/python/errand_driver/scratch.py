"""The folders that processes have for themselves.

Each is empty when its process begins. What the process leaves there is removed with the folder; one that it leaves empty is
given to another, together with the rules that were made for it, if the process cannot have left anything else.
"""

import os

_MOST_RULES = 128  # each is a descriptor


class Folder:
    __slots__ = ("number", "path", "rules")

    def __init__(self, number, path, rules):
        self.number = number
        self.path = path
        self.rules = rules
        """A descriptor of the rules for the process that has it; None where there are none, and once it is closed."""


class Folders:
    def __init__(self, path, rules_for, reuse):
        os.mkdir(path, 0o700)
        self.path = path
        self.rules_for = rules_for
        self.reuse = reuse
        self.idle = []
        self.made = self.open = 0

    def take(self):
        """One that is empty, and nobody else's."""
        if self.idle:
            return self.idle.pop()
        self.made += 1
        path = os.path.join(self.path, "%d" % self.made)
        os.mkdir(path, 0o700)
        try:
            folder = Folder(self.made, path, self.rules_for(path))
        except OSError:
            os.rmdir(path)
            raise
        self.open += folder.rules is not None
        return folder

    def taken(self, folder):
        """The process has begun that has it, and with it the rules."""
        if self.open > _MOST_RULES:
            self.close(folder)

    def give_back(self, folder):
        """Its process is gone. False if it is not empty, and has to be removed."""
        try:
            if self.reuse and folder.rules is not None and not os.listdir(folder.path):
                self.idle.append(folder)
            else:
                self.close(folder)
                os.rmdir(folder.path)
        except OSError:
            self.close(folder)
            return False
        return True

    def close(self, folder):
        if folder.rules is not None:
            os.close(folder.rules)
            folder.rules = None
            self.open -= 1


def remove(folder):
    """Removes it with all in it. What is in it may be meant to make that hard."""
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        _empty(top)
        os.rmdir(folder)
    except OSError:
        pass
    finally:
        os.close(top)


def _empty(top):
    """Lifts what lies deep to the top, for a path may be longer than the system takes, and deeper than Python goes."""
    unique = os.urandom(8).hex()
    lifted = 0
    while names := os.listdir(top):
        for name in names:
            if _unlinked(name, top):
                continue
            os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            try:
                for below in os.listdir(inner):
                    if not _unlinked(below, inner):
                        os.chmod(below, 0o700, dir_fd=inner)
                        lifted += 1
                        os.rename(below, "%s-%d" % (unique, lifted), src_dir_fd=inner, dst_dir_fd=top)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _unlinked(name, folder):
    try:
        os.unlink(name, dir_fd=folder)
    except (IsADirectoryError, PermissionError):  # Linux's word for a folder, and macOS's
        return False
    return True

"""The folder that a process has for itself: made before it begins, removed when it is gone."""

import os


def make(folder):
    os.mkdir(folder, 0o700)


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

"""Serves one workspace in an interpreter that is part of the application.

Text and bytes go to Java by functions that it gives. A context of GraalPy is made for each workspace, so nothing is forked and
nothing rehearsed.
"""

from . import facades, fence, graalpy, start
from .wire import parse_json, print_json


def serve(send, receive, content, leave):
    """Makes ready, and then does what Java says until the context is closed."""
    start.install()
    graalpy.install()
    workspace = start.session()
    workspace.confine = fence.watch
    workspace.begin()
    fence.seal(facades.MODULES)
    start.serve(workspace, _Wire(send, receive, content, leave))


class _Wire:
    """In the place of a socket: `send(header, *parts)` in bytes, `receive()` of a header as text, then `content()` of its
    parts, in which each character is a byte."""

    def __init__(self, send, receive, content, leave):
        self._send = send
        self._receive = receive
        self._content = content
        self.leave = leave

    def send(self, header, parts=()):
        self._send(print_json(header).encode("utf-8", "replace"), *map(bytes, parts))

    def receive(self):
        header = parse_json(self._receive())
        parts = []
        if "parts" in header:
            content = self._content().encode("latin-1")
            at = 0
            for size in header["parts"]:
                parts.append(content[at : at + size])
                at += size
        return header, parts

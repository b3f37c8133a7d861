"""Frames between the driver and Java, and the two forms in which values travel.

A frame is a header length and a blob length (4 bytes each, big-endian), a JSON header, and the blob. The header's
`parts` says how the blob is cut.
"""

import json
import json.encoder
import os
import struct
from math import isfinite

_LENGTHS = struct.Struct(">II")
_WAITALL = 0x100
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
if json.encoder.c_make_encoder is None:
    print_json = _encoder.encode
else:  # what `encode` makes anew each time
    _chunks = json.encoder.c_make_encoder(
        None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False
    )

    def print_json(value):
        return "".join(_chunks(value, 0))


_scan = json.JSONDecoder().scan_once


def parse_json(text):
    return _scan(text, 0)[0]



_SCALARS = frozenset((type(None), bool, int, str))
_DEEPEST = 200
_LARGEST_INT = 1 << 4096


class Wire:
    """One end of the connection. When the other end is gone, so is this process."""

    def __init__(self, channel):
        self._channel = channel
        self._rest = b""

    def send(self, header, parts=()):
        if parts:
            header["parts"] = [len(part) for part in parts]
        text = print_json(header).encode("utf-8", "replace")
        size = sum(map(len, parts))
        try:
            if size < 65536:
                self._channel.sendall(b"".join((_LENGTHS.pack(len(text), size), text, *parts)))
            else:
                self._channel.sendall(_LENGTHS.pack(len(text), size) + text)
                for part in parts:
                    self._channel.sendall(part)
        except OSError:
            self.leave()

    def receive(self):
        data = self._rest
        while len(data) < 8:
            data += self._more(65536)
        head, blob = _LENGTHS.unpack_from(data)
        end = 8 + head + blob
        if len(data) < end:
            pieces = [data]
            missing = end - len(data)
            while missing:
                piece = self._more(missing)
                pieces.append(piece)
                missing -= len(piece)
            data = b"".join(pieces)
        self._rest = data[end:]
        header = parse_json(data[8 : 8 + head].decode("utf-8"))
        parts = []
        at = 8 + head
        for size in header.get("parts", ()):
            parts.append(data[at : at + size])
            at += size
        return header, parts

    @staticmethod
    def leave():
        """Ends the process."""
        os._exit(0)

    def _more(self, size):
        try:
            data = self._channel.recv(size, 0 if size == 65536 else _WAITALL)
        except OSError:
            data = b""
        if not data:
            self.leave()
        return data


def json_bytes(value, exact=True):
    """The JSON text of a value, or None where JSON cannot hold it.

    Exact means that the reader gets an equal value with the same types and the same sharing; otherwise tuples pass for
    lists, and what is used twice is written twice.
    """
    if not _holds(value, exact, set(), 0):
        return None
    try:
        return print_json(value).encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        return None


def _holds(value, exact, seen, depth):
    kind = type(value)
    if kind in _SCALARS:
        return kind is not int or -_LARGEST_INT < value < _LARGEST_INT
    if kind is float:
        return isfinite(value)
    if kind is dict:
        if not all(type(key) is str for key in value):
            return False
        items = value.values()
    elif kind is list or (kind is tuple and not exact):
        items = value
    else:
        return False
    if depth > _DEEPEST:
        return False
    if id(value) in seen:
        return False
    seen.add(id(value))
    kinds = set(map(type, items))
    if kinds <= _SCALARS:
        fits = int not in kinds or all(
            -_LARGEST_INT < item < _LARGEST_INT for item in items if type(item) is int
        )
    else:
        fits = all(_holds(item, exact, seen, depth + 1) for item in items)
    if not exact:
        seen.discard(id(value))
    return fits


def shortened(text, limit):
    """The text, or its beginning with the number of characters that were left out."""
    if len(text) <= limit:
        return text
    return "%s… (%d more characters)" % (text[:limit], len(text) - limit)

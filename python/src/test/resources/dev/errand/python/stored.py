"""A workspace in this process, with a store of its own: what tests of checkpoints stand on."""

import gc
import sys

from errand_driver import loop, names, outside, raised, session, start


class _Pause:
    """In the place of `gc` in the driver: after a snapshot nothing is collected until the next block, so that the variables
    stay as they were stored."""

    isenabled, disable = gc.isenabled, gc.disable

    @staticmethod
    def enable():
        pass


session.gc = _Pause


class Store:
    """Keeps the parts that a workspace sends, as Java does: by number, with heads and chunks."""

    def __init__(self):
        self.parts = {}
        self.bytes = 0

    def take(self, header, blobs):
        snapshot = header.get("snap")
        if snapshot is None:
            return
        before = {number: chunks for number, (_head, chunks) in self.parts.items()}
        for number in snapshot["d"]:
            self.parts.pop(number, None)
        for number, head, count, runs, _shown in snapshot["p"]:
            chunks = (before.get(number, []) + [None] * count)[:count]
            for run in runs:
                if len(run) == 3:
                    place, first, length = run
                    fresh = [bytes(blob) for blob in blobs[first : first + length]]
                    self.bytes += sum(map(len, fresh))
                else:
                    place, source, at, length = run
                    fresh = before[source][at : at + length]
                    assert len(fresh) == length, run
                chunks[place : place + length] = fresh
            assert None not in chunks, (number, runs)
            self.bytes += len(blobs[head])
            self.parts[number] = (bytes(blobs[head]), chunks)


class Kept:
    """One live workspace."""

    turn = 0

    def __init__(self, store=None, restricted=True):
        self.session = start.session()
        self.store = store if store is not None else Store()
        self.console = []
        self.endings = []
        opening = {"do": "open", "job": "j", "agent": "a", "restricted": restricted, "tools": []}
        opening["limits"] = {"statements": 10_000}
        parts = sorted(self.store.parts.items())
        opening["w"] = [(number, len(chunks)) for number, (_head, chunks) in parts]
        contents = [blob for _number, (head, chunks) in parts for blob in (head, *chunks)]
        self._serve([(opening, contents)] if parts else [({k: v for k, v in opening.items() if k != "w"}, [])])

    def run(self, source):
        """Carries out a block; what it keeps goes to the store."""
        Kept.turn += 1
        run = {"do": "run", "turn": Kept.turn, "statement": 0, "created": 0, "kind": "PYTHON", "source": source}
        run["hash"] = "%016x" % Kept.turn
        run["job"] = {"id": "j", "subtask": False}
        run["show"] = False
        gc.enable()
        self._serve([(run, [])])
        gc.disable()
        return self.endings[-1]

    def _serve(self, frames):
        main = sys.modules["__main__"]
        streams = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = start._console
        waiting = iter(frames)
        kept = self

        class Wire:
            def send(self, header, parts=()):
                kept.store.take(header, parts)
                kept.console.append(header.get("c0", "") + header.get("c", ""))
                if header["do"] == "unreadable":
                    raise RuntimeError(header["message"])
                kept.endings.append(header)

            def receive(self):
                frame = next(waiting, None)
                if frame is None:
                    raise EOFError
                return frame

        try:
            self.session.serve(Wire())
        except EOFError:
            pass
        finally:
            sys.modules["__main__"] = main
            sys.stdout, sys.stderr = streams
            outside.session = names.session = loop.session = raised.session = None

    @property
    def variables(self):
        hidden = ("__name__", "__builtins__", "__warningregistry__")
        return {name: value for name, value in self.session.namespace.items() if name not in hidden}

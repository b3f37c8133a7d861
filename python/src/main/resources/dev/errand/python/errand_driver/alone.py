"""Keeps a workspace one thread in one process: a checkpoint holds the variables of no other."""

import _thread
import os
import sys

from . import outside


def _refusal(what):
    def refuse(*_args, **_kwargs):
        raise RuntimeError(
            "%s cannot be started in a job: no checkpoint could hold them. "
            "For work that goes on at the same time use delegate(function, ...)" % what
        )

    return refuse


threads = _refusal("Threads")
processes = _refusal("Processes that share the job's code")


def install():
    """Puts these in the place of the standard library's."""
    for module in (_thread, sys.modules.get("threading")):
        for name in ("start_new_thread", "start_new", "start_joinable_thread"):
            for known in (name, "_" + name):
                if hasattr(module, known):
                    setattr(module, known, threads)
    for name in ("fork", "forkpty"):
        setattr(os, name, processes)
    outside.when_loaded["multiprocessing.process"] = _take_over_processes
    outside.when_loaded["concurrent.futures.process"] = _take_over_pool


def _take_over_processes(process):
    process.BaseProcess.start = processes


def _take_over_pool(process):
    process.ProcessPoolExecutor.__init__ = processes

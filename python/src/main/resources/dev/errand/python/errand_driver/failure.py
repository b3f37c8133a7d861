"""What is done when a job fails: functions that are marked for it."""

import inspect

from . import names


class ErrorHandler:
    """A function that is called with its context when a job fails. What it raises itself is not told."""

    def __init__(self, function):
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "?")
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        self.__doc__ = function.__doc__

    def handle(self, context, error):
        return self.__wrapped__(context, error)

    def __call__(self, context, error=None):
        try:
            return self.handle(context, error)
        except Exception:
            return None

    def __repr__(self):
        return "<error handler %s>" % self.__name__


class ToolHandler(ErrorHandler):
    """A tool that is called in the place of such a function."""

    def handle(self, context, error):
        told = {"kind": error.kind, "message": error.err_message, "advice": error.advice}
        return self.__wrapped__(context, told)


def error_handler(function):
    """Marks a function `_name(context, error=None)` that is to be called when a job fails."""
    if not callable(function):
        raise TypeError("error_handler() needs a function, not %s" % type(function).__name__)
    name = getattr(function, "__name__", "?")
    if not name.startswith("_"):
        raise TypeError("The name of an error handler must begin with '_', and '%s' does not" % name)
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    fits = len(parameters) == 2 and all([one.kind in kinds for one in parameters])
    if not fits or parameters[0].default is not inspect.Parameter.empty or parameters[1].default is inspect.Parameter.empty:
        raise TypeError(
            "An error handler takes a context and an optional error, as in _%s(context, error=None); '%s' takes %s"
            % (name.strip("_") or "name", name, signature)
        )
    return ErrorHandler(function)


names.offer(error_handler, internal=(ErrorHandler, ToolHandler))

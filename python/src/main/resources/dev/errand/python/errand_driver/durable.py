"""Durable objects: their attributes are in the store, and every job that holds one sees and changes the same.

What code does with one goes stretch by stretch, from one question to Java to the next. The first use in a stretch brings
the attributes; what was changed is stored at the end of the stretch, all of it or nothing, and only if nobody
else has changed the object since. If somebody has, the process is ended, and the statement is carried out again.

Within a statement an attribute's value stays the same object, as long as nobody else changes the durable object. At the end of
the statement the object lets go of its values: what code took out of it is a copy from then on, as it would be after
a restore.

What was read in one stretch may have been changed by another job in the next. So to set an attribute that the
statement read before, and that was changed since, raises `DurableConflict`; so does a change of a value that the object no
longer has.
"""

from functools import partial
from weakref import ref

from .lost import Unkeepable
from .wire import json_bytes

MARK = "_errand_durable"
_ID = "_errand_id"
_OBJECT, _REFERENCE = "errand:object", "errand:reference"
_REFERENCES = frozenset((_OBJECT, _REFERENCE))

session = None
_uses = {}
"""The durable objects that were used in this statement, by `id`."""
_known = {}
"""All durable objects of this workspace, weakly, by their ids."""

_plain_get, _plain_set, _plain_delete = object.__getattribute__, object.__setattr__, object.__delattr__


class DurableConflict(RuntimeError):
    """A durable object was changed by another job while a statement that changes it waited for something."""


class _Use:
    """What a statement knows of a durable object: the version and the attributes as they are stored, which it read in
    this stretch and in those before, which of them are not what it read any more, and whether the object was looked
    at in this stretch."""

    __slots__ = ("obj", "version", "stored", "read", "read_before", "stale", "fresh")

    def __init__(self, obj, version):
        self.obj = obj
        self.version = version
        self.stored = None
        self.read = set()
        self.read_before = set()
        self.stale = set()
        self.fresh = True


# What a durable class has in the place of what `object` has.


def _getattribute(self, name):
    if name[:2] != "__" or name == "__dict__":
        use = _used(self)
        if use is not None:
            use.read.add(name)
            use.stale.discard(name)
    return _plain_get(self, name)


def _setattr(self, name, value):
    _for_change(self, name)
    _plain_set(self, name, value)


def _delattr(self, name):
    _for_change(self, name)
    _plain_delete(self, name)


def _new(cls, *args, **kwargs):
    if (args or kwargs) and cls.__init__ is object.__init__:
        raise TypeError("%s() takes no arguments" % cls.__name__)
    made = object.__new__(cls)
    id = session.new_object()
    _plain_get(made, "__dict__")[_ID] = id
    _known[id] = ref(made)
    _uses[_at(made)] = _Use(made, 0)
    return made


def _repr(self):
    if _used(self) is None and _at(self) not in _uses:
        return "<durable %s %s>" % (type(self).__name__, id_of(self)[:8])
    attributes = ", ".join(["%s=%r" % (name, value) for name, value in _attributes(self).items()])
    return "%s(%s)" % (type(self).__name__, attributes)


def _same(self, memo=None):
    return self


_HOOKS = {
    "__getattribute__": _getattribute,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__new__": _new,
    "__copy__": _same,
    "__deepcopy__": _same,
}
_at = id


def durable(cls):
    """Makes a class one whose objects are shared, by reference, by all jobs that hold them."""
    if not isinstance(cls, type) or cls.__module__ != "__main__":
        raise TypeError("@durable is for classes of the job's own, not %r" % (cls,))
    if getattr(cls, MARK, False):
        return cls
    for base in cls.__mro__:
        own = sorted(name for name in _HOOKS if name in base.__dict__ and base is not object)
        if own:
            raise TypeError("a durable class cannot have a %s of its own, but %s has" % (own[0], base.__name__))
        if base.__dict__.get("__slots__"):
            raise TypeError("a durable class cannot have __slots__, but %s has" % base.__name__)
    if cls.__new__ is not object.__new__ or issubclass(cls, type):
        raise TypeError("%s cannot be durable: it is made of a built-in class" % cls.__name__)
    type.__setattr__(cls, MARK, True)
    equip(cls)
    return cls


def equip(cls):
    """Gives a durable class what makes its objects durable."""
    for name, hook in _HOOKS.items():
        type.__setattr__(cls, name, staticmethod(hook) if name == "__new__" else hook)
    if cls.__repr__ is object.__repr__:
        type.__setattr__(cls, "__repr__", _repr)


def own_attributes(cls):
    """The attributes of a class without those that `equip` gave it."""
    attributes = dict(cls.__dict__)
    if attributes.get(MARK):
        for name in _HOOKS:
            attributes.pop(name, None)
        if attributes.get("__repr__") is _repr:
            del attributes["__repr__"]
    return attributes


def id_of(obj):
    """The id of a durable object."""
    return _plain_get(obj, "__dict__")[_ID]


def of(cls, id):
    """The durable object of that id, of which a workspace has one."""
    known = _known.get(id)
    known = known and known()
    if known is None:
        known = object.__new__(cls)
        _plain_get(known, "__dict__")[_ID] = id
        _known[id] = ref(known)
    return known


def given(value):
    """A variable that the application gave: what stands for a durable object, or for one of its own, is that object."""
    if not is_reference(value):
        return value
    ((kind, what),) = value.items()
    return of(DurableObject, what) if kind == _OBJECT else Reference(*what)


def form_of(value):
    """What stands for a durable object, or for one of the application, in JSON; None for anything else."""
    if getattr(type(value), MARK, False):
        return {_OBJECT: id_of(value)}
    return {_REFERENCE: [value._type, value._id]} if type(value) is Reference else None


def is_reference(value):
    """Whether a value that is given as JSON would stand for an object."""
    return type(value) is dict and len(value) == 1 and not _REFERENCES.isdisjoint(value)


def _attributes(obj):
    return {name: value for name, value in _plain_get(obj, "__dict__").items() if name != _ID}


# Stretches


def _used(obj):
    """The use of an object in this stretch; None where nothing can be asked, and what is known is shown."""
    use = _uses.get(_at(obj))
    if use is not None and use.fresh:
        return use
    if not session.may_ask():
        return None
    version, by, attributes = session.look_at_object(id_of(obj))
    if use is None:
        use = _uses[_at(obj)] = _Use(obj, version)
        _fill(use, attributes)
    elif use.version != version:
        _renew(use, version, by, attributes)
    use.fresh = True
    return use


def _renew(use, version, by, attributes):
    """Brings what another has changed, beside what this statement changed itself since it last stored anything."""
    before = use.stored
    mine = _differing(before, _stored_form(use.obj))
    values = _attributes(use.obj)
    use.version = version
    _fill(use, attributes)
    theirs = _differing(before, use.stored)
    both = sorted(mine & theirs)
    if both:
        raise _conflict(use.obj, both[0], by)
    held = _plain_get(use.obj, "__dict__")
    for name in mine:
        if name in values:
            held[name] = values[name]
        else:
            del held[name]
    use.stale.update(use.read_before & theirs)


def _differing(one, other):
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _fill(use, attributes):
    held = _plain_get(use.obj, "__dict__")
    for name in _attributes(use.obj):
        del held[name]
    held.update(attributes)
    use.stored = _stored_form(use.obj)


def _for_change(obj, name):
    if name[:2] == "__" or name == _ID:
        raise AttributeError("%s of a durable object cannot be changed" % name)
    use = _used(obj)
    if use is None:
        raise RuntimeError("A durable object can only be changed by the job's own code")
    if name in use.stale:
        raise _conflict(obj, name, None)


def _conflict(obj, name, by):
    return DurableConflict(
        "The attribute '%s' of a durable %s was changed by %s after this statement had read it and while it waited for "
        "something else. Read it again before you change it, or do both in a statement of their own."
        % (name, type(obj).__name__, "another" if by is None else "job " + by)
    )


def _stored_form(obj):
    """What would be stored: for each attribute, whether it is JSON, and bytes."""
    form = {}
    for name, value in _attributes(obj).items():
        data = json_bytes(value)
        if data is not None:
            form[name] = ("json", data, "")
            continue
        try:
            form[name] = session.pickled(value)
        except Unkeepable as problem:
            raise TypeError(
                "The attribute '%s' of a durable %s cannot be stored: %s" % (name, type(obj).__name__, problem)
            ) from None
    return form


def settle(before=None):
    """Ends a stretch: what was changed in it is stored, and `before` called just before. If that fails none of it is.
    Returns whether there was anything."""
    if not _uses:
        return False
    try:
        changed = []
        for use in list(_uses.values()):
            form = _stored_form(use.obj)
            if form != use.stored:
                if not use.fresh:
                    _used(use.obj)
                    form = _stored_form(use.obj)
                changed.append((use, form))
        if changed:
            if before is not None:
                before()
            session.change_objects(
                [(id_of(use.obj), type(use.obj).__name__, use.version + 1, form) for use, form in changed]
            )
        for use, form in changed:
            use.version += 1
            use.stored = form
    except BaseException:
        begin()
        raise
    for use in _uses.values():
        use.fresh = False
        use.read_before |= use.read
        use.read = set()
    return bool(changed)


def begin():
    """Begins a statement. Durable objects let go of the values that an earlier one brought."""
    for use in _uses.values():
        held = _plain_get(use.obj, "__dict__")
        id = held[_ID]
        held.clear()
        held[_ID] = id
    _uses.clear()


class DurableObject:
    """A durable object that the application made."""


DurableObject.__module__ = "errand"
type.__setattr__(DurableObject, MARK, True)
equip(DurableObject)


class Reference:
    """An object of the application, which stays where it is: its methods are called there."""

    def __init__(self, type, id):
        self.__dict__.update(_type=type, _id=id)

    def __getattr__(self, name):
        if name[:1] == "_":
            raise AttributeError(name)
        method = session.keeper.tools.get("%s__%s" % (self._type, name))
        if method is None:
            offered = sorted(
                tool.partition("__")[2] for tool in session.keeper.tools if tool.startswith(self._type + "__")
            )
            raise AttributeError("a %s has no method '%s'; it has %s" % (self._type, name, ", ".join(offered) or "none"))
        return partial(method, self._id)

    def __setattr__(self, name, value):
        raise AttributeError("a %s belongs to the application; call one of its methods to change it" % self._type)

    __delattr__ = lambda self, name: self.__setattr__(name, None)

    def __eq__(self, other):
        return type(other) is Reference and other._id == self._id

    def __hash__(self):
        return hash(self._id)

    def __repr__(self):
        return "<%s of the application>" % self._type


Reference.__module__ = "errand"

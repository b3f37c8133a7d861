"""Which names code reads, as far as its text tells."""

import ast


def names_read(blocks):
    """All names that are read anywhere in these blocks, also those that they bind."""
    names = {}
    for block in blocks:
        for node in ast.walk(parsed(block)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names[node.id] = None
    return names


def external_names(blocks, known):
    """The names that these blocks, one after the other, read before they bind them, in the order in which they do.

    What is only called is left out, and what is known anyway. The bodies of functions are read last."""
    reader = _Reader(known)
    for block in blocks:
        reader.visit(parsed(block))
    for body in reader.later:
        body()
    return list(reader.external)


def parsed(block):
    return ast.parse(block, "<warmup_code>")


class _Comprehension(set):
    """What a comprehension binds."""


class _Class(set):
    """What the body of a class binds: its methods do not see that."""


class _Reader(ast.NodeVisitor):
    """Goes through code in the order in which it runs."""

    def __init__(self, known):
        self.external = {}
        self.later = []
        self._known = known
        self._scopes = [set()]  # the names that are bound, outermost scope first

    def _read(self, name):
        if name not in self._known and not any(name in scope for scope in self._scopes):
            self.external[name] = None

    def _bind(self, name):
        self._scopes[-1].add(name)

    def _each(self, *nodes):
        for node in nodes:
            if isinstance(node, list):
                self._each(*node)
            elif node is not None:
                self.visit(node)

    def _within(self, scopes, *nodes):
        around, self._scopes = self._scopes, scopes
        self._each(*nodes)
        self._scopes = around

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            self._read(node.id)
        elif isinstance(node.ctx, ast.Store):
            self._bind(node.id)

    def visit_Call(self, node):
        if not isinstance(node.func, ast.Name):
            self.visit(node.func)
        self._each(node.args, node.keywords)

    def visit_Assign(self, node):
        self._each(node.value, node.targets)

    def visit_AnnAssign(self, node):
        self._each(node.annotation, node.value)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
        self._each(node.value, node.target)

    def visit_NamedExpr(self, node):
        self.visit(node.value)
        next(scope for scope in reversed(self._scopes) if type(scope) is not _Comprehension).add(node.target.id)

    def visit_For(self, node):
        self._each(node.iter, node.target, node.body, node.orelse)

    visit_AsyncFor = visit_For

    def _comprehension(self, node, *results):
        first, *others = node.generators
        self.visit(first.iter)
        parts = [first.target, first.ifs]
        for generator in others:
            parts += generator.iter, generator.target, generator.ifs
        self._within([*self._scopes, _Comprehension()], parts, *results)

    def visit_ListComp(self, node):
        self._comprehension(node, node.elt)

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node):
        self._comprehension(node, node.key, node.value)

    def visit_FunctionDef(self, node):
        self._each(node.decorator_list, node.args.defaults, node.args.kw_defaults)
        self._bind(node.name)
        self._inside(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self._each(node.args.defaults, node.args.kw_defaults)
        self._inside(node.args, [node.body])

    def _inside(self, args, body):
        given = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
        own = {one.arg for one in given if one is not None}
        scopes = [*(scope for scope in self._scopes if type(scope) is not _Class), own]
        self.later.append(lambda: self._within(scopes, body))

    def visit_ClassDef(self, node):
        self._each(node.decorator_list, node.bases, node.keywords)
        self._within([*self._scopes, _Class()], node.body)
        self._bind(node.name)

    def visit_Import(self, node):
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node):
        self._each(node.type)
        if node.name is not None:
            self._bind(node.name)
        self._each(node.body)

    def visit_MatchAs(self, node):
        self._each(node.pattern)
        if node.name is not None:
            self._bind(node.name)

    def visit_MatchStar(self, node):
        if node.name is not None:
            self._bind(node.name)

    def visit_MatchMapping(self, node):
        self.generic_visit(node)
        if node.rest is not None:
            self._bind(node.rest)

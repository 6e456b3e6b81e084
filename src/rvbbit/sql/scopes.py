"""Which query block a call belongs to, what that block can see, and what it cannot.

A block is the nearest SELECT, UPDATE or DELETE around a call. Its stage query needs the block's FROM and the CTEs visible there; one that
reads a column of a block around it needs the rows of that one, too (`correlated`).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from rvbbit.sql.dialect import Call

SEVERAL = frozenset({"UNNEST", "GENERATE_SUBSCRIPTS", "COLUMNS"})
"""Functions that make several rows or columns of one, or none, which a scalar lookup cannot."""
BLOCKS = (exp.Select, exp.Update, exp.Delete)
VOLATILE = frozenset({"RANDOM", "UUID", "GEN_RANDOM_UUID", "UUIDV4", "UUIDV7", "NEXTVAL", "CURRVAL", "SETVAL", "SETSEED", "SLEEP_MS"})


def makes_several(tree: exp.Expr) -> bool:
    """Whether something in it makes several rows or columns of one, or none."""
    return any(isinstance(node, exp.Explode) or (isinstance(node, exp.Anonymous) and node.name.upper() in SEVERAL) for node in tree.walk())


def block_of(call: exp.Expr) -> exp.Expr | None:
    """The nearest block around a node; None where a statement has none (`INSERT … VALUES`, the branches of a MERGE)."""
    block = call.find_ancestor(*BLOCKS)
    return None if block is not None and isinstance(block.parent, exp.When) else block


def in_order(statement: exp.Expr) -> list[exp.Expr]:
    """Every block of a statement after the blocks it reads from: those inside it, and the CTEs in front of it."""
    found: list[exp.Expr] = []
    stack = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, BLOCKS):
            found.append(node)
        stack += sorted(node.iter_expressions(), key=lambda child: child.arg_key != "with_")
    return found[::-1]


def clause_of(call: exp.Expr, block: exp.Expr) -> str:
    """The argument of the block that holds a node: `where`, `expressions`, `joins`, `order` …"""
    node = call
    while node.parent is not block:
        assert node.parent is not None
        node = node.parent
    return node.arg_key or ""


def sources(block: exp.Expr) -> list[exp.Expr]:
    """The items of a block's FROM: tables and subqueries, joined ones included. An UPDATE's own table comes first."""
    found: list[exp.Expr] = []
    if isinstance(block, exp.Update | exp.Delete):
        found.append(block.this)
    from_ = block.args.get("from_")
    if from_ is not None:
        found.append(from_.this)
    found.extend(join.this for join in block.args.get("joins") or ())
    found.extend(block.args.get("using") or ())
    for source in list(found):
        found.extend(join.this for join in source.args.get("joins") or ())
    return [source for source in found if source is not None]


def visible_ctes(block: exp.Expr) -> tuple[list[exp.CTE], bool]:
    """The CTEs a block may name, outermost first, and whether any WITH among them is recursive."""
    groups: list[list[exp.CTE]] = []
    recursive = False
    node: exp.Expr | None = block
    inside: exp.Expr | None = None
    while node is not None:
        with_ = node.args.get("with_")
        if with_ is not None:
            ctes = list(with_.expressions)
            if inside is not None and inside in ctes:
                ctes = ctes[: ctes.index(inside)]
            groups.append(ctes)
            recursive = recursive or bool(with_.args.get("recursive"))
        if isinstance(node, exp.CTE):
            inside = node
        node = node.parent
    by_name: dict[str, exp.CTE] = {}
    for group in reversed(groups):
        for cte in group:
            by_name.pop(cte.alias.lower(), None)
            by_name[cte.alias.lower()] = cte
    return list(by_name.values()), recursive


def in_recursive_cte(block: exp.Expr) -> bool:
    """Whether the block is the body of a CTE that names itself."""
    cte = block.find_ancestor(exp.CTE)
    while cte is not None:
        name = cte.alias.lower()
        if any(table.name.lower() == name and not table.args.get("db") for table in cte.this.find_all(exp.Table)):
            return True
        cte = cte.find_ancestor(exp.CTE)
    return False


def own_nodes(block: exp.Expr, root: exp.Expr | None = None) -> Iterator[exp.Expr]:
    """The nodes of a block without those of blocks inside it."""
    stack = [root or block]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in node.iter_expressions() if not (isinstance(child, BLOCKS) and child is not block))


def is_volatile(tree: exp.Expr) -> bool:
    """Whether reading it twice could give different rows or values."""
    for node in tree.walk():
        if isinstance(node, exp.TableSample):
            return True
        if isinstance(node, exp.Anonymous) and node.name.upper() in VOLATILE:
            return True
    return False


def calls_in(tree: exp.Expr) -> list[Call]:
    """The calls of a tree, inner ones before those that use them, otherwise in the order of the text."""
    found = list(tree.find_all(Call))
    found.sort(key=lambda call: (-_nesting(call, tree), call.meta["token"]))
    return found


def _nesting(call: exp.Expr, tree: exp.Expr) -> int:
    depth, node = 0, call.parent
    while node is not None and node is not tree:
        depth += isinstance(node, Call)
        node = node.parent
    return depth

"""Checks an expression before it runs: names, functions, and what is compared with what."""

from __future__ import annotations

from runtime.expression.expression_error import ExpressionError
from runtime.expression.patterns import LinearPattern
from runtime.expression.syntax import (
    Binary,
    Conditional,
    Has,
    Index,
    Invocation,
    Junction,
    ListLiteral,
    Literal,
    Macro,
    Member,
    Name,
    SyntaxNode,
    Unary,
)
from runtime.expression.value_types import (
    ANY,
    BOOL,
    DOUBLE,
    INT,
    LIST,
    TEXT,
    ValueKind,
    ValueType,
    kind_of,
)
from runtime.expression.vocabulary import Lookup, Vocabulary
from runtime.model.errors import StudioError
from runtime.model.text.nearest import nearest

FUNCTIONS = ("size", "int", "double", "has")
TEXT_METHODS = ("contains", "startsWith", "endsWith", "matches")
_PATTERN_ADVICE = (
    "Patterns are RE2's, such as [0-9]+ or ^disk.*full$; there is no (?=…) and no \\1."
)
METHODS = (*TEXT_METHODS, "size", "all", "exists", "exists_one", "filter", "map")


def check(text: str, node: SyntaxNode, vocabulary: Vocabulary) -> frozenset[str]:
    """Note the type of every part, and give the names of the fields and lookups it uses.

    Raises `ExpressionError`: a name is not known, or an operator is given what it does not take.
    """
    checker = _Checker(text, vocabulary)
    checker.visit(node)
    return frozenset(checker.used)


class _Checker:
    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._variables: list[tuple[str, ValueType]] = []
        self.used: set[str] = set()

    def visit(self, node: SyntaxNode) -> ValueType:
        node.type = self._type(node)
        return node.type

    def _type(self, node: SyntaxNode) -> ValueType:
        match node:
            case Literal():
                return ValueType(kind_of(node.value))
            case ListLiteral():
                items = {self.visit(item) for item in node.items}
                return ValueType(ValueKind.LIST, items.pop()) if len(items) == 1 else LIST
            case Name():
                return self._name(node)
            case Member() | Has():
                found = self._member(node, self.visit(node.operand))
                return BOOL if isinstance(node, Has) else found
            case Index():
                return self._index(node)
            case Invocation():
                return self._invocation(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Junction():
                for operand in node.operands:
                    self._need_bool(operand, f"{node.sign} joins conditions")
                return BOOL
            case Conditional():
                self._need_bool(node.condition, "before ? stands a condition")
                then, otherwise = self.visit(node.then), self.visit(node.otherwise)
                return then if then == otherwise else ANY
            case Macro():
                return self._macro(node)
        raise AssertionError(node)

    # ---- names

    def _name(self, node: Name) -> ValueType:
        for name, its in reversed(self._variables):
            if name == node.name:
                return its
        found = self._vocabulary.field_type(node.name)
        if found is not None:
            self.used.add(node.name)
            return found
        for name, reason in self._vocabulary.unavailable:
            if name == node.name:
                raise self._error(node, f"{name} {reason}")
        lookup = self._vocabulary.lookup(node.name)
        if lookup is not None:
            advice = f'Write {lookup.name}("…").{next(iter(lookup.members))}.'
            raise self._error(node, f"{lookup.name} asks for a name in brackets", advice)
        known = [one.name for one in self._vocabulary.fields]
        raise self._unknown(node, node.name, known, "a field", "Fields")

    def _member(self, node: Member | Has, of: ValueType) -> ValueType:
        if of.kind is ValueKind.ANY or (of.kind is ValueKind.OBJECT and of.members is None):
            return ANY
        if of.kind is not ValueKind.OBJECT or of.members is None:
            what = of.kind.value
            advice = "Write outputs[0].json, say." if of.kind is ValueKind.LIST else ""
            method = f"; write {node.name}()" if node.name == "size" else ""
            raise self._error(node, f"{what} has no field {node.name}{method}", advice)
        if node.name not in of.members:
            raise self._unknown(node, node.name, list(of.members), "a field of it", "Fields")
        return of.members[node.name]

    def _unknown(
        self, node: SyntaxNode, word: str, known: list[str], what: str, plural: str
    ) -> ExpressionError:
        near = nearest(word, known)
        meant = f"; did you mean {near}?" if near else ""
        if not near and isinstance(node, Name):
            meant = f'; text is written in quotes: "{word}"'
        return self._error(node, f'"{word}" is not {what}{meant}', f"{plural}: {', '.join(known)}.")

    # ---- parts

    def _index(self, node: Index) -> ValueType:
        of, index = self.visit(node.operand), self.visit(node.index)
        if of.kind is ValueKind.LIST:
            if not (index.is_number or index.kind is ValueKind.ANY):
                raise self._error(node, f"a list has numbers in [ ], not {index.kind.value}")
            return of.item or ANY
        if of.kind is ValueKind.OBJECT:
            if index.kind not in (ValueKind.TEXT, ValueKind.ANY):
                raise self._error(node, f"an object has text in [ ], not {index.kind.value}")
            if of.members is not None and isinstance(node.index, Literal):
                name = str(node.index.value)
                return self._member(Member(node.index.column, node.operand, name), of)
            return ANY
        if of.kind is not ValueKind.ANY:
            raise self._error(node, f"{of.kind.value} has no items")
        return ANY

    def _unary(self, node: Unary) -> ValueType:
        if node.sign == "!":
            self._need_bool(node.operand, "! turns a condition round")
            return BOOL
        of = self.visit(node.operand)
        if not (of.is_number or of.kind is ValueKind.ANY):
            raise self._error(node, f"- takes a number, and this is {of.kind.value}")
        return of

    def _binary(self, node: Binary) -> ValueType:
        left, right = self.visit(node.left), self.visit(node.right)
        if node.sign == "in":
            if right.kind not in (ValueKind.LIST, ValueKind.OBJECT, ValueKind.ANY):
                advice = "Write text.contains(…)." if right.kind is ValueKind.TEXT else ""
                reason = f"in looks into a list or an object, and this is {right.kind.value}"
                raise self._error(node, reason, advice)
            return BOOL
        if ValueKind.ANY in (left.kind, right.kind):
            known = left if right.kind is ValueKind.ANY else right
            return self._with_any(node, known)
        if node.sign in ("==", "!="):
            if left.kind is not right.kind and not (left.is_number and right.is_number):
                raise self._unlike(node, left, right, "compared with")
            return BOOL
        if node.sign in ("<", "<=", ">", ">="):
            same = left.kind is right.kind and left.kind in (ValueKind.TEXT, ValueKind.BOOL)
            if not same and not (left.is_number and right.is_number):
                raise self._unlike(node, left, right, "compared with")
            return BOOL
        return self._calculated(node, left, right)

    def _with_any(self, node: Binary, known: ValueType) -> ValueType:
        """One side is known only when it is evaluated; the other is checked alone."""
        kind = known.kind
        if node.sign in ("==", "!="):
            return BOOL
        if node.sign in ("<", "<=", ">", ">="):
            if kind not in (
                ValueKind.INT,
                ValueKind.DOUBLE,
                ValueKind.TEXT,
                ValueKind.BOOL,
                ValueKind.ANY,
            ):
                raise self._error(node, f"{node.sign} compares numbers or text, not {kind.value}")
            return BOOL
        taken = (
            (ValueKind.INT, ValueKind.ANY)
            if node.sign == "%"
            else (ValueKind.INT, ValueKind.DOUBLE, ValueKind.ANY)
        )
        if node.sign == "+":
            taken = (*taken, ValueKind.TEXT, ValueKind.LIST)
        if kind not in taken:
            raise self._error(node, f"{node.sign} cannot be done with {kind.value}")
        return ANY if kind is ValueKind.LIST else known

    def _calculated(self, node: Binary, left: ValueType, right: ValueType) -> ValueType:
        if left.is_number and right.is_number:
            if left.kind is not right.kind:
                reason = f"{node.sign} takes two numbers of one kind, and these are {_both(node)}"
                raise self._error(node, reason, "Write 1000.0 for 1000, or int(…), or double(…).")
            if node.sign != "%" or left.kind is ValueKind.INT:
                return left
        if (
            node.sign == "+"
            and left.kind is right.kind
            and left.kind in (ValueKind.TEXT, ValueKind.LIST)
        ):
            return left if left == right else LIST
        raise self._unlike(node, left, right, "calculated with")

    def _unlike(
        self, node: Binary, left: ValueType, right: ValueType, verb: str
    ) -> ExpressionError:
        if left.kind is right.kind:
            return self._error(node, f"{node.sign} cannot be done with {left.kind.value}")
        return self._error(node, f"{left.kind.value} cannot be {verb} {right.kind.value}")

    # ---- functions

    def _invocation(self, node: Invocation) -> ValueType:
        name, given = node.function, node.arguments
        lookup = None if node.is_method else self._vocabulary.lookup(name)
        if lookup is not None:
            return self._looked_up(node, lookup)
        known = METHODS if node.is_method else (*FUNCTIONS, *self._lookups())
        if name not in known:
            other = FUNCTIONS if node.is_method else METHODS
            if name in other:
                wrong = f"{name}(…)" if node.is_method else f"text.{name}(…)"
                raise self._error(node, f'"{name}" is written {wrong}')
            raise self._unknown(node, name, list(known), "a function", "Functions")
        wanted = 2 if name in TEXT_METHODS else 1
        if len(given) != wanted:
            takes = "one value" if wanted == 2 or not node.is_method else "nothing"
            raise self._error(node, f"{name}() takes {takes} in brackets")
        types = [self.visit(argument) for argument in given]
        if name in TEXT_METHODS:
            for its in types:
                if its.kind not in (ValueKind.TEXT, ValueKind.ANY):
                    raise self._error(node, f"{name}() is for text, and this is {its.kind.value}")
            self._check_pattern(node)
            return BOOL
        sized = (ValueKind.TEXT, ValueKind.LIST, ValueKind.OBJECT, ValueKind.ANY)
        taken = (
            sized
            if name == "size"
            else (ValueKind.TEXT, ValueKind.INT, ValueKind.DOUBLE, ValueKind.ANY)
        )
        if types[0].kind not in taken:
            raise self._error(node, f"{name}() cannot be asked of {types[0].kind.value}")
        return DOUBLE if name == "double" else INT

    def _lookups(self) -> list[str]:
        return [one.name for one in self._vocabulary.lookups]

    def _looked_up(self, node: Invocation, lookup: Lookup) -> ValueType:
        if len(node.arguments) != 1 or self.visit(node.arguments[0]) != TEXT:
            raise self._error(node, f'{lookup.name}() takes a name: {lookup.name}("…")')
        self.used.add(lookup.name)
        return ValueType(ValueKind.OBJECT, members=lookup.members)

    def _check_pattern(self, node: Invocation) -> None:
        pattern = node.arguments[1]
        if node.function != "matches" or not isinstance(pattern, Literal):
            return
        try:
            LinearPattern(str(pattern.value), as_written=True)
        except StudioError as error:
            reason = error.diagnostics[0].message.replace("the rule", "the pattern", 1)
            raise self._error(pattern, reason, _PATTERN_ADVICE) from None

    def _macro(self, node: Macro) -> ValueType:
        of = self.visit(node.operand)
        if of.kind not in (ValueKind.LIST, ValueKind.OBJECT, ValueKind.ANY):
            reason = f"{node.macro}() goes through a list or an object, and this is {of.kind.value}"
            raise self._error(node, reason)
        item = TEXT if of.kind is ValueKind.OBJECT else of.item or ANY
        self._variables.append((node.variable, item))
        if node.macro == "map":
            made = ValueType(ValueKind.LIST, self.visit(node.body))
        else:
            self._need_bool(node.body, f"{node.macro}() asks a condition of each item")
            made = ValueType(ValueKind.LIST, item) if node.macro == "filter" else BOOL
        self._variables.pop()
        return made

    def _need_bool(self, node: SyntaxNode, why: str) -> None:
        its = self.visit(node)
        if its.kind not in (ValueKind.BOOL, ValueKind.ANY):
            raise self._error(node, f"{why}, and this is {its.kind.value}")

    def _error(self, node: SyntaxNode, reason: str, advice: str = "") -> ExpressionError:
        return ExpressionError(self._text, node.column, reason, advice)


def _both(node: Binary) -> str:
    return f"{node.left.type.kind.value} and {node.right.type.kind.value}"

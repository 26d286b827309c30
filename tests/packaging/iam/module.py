"""Evaluates the Terraform module without Terraform, a provider or an account.

The argument is the folder of the module. Standard input is an object: `edits`, a list of {file, from, to}, and
`values`, a list of {variable, value}. Standard output has `runs`: for each edit, what is wrong by the names of
the runs in tests/*.tftest.hcl; and `refused`: for each value, whether the validation of its variable refuses it.

Only what the module uses is known here. Anything else ends the program, so that nothing is passed over.
"""

import json
import pathlib
import re
import sys

import hcl2
from lark import Token, Tree


class Fault(Exception):
    """What Terraform would report as an error of an expression, and what can() and try() catch."""


class Unknown(BaseException):
    """What this program does not know. Nothing catches it."""


class Lazy(dict):
    """Values by name that are evaluated when they are asked for, as Terraform does by their references."""

    def __init__(self, makers):
        super().__init__()
        self.makers = makers

    def __contains__(self, key):
        return key in self.makers

    def __missing__(self, key):
        self[key] = self.makers[key]()
        return self[key]


def children(node):
    """The parts of a node that mean something."""
    return [child for child in node.children if not (isinstance(child, Tree) and child.data == "new_line_or_comment")]


def trees(node):
    return [child for child in children(node) if isinstance(child, Tree)]


def name_of(node):
    """The name that an identifier or a plain string has."""
    if node.data == "string":
        return string(node, {})
    return str(node.children[0])


def body(node):
    """The attributes of a body by name, and its blocks as (labels, body)."""
    attributes, blocks = {}, []
    for child in trees(node):
        parts = trees(child)
        if child.data == "attribute":
            attributes[name_of(parts[0])] = parts[1]
        elif child.data == "block":
            blocks.append(([name_of(part) for part in parts[:-1]], body(parts[-1])))
        else:
            raise Unknown(child.data)
    return attributes, blocks


def string(node, scope):
    text = ""
    for part in trees(node):
        (inner,) = part.children
        if isinstance(inner, Token):
            if inner.type != "STRING_CHARS":
                raise Unknown(inner.type)
            text += json.loads(f'"{inner}"')
            continue
        if inner.data != "interpolation":
            raise Unknown(inner.data)
        value = evaluate(trees(inner)[0], scope)
        if not isinstance(value, str):
            raise Fault(f"{value!r} in a string")
        text += value
    return text


def member(value, key):
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    raise Fault(f"no {key} in {value!r}")


def regex(pattern, text):
    # RE2's $ is the end of the text, Python's may be before a line break.
    if not isinstance(text, str) or not (found := re.search(re.sub(r"\$$", r"\\Z", pattern), text)):
        raise Fault(f"{pattern} is not in {text!r}")
    return found.group()


def length(value):
    if value is None:
        raise Fault("length of null")
    return len(value)


def split(separator, text):
    if text is None:
        raise Fault("split of null")
    return text.split(separator)


def one(values):
    if len(values) > 1:
        raise Fault("more than one")
    return values[0] if values else None


FUNCTIONS = {
    "alltrue": all,
    "contains": lambda values, value: value in values,
    "jsondecode": json.loads,
    "jsonencode": json.dumps,
    "length": length,
    "merge": lambda *objects: {key: value for one in objects for key, value in one.items()},
    "one": one,
    "regex": regex,
    "split": split,
    "startswith": lambda text, start: text.startswith(start),
}

OPERATORS = {
    # Both sides are evaluated, as Terraform before 1.12 does.
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    "+": lambda left, right: left + right,
}


def call(node, scope):
    name, *arguments = trees(node)
    name = name_of(name)
    arguments = trees(arguments[0]) if arguments else []
    if name in ("can", "try"):
        for argument in arguments:
            try:
                value = evaluate(argument, scope)
            except Fault:
                continue
            return True if name == "can" else value
        if name == "can":
            return False
        raise Fault("nothing to try is left")
    values = [evaluate(argument, scope) for argument in arguments]
    if name == "file":
        return (scope["folder"] / values[0]).read_text(encoding="utf-8")
    if name not in FUNCTIONS:
        raise Unknown(name)
    return FUNCTIONS[name](*values)


def loop(node, scope):
    intro, *parts = trees(node)
    named, values = trees(intro)
    condition = parts[1] if len(parts) > 1 else None
    made = []
    for value in evaluate(values, scope):
        inner = {**scope, name_of(named): value}
        if condition is None or evaluate(trees(condition)[0], inner):
            made.append(evaluate(parts[0], inner))
    return made


def key_of(node, scope):
    """A key of an object: a bare name stands for itself."""
    (key,) = trees(node)
    inner = key.children[0]
    if key.data == "expr_term" and isinstance(inner, Tree) and inner.data == "identifier":
        return name_of(inner)
    return evaluate(key, scope)


def evaluate(node, scope):
    parts = trees(node)
    if node.data == "expr_term":
        return evaluate(parts[0], scope)
    if node.data == "identifier":
        name = name_of(node)
        if name not in scope:
            raise Unknown(name)
        return scope[name]
    if node.data == "literal_value":
        return {"true": True, "false": False, "null": None}[name_of(node)]
    if node.data == "int_lit":
        return int(name_of(node))
    if node.data == "string":
        return string(node, scope)
    if node.data == "tuple":
        return [evaluate(part, scope) for part in parts]
    if node.data == "object":
        pairs = [trees(part) for part in parts]
        return {key_of(key, scope): evaluate(value, scope) for key, value in pairs}
    if node.data == "conditional":
        return evaluate(parts[1] if evaluate(parts[0], scope) else parts[2], scope)
    if node.data == "binary_op":
        operator, right = trees(parts[1])
        left = evaluate(parts[0], scope)
        return OPERATORS[name_of(operator)](left, evaluate(right, scope))
    if node.data == "unary_op":
        if children(node)[0] != "!":
            raise Unknown(str(children(node)[0]))
        return not evaluate(parts[0], scope)
    if node.data == "get_attr_expr_term":
        return member(evaluate(parts[0], scope), name_of(trees(parts[1])[0]))
    if node.data == "index_expr_term":
        return member(evaluate(parts[0], scope), evaluate(trees(parts[1])[0], scope))
    if node.data == "full_splat_expr_term":
        values = evaluate(parts[0], scope)
        for attribute in trees(parts[1]):
            values = [member(value, name_of(trees(attribute)[0])) for value in values]
        return values
    if node.data == "function_call":
        return call(node, scope)
    if node.data == "for_tuple_expr":
        return loop(node, scope)
    raise Unknown(node.data)


def variables_of(blocks):
    """The default of each variable, if it has one, and the conditions of its validations."""
    declared = {}
    for labels, (attributes, inner) in blocks:
        if labels[0] == "variable":
            conditions = [each["condition"] for kind, (each, _) in inner if kind == ["validation"]]
            declared[labels[1]] = (attributes.get("default"), conditions)
    return declared


def refuses(conditions, name, value):
    scope = {"var": {name: value}}
    return not all(evaluate(condition, scope) for condition in conditions)


def instances(attributes, mocked, scope):
    """What a resource block makes: an object, or a list of them where it has a count."""

    def instance():
        own = {name: node for name, node in attributes.items() if name != "count"}
        return {**mocked, **{name: evaluate(node, scope) for name, node in own.items()}}

    if "count" not in attributes:
        return instance()
    return [instance() for _ in range(evaluate(attributes["count"], scope))]


def by_type(makers):
    """Makers by (type, name), as references find them."""
    types = {kind for kind, _ in makers}
    return {
        kind: Lazy({name: make for (other, name), make in makers.items() if other == kind}) for kind in types
    }


def plan(folder, blocks, mocks, given):
    """What is refused, and the scope in which the module's resources and outputs are."""
    declared = variables_of(blocks)
    if unknown := set(given) - set(declared):
        raise Unknown(f"variables {unknown}")
    values = {}
    for name, (default, _) in declared.items():
        if name not in given and default is None:
            raise Unknown(f"no value of {name}")
        values[name] = given[name] if name in given else evaluate(default, {})
    refused = {f"var.{name}" for name, (_, checks) in declared.items() if refuses(checks, name, values[name])}
    if refused:
        return refused, None

    scope = {"folder": folder, "path": {"module": "."}, "var": values}
    makers, locals_, checks = {}, {}, []
    for labels, (attributes, inner) in blocks:
        if labels[0] == "locals":
            locals_.update({name: lambda node=node: evaluate(node, scope) for name, node in attributes.items()})
        elif labels[0] == "resource":
            mocked = mocks.get(("mock_resource", labels[1]), {})
            makers[tuple(labels[1:])] = lambda own=attributes, mocked=mocked: instances(own, mocked, scope)
            for kind, (_, nested) in inner:
                if kind != ["lifecycle"]:
                    raise Unknown(kind)
                checks += [(".".join(labels[1:]), each["condition"]) for _, (each, _) in nested]
        elif labels[0] not in ("data", "output", "terraform", "variable"):
            raise Unknown(labels[0])
    data = {tuple(labels[1:]): labels[1] for labels, _ in blocks if labels[0] == "data"}
    scope["local"] = Lazy(locals_)
    scope["data"] = by_type({key: lambda kind=kind: mocks["mock_data", kind] for key, kind in data.items()})
    scope.update(by_type(makers))
    refused = {name for name, condition in checks if not evaluate(condition, scope)}
    if refused:
        return refused, None
    outputs = {labels[1]: attributes["value"] for labels, (attributes, _) in blocks if labels[0] == "output"}
    scope["output"] = {name: evaluate(node, scope) for name, node in outputs.items()}
    # All of them, whether or not an assertion looks.
    for kind, name in makers:
        scope[kind][name]
    return refused, scope


def reference(node):
    """var.x or aws_iam_role.this, as text."""
    (term,) = trees(node)
    owner, attribute = trees(term)
    return f"{name_of(trees(owner)[0])}.{name_of(trees(attribute)[0])}"


def problems(folder, blocks, mocks, run):
    """What is wrong with a run."""
    attributes, inner = run
    given, asserted = {}, []
    for kind, (own, _) in inner:
        if kind == ["variables"]:
            given = {name: evaluate(node, {}) for name, node in own.items()}
        elif kind == ["assert"]:
            asserted.append(own)
        else:
            raise Unknown(kind)
    expected = set()
    if "expect_failures" in attributes:
        expected = {reference(node) for node in trees(trees(attributes["expect_failures"])[0])}
    refused, scope = plan(folder, blocks, mocks, given)
    if refused != expected:
        return [f"refused: {sorted(refused)}"]
    failed = []
    for own in asserted:
        try:
            holds = evaluate(own["condition"], scope)
        except Fault as fault:
            failed.append(str(fault))
            continue
        if not holds:
            failed.append(evaluate(own["error_message"], scope))
    return failed


def blocks_of(text):
    (whole,) = trees(hcl2.parses_to_tree(text))
    return body(whole)[1]


def main():
    folder = pathlib.Path(sys.argv[1])
    asked = json.load(sys.stdin)
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tf"))}
    parsed = {name: blocks_of(text) for name, text in texts.items()}
    tests = [block for path in sorted(folder.glob("tests/*.tftest.hcl")) for block in blocks_of(path.read_text())]
    mocks = {
        tuple(kind): evaluate(own["defaults"], {})
        for labels, (_, inner) in tests
        if labels[0] == "mock_provider"
        for kind, (own, _) in inner
    }
    runs = []
    for edit in asked["edits"]:
        edited = dict(parsed)
        if edit:
            before = texts[edit["file"]]
            if before.count(edit["from"]) != 1:
                raise Unknown(f"{edit['from']} is not once in {edit['file']}")
            edited[edit["file"]] = blocks_of(before.replace(edit["from"], edit["to"]))
        blocks = [block for file in edited.values() for block in file]
        runs.append(
            {labels[1]: problems(folder, blocks, mocks, run) for labels, run in tests if labels[0] == "run"}
        )
    declared = variables_of([block for file in parsed.values() for block in file])
    refused = [refuses(declared[each["variable"]][1], each["variable"], each["value"]) for each in asked["values"]]
    json.dump({"runs": runs, "refused": refused}, sys.stdout)


main()

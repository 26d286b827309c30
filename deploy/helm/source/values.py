"""Reads values.yaml with its comments.

It is YAML of a simple kind, so that Python alone can read it: mappings by indentation, and behind a
colon a plain word, a number, or JSON."""

import json
import re

INDENT = 2
LINE = re.compile(r"^( *)([A-Za-z]+):(?: (.+))?$")


class Entry:
    """A key: its path, what is said about it, and its default, which a mapping of further keys has not."""

    def __init__(self, path, section, description):
        self.path = path
        self.section = section
        self.description = description
        self.default = None
        self.children = []


def scalar(text):
    """A default behind a colon."""
    if text[0] in "{[\"" or re.fullmatch(r"true|false|-?[0-9.]+", text):
        return json.loads(text)
    return text


def parse(text):
    """The keys of the outermost mapping."""
    top, open_, section, comment = [], [], None, []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("## "):
            section, comment = stripped[3:], []
        elif stripped.startswith("#"):
            comment.append(stripped.lstrip("# "))
        elif not stripped:
            comment = []
        else:
            found = LINE.match(line)
            if not found:
                raise SystemExit(f"values.yaml: line {number} is not of the kind that is read here")
            indent, key, default = found.groups()
            del open_[len(indent) // INDENT :]
            parent = open_[-1] if open_ else None
            path = f"{parent.path}.{key}" if parent else key
            entry = Entry(path, section, " ".join(comment))
            (parent.children if parent else top).append(entry)
            if default is None:
                open_.append(entry)
            else:
                entry.default = scalar(default)
                if not entry.description:
                    raise SystemExit(f"values.yaml: line {number}: {path} has no comment")
            comment = []
    return top


def leaves(entries):
    """The keys that have a default, in their order."""
    for entry in entries:
        yield from leaves(entry.children) if entry.children else [entry]

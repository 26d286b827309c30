"""Makes README.md: its text, with versions and a table of the values in place of markers."""

import json

from source import values

MARKER = "@VALUES@\n"


def shown(default):
    """A default as one writes it."""
    if default == "":
        return ""
    text = default if isinstance(default, str) else json.dumps(default)
    return f"`{text}`".replace("|", "\\|")


def tables(entries):
    section = None
    for entry in values.leaves(entries):
        if entry.section != section:
            section = entry.section
            yield f"\n### {section}\n\n| value | default | meaning |\n|---|---|---|\n"
        description = entry.description.replace("|", "\\|")
        yield f"| `{entry.path}` | {shown(entry.default)} | {description} |\n"


def build(text, entries, versions):
    if text.count(MARKER) != 1:
        raise SystemExit(f"readme.md.in must have the line {MARKER.strip()} once")
    for marker, version in versions.items():
        text = text.replace(f"@{marker}@", version)
    return text.replace(MARKER, "".join(tables(entries)).lstrip("\n"))

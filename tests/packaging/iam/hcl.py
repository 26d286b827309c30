"""Prints a file of Terraform as JSON, with plain strings as they are and expressions as "${...}"."""

import json
import sys

import hcl2


def plain(value):
    if isinstance(value, dict):
        return {plain(key): plain(entry) for key, entry in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, str) and value.startswith('"'):
        return json.loads(value)
    return value


with open(sys.argv[1], encoding="utf-8") as file:
    json.dump(plain(hcl2.load(file)), sys.stdout)

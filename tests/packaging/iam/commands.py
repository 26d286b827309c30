"""Compares the commands of the AWS CLI in a Markdown file with the models of the services.

Prints how many commands there are, or what is wrong with them.
"""

import re
import shlex
import sys

import botocore.session
from botocore import xform_name

# What the CLI itself takes with every command, and what it adds to one.
GLOBAL = {"region", "profile", "query", "output", "no-cli-pager", "endpoint-url"}
ADDED = {("cloudformation", "deploy"): {"stack-name", "template-file", "parameter-overrides", "capabilities"}}


def commands(text):
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            # Those within $(...) too.
            for found in re.findall(r"(?:^|\$\()(aws [^)#]*)", line):
                yield shlex.split(found.rstrip())


def options(words):
    return [word[2:] for word in words if word.startswith("--")]


def problems(session, words):
    service, operation, *rest = words[1:]
    known = ADDED.get((service, operation))
    required = set()
    if known is None:
        model = session.get_service_model(service)
        if operation == "wait":
            waiters = session.get_waiter_model(service).waiter_names
            name, *rest = rest
            named = {xform_name(waiter, "-"): waiter for waiter in waiters}
            if name not in named:
                return [f"no waiter {name}"]
            api = session.get_waiter_model(service).get_waiter(named[name]).operation
        else:
            named = {xform_name(api, "-"): api for api in model.operation_names}
            if operation not in named:
                return [f"no operation {operation}"]
            api = named[operation]
        shape = model.operation_model(api).input_shape
        members = shape.members if shape else {}
        known = {xform_name(member, "-") for member in members}
        required = {xform_name(member, "-") for member in (shape.required_members if shape else [])}
    given = set(options(rest))
    wrong = [f"no option --{option}" for option in sorted(given - known - GLOBAL)]
    return wrong + [f"--{option} is missing" for option in sorted(required - given)]


def main():
    session = botocore.session.Session()
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(commands(file.read()))
    wrong = [f"{shlex.join(words)}: {problem}" for words in found for problem in problems(session, words)]
    if wrong:
        sys.exit("\n".join(wrong))
    print(len(found))


main()

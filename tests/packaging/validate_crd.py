#!/usr/bin/env python3
"""Validates custom resources against the definitions of their kinds.

    validate_crd.py FOLDER FILE...

FOLDER has the CustomResourceDefinitions, FILEs the resources; others in them are left out. One line
for each resource that is valid, and one for each thing that is wrong. As strict as `kubectl apply
--validate=strict`: a field that the definition does not have is wrong. Rules in CEL are not checked.
"""

import pathlib
import sys

import jsonschema
import yaml


def strict(schema):
    """The schema with unknown fields forbidden, and with Kubernetes' own keywords in JSON Schema's words."""
    if isinstance(schema, list):
        return [strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {}
    for key, value in schema.items():
        if key == "properties":
            changed[key] = {name: strict(field) for name, field in value.items()}
        else:
            changed[key] = strict(value)
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        changed.setdefault("additionalProperties", False)
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        changed["type"] = [schema["type"], "null"]
    return changed


def definitions(folder):
    """The schema of each served version, by apiVersion and kind."""
    found = {}
    for file in sorted(pathlib.Path(folder).glob("*.yaml")):
        spec = yaml.safe_load(file.read_text())["spec"]
        for version in spec["versions"]:
            if version["served"]:
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                found[key] = strict(version["schema"]["openAPIV3Schema"])
    return found


def main(folder, files):
    schemas = definitions(folder)
    groups = {api.split("/")[0] for api, _ in schemas}
    failed = False
    for file in files:
        for resource in yaml.safe_load_all(pathlib.Path(file).read_text()):
            if not resource or resource["apiVersion"].split("/")[0] not in groups:
                continue
            name = f"{file} {resource['kind']}/{resource['metadata']['name']}"
            schema = schemas.get((resource["apiVersion"], resource["kind"]))
            if schema is None:
                problems = [f"no definition of {resource['apiVersion']} {resource['kind']}"]
            else:
                errors = jsonschema.Draft202012Validator(schema).iter_errors(resource)
                problems = [f"{error.json_path}: {error.message}" for error in errors]
            for problem in problems:
                print(f"ERROR {name}: {problem}")
            if not problems:
                print(f"INFO {name} is valid")
            failed |= bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

"""Calls operations with each kind of wrong value that their API models rule out.

The first argument is JSON: the operations of each service. Prints one line for each call that is not refused as it must be.
"""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

REFUSALS = ("ValidationException", "SerializationException")
# Texts of which one at least matches each pattern.
TEXTS = (
    "aa",
    "wsb-0a1b2c3d4",
    "wsd-0a1b2c3d4",
    "wspool-0a1b2c3d4",
    "arn:aws:appstream:eu-central-1:123456789012:fleet/desks",
    "arn:aws:s3:::bucket",
    "arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target/0a1b",
    "01234567-0123-0123-0123-0123456789ab",
)


def right(shape):
    """A value that has as little as the model allows; of patterns, one of TEXTS may do."""
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        return {name: right(shape.members[name]) for name in shape.required_members}
    if kind == "list":
        return [right(shape.member)] * max(1, limits.get("min", 0))
    if kind == "map":
        return {right(shape.key): right(shape.value)}
    if kind == "string":
        fits = [text for text in TEXTS if len(text) >= limits.get("min", 0)]
        return (limits.get("enum") or fits)[0]
    return {"boolean": True, "timestamp": "2027-01-01T00:00:00Z"}.get(kind, limits.get("min", 1))


def wrong(shape):
    """Values with one fault each, and what the fault is."""
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        for name in shape.required_members:
            yield f"{name} missing", {key: value for key, value in right(shape).items() if key != name}
        for name, member in shape.members.items():
            for fault, value in wrong(member):
                yield f"{name} {fault}", {**right(shape), name: value}
    elif kind == "list":
        if limits.get("min"):
            yield "too short", []
        if limits.get("max"):
            yield "too long", [right(shape.member)] * (limits["max"] + 1)
        for fault, value in wrong(shape.member):
            yield fault, [value]
    elif kind == "map":
        for fault, value in wrong(shape.value):
            yield fault, {"key": value}
    elif kind == "string":
        yield "of the wrong type", 12
        if limits.get("enum"):
            yield "not in the enum", "WRONG"
        if limits.get("min"):
            yield "too short", "a" * (limits["min"] - 1)
        if limits.get("max"):
            yield "too long", "a" * (limits["max"] + 1)
    elif kind in ("integer", "long"):
        for bound, step in (("min", -1), ("max", 1)):
            if bound in limits and limits[bound] < 2**31 - 1:
                yield f"beyond its {bound}", limits[bound] + step


config = Config(parameter_validation=False, retries={"max_attempts": 0})
for service, operations in json.loads(sys.argv[1]).items():
    client = boto3.client(service, config=config)
    for operation in operations:
        shape = client.meta.service_model.operation_model(operation).input_shape
        for fault, value in wrong(shape):
            # Fleets and pools cannot be scaled by prediction.
            if fault.startswith("PredictiveScaling"):
                continue
            try:
                getattr(client, xform_name(operation))(**value)
                code = "no error"
            except ClientError as error:
                code = error.response["Error"]["Code"]
            if code not in REFUSALS:
                print(f"{operation}: {fault}: {code}")

"""Calls AppStream as the lines of standard input say: a method of the client, and the input, as JSON.

Each line is answered by one: the output, or the code of the error.
"""

import json
import os
import sys

import boto3
import botocore.model
from botocore.exceptions import ClientError

# By default, boto3 uses AWS JSON for every service that offers it, although RPC v2 CBOR comes first in the API model.
if "BOTO3_PROTOCOL" in os.environ:
    botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (os.environ["BOTO3_PROTOCOL"],)

client = boto3.client("appstream")
for line in sys.stdin:
    method, parameters = json.loads(line)
    try:
        answer = getattr(client, method)(**parameters)
        answer["HTTPHeaders"] = answer.pop("ResponseMetadata")["HTTPHeaders"]
    except ClientError as error:
        answer = {"Error": error.response["Error"]["Code"]}
    print(json.dumps(answer, default=str), flush=True)

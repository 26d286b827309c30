"""Calls AWS as the lines of standard input say: a service, a method of its client, and the input, as JSON.

Each line is answered by one: the output, or the code of the error. The service `http` is no AWS service: its
method is a URL, and its input the JSON to post there, if any.
"""

import json
import os
import sys
import urllib.request

import boto3
import botocore.model
from botocore.exceptions import ClientError

# Left alone, boto3 takes AWS JSON wherever a service offers it, although RPC v2 CBOR comes first in the API model.
if "BOTO3_PROTOCOL" in os.environ:
    botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (os.environ["BOTO3_PROTOCOL"],)

for line in sys.stdin:
    service, method, parameters = json.loads(line)
    if service == "http":
        data = json.dumps(parameters).encode() if parameters else None
        print(urllib.request.urlopen(method, data).read().decode(), flush=True)
        continue
    client = boto3.client(service)
    try:
        answer = getattr(client, method)(**parameters)
        answer["HTTPHeaders"] = answer.pop("ResponseMetadata")["HTTPHeaders"]
    except ClientError as error:
        answer = {"Error": error.response["Error"]["Code"]}
    print(json.dumps(answer, default=str), flush=True)

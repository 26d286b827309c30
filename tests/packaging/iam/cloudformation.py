"""Creates stacks of deploy/cloudformation in moto and prints what came to be in IAM.

Standard input is a list of parameters of stacks, standard output a list with a role, its policies,
its instance profiles and the stack's outputs for each.
"""

import json
import os
import sys

# moto answers in this process; without these, botocore would look for others.
os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_CONFIG_FILE=os.devnull)

import boto3
from moto import mock_aws


def stack(template, parameters):
    formation = boto3.client("cloudformation", "eu-west-1")
    iam = boto3.client("iam", "eu-west-1")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    formation.create_stack(
        StackName="exporter",
        TemplateBody=template,
        Parameters=given,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    described = formation.describe_stacks(StackName="exporter")["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    role = iam.get_role(RoleName=outputs["RoleName"])["Role"]
    names = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    policies = {
        name: iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"] for name in names
    }
    profiles = iam.list_instance_profiles_for_role(RoleName=role["RoleName"])["InstanceProfiles"]
    return {
        "status": described["StackStatus"],
        "arn": role["Arn"],
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "trust": role["AssumeRolePolicyDocument"],
        "policies": policies,
        "profiles": [profile["InstanceProfileName"] for profile in profiles],
        "outputs": outputs,
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = file.read()
    made = []
    for parameters in json.load(sys.stdin):
        with mock_aws():
            made.append(stack(template, parameters))
    json.dump(made, sys.stdout)


main()

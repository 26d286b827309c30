# Needs Terraform 1.7 or newer, and no account: `terraform init && terraform test`.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/appstream-exporter" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/appstream-exporter-read" }
  }
}

run "irsa" {
  command = apply

  variables {
    trust             = "irsa"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy) == jsondecode(file("../iam/trust-policy-irsa.json"))
    error_message = "The trust is not that of trust-policy-irsa.json."
  }
  assert {
    condition     = jsondecode(aws_iam_policy.read[0].policy) == jsondecode(file("../iam/policy.json"))
    error_message = "The policy is not that of policy.json."
  }
  assert {
    condition     = length(aws_iam_policy.assume) + length(aws_iam_instance_profile.this) + length(aws_eks_pod_identity_association.this) == 0
    error_message = "irsa needs nothing else."
  }
  assert {
    condition     = output.role_arn == "arn:aws:iam::123456789012:role/appstream-exporter"
    error_message = "role_arn is not that of the role."
  }
}

run "pod_identity" {
  command = apply

  variables {
    trust            = "pod_identity"
    cluster_arn      = "arn:aws:eks:eu-west-1:123456789012:cluster/production"
    assume_role_arns = ["arn:aws:iam::111122223333:role/appstream-exporter", "arn:aws:iam::444455556666:role/appstream-exporter"]
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy) == jsondecode(file("../iam/trust-policy-pod-identity.json"))
    error_message = "The trust is not that of trust-policy-pod-identity.json."
  }
  assert {
    condition     = aws_eks_pod_identity_association.this[0].cluster_name == "production" && aws_eks_pod_identity_association.this[0].role_arn == aws_iam_role.this.arn
    error_message = "The association is not that of cluster and role."
  }
  assert {
    condition     = jsondecode(aws_iam_policy.assume[0].policy).Statement[0].Resource == jsondecode(file("../iam/assume-role-policy.json")).Statement[0].Resource
    error_message = "The roles are not those of assume-role-policy.json."
  }
  assert {
    condition     = jsondecode(aws_iam_policy.assume[0].policy).Statement[0].Action == ["sts:AssumeRole", "sts:TagSession"]
    error_message = "Sessions of EKS Pod Identity have tags, which go along."
  }
}

run "cross_account" {
  command = apply

  variables {
    trust          = "cross_account"
    principal_arns = ["arn:aws:iam::123456789012:role/monitoring"]
    external_id    = "7b4c1e0a-exporter"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == jsondecode(file("../iam/trust-policy-cross-account.json")).Statement[0].Condition
    error_message = "The condition is not that of trust-policy-cross-account.json."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { AWS = ["arn:aws:iam::123456789012:role/monitoring"] }
    error_message = "The principal is not the given one."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Action == ["sts:AssumeRole"]
    error_message = "Only AssumeRole is needed without session tags."
  }
}

run "cross_account_without_external_id_and_with_session_tags" {
  command = apply

  variables {
    trust              = "cross_account"
    principal_arns     = ["arn:aws:iam::123456789012:role/monitoring"]
    allow_session_tags = true
  }

  assert {
    condition     = !can(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition)
    error_message = "There is nothing to put into a condition."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Action == ["sts:AssumeRole", "sts:TagSession"]
    error_message = "Tags of the session must be allowed."
  }
}

run "ec2" {
  command = apply

  variables {
    trust            = "ec2"
    fleet_tags       = false
    workspaces_pools = false
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy) == jsondecode(file("../iam/trust-policy-ec2.json"))
    error_message = "The trust is not that of trust-policy-ec2.json."
  }
  assert {
    condition     = aws_iam_instance_profile.this[0].role == "appstream-exporter"
    error_message = "The instance profile does not have the role."
  }
  assert {
    condition = jsondecode(aws_iam_policy.read[0].policy).Statement[0].Action == [
      for action in jsondecode(file("../iam/policy.json")).Statement[0].Action : action
      if action != "appstream:ListTagsForResource" && split(":", action)[0] == "appstream"
    ]
    error_message = "The policy has tags or pools."
  }
}

run "ecs" {
  command = apply

  variables {
    trust            = "ecs"
    path             = "/monitoring/"
    read_own_account = false
    assume_role_arns = ["arn:aws:iam::111122223333:role/appstream-exporter"]
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy) == jsondecode(file("../iam/trust-policy-ecs.json"))
    error_message = "The trust is not that of trust-policy-ecs.json."
  }
  assert {
    condition     = length(aws_iam_policy.read) == 0 && jsondecode(aws_iam_policy.assume[0].policy).Statement[0].Action == ["sts:AssumeRole"]
    error_message = "The role may do something else than to assume a role."
  }
  assert {
    condition     = aws_iam_role.this.path == "/monitoring/" && aws_iam_policy.assume[0].path == "/monitoring/"
    error_message = "The path is not the given one."
  }
}

run "trust_that_is_unknown" {
  command = plan
  variables {
    trust = "anyone"
  }
  expect_failures = [var.trust]
}

run "irsa_without_a_provider" {
  command = plan
  variables {
    trust = "irsa"
  }
  expect_failures = [aws_iam_role.this]
}

run "pod_identity_without_a_cluster" {
  command = plan
  variables {
    trust = "pod_identity"
  }
  expect_failures = [aws_iam_role.this]
}

run "cross_account_without_a_principal" {
  command = plan
  variables {
    trust = "cross_account"
  }
  expect_failures = [aws_iam_role.this]
}

run "wildcards" {
  command = plan
  variables {
    trust             = "irsa"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
    service_account   = "*"
    assume_role_arns  = ["arn:aws:iam::111122223333:role/*"]
  }
  expect_failures = [var.service_account, var.assume_role_arns]
}

# `terraform init && terraform test` needs Terraform 1.7 or newer and the AWS provider, but no account.

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
    condition     = output.role_arn == "arn:aws:iam::123456789012:role/appstream-exporter" && output.role_name == "appstream-exporter"
    error_message = "The outputs are not those of the role."
  }
  assert {
    condition     = aws_iam_role_policy_attachment.read[0].role == "appstream-exporter" && aws_iam_role_policy_attachment.read[0].policy_arn == aws_iam_policy.read[0].arn
    error_message = "The role does not have the policy."
  }
}

run "irsa_of_other_names" {
  command = apply

  variables {
    trust                = "irsa"
    oidc_provider_arn    = "arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/0"
    oidc_audience        = "sts.amazonaws.com.cn"
    namespace            = "team"
    service_account      = "reader"
    name                 = "fleets"
    permissions_boundary = "arn:aws-cn:iam::111122223333:policy/boundary"
    tags                 = { team = "payments" }
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "oidc.eks.cn-north-1.amazonaws.com.cn/id/0:aud" = "sts.amazonaws.com.cn"
        "oidc.eks.cn-north-1.amazonaws.com.cn/id/0:sub" = "system:serviceaccount:team:reader"
      }
    }
    error_message = "The condition does not have the given names."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Federated = "arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/0" }
    error_message = "The provider is not the given one."
  }
  assert {
    condition     = aws_iam_role.this.name == "fleets" && aws_iam_policy.read[0].name == "fleets-read" && output.role_name == "fleets"
    error_message = "The name is not the given one."
  }
  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws-cn:iam::111122223333:policy/boundary"
    error_message = "The boundary is not the given one."
  }
  assert {
    condition     = aws_iam_role.this.tags["team"] == "payments" && aws_iam_policy.read[0].tags["team"] == "payments"
    error_message = "The tags are not the given ones."
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
    condition     = aws_eks_pod_identity_association.this[0].namespace == "monitoring" && aws_eks_pod_identity_association.this[0].service_account == "appstream-exporter"
    error_message = "The association is not that of the service account."
  }
  assert {
    condition     = aws_iam_role_policy_attachment.assume[0].role == "appstream-exporter" && aws_iam_role_policy_attachment.assume[0].policy_arn == aws_iam_policy.assume[0].arn
    error_message = "The role does not have the policy."
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

run "pod_identity_of_other_names" {
  command = apply

  variables {
    trust              = "pod_identity"
    cluster_arn        = "arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/staging"
    namespace          = "team"
    service_account    = "reader"
    create_association = false
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "aws:RequestTag/eks-cluster-arn"            = "arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/staging"
        "aws:RequestTag/kubernetes-namespace"       = "team"
        "aws:RequestTag/kubernetes-service-account" = "reader"
      }
    }
    error_message = "The condition does not have the given names."
  }
  assert {
    condition     = length(aws_eks_pod_identity_association.this) == 0
    error_message = "The association was to be left out."
  }
}

run "cross_account" {
  command = apply

  variables {
    trust          = "cross_account"
    principal_arns = ["arn:aws:iam::123456789012:role/appstream-exporter"]
    external_id    = "7b4c1e0a-exporter"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == jsondecode(file("../iam/trust-policy-cross-account.json")).Statement[0].Condition
    error_message = "The condition is not that of trust-policy-cross-account.json."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.AWS == [jsondecode(file("../iam/trust-policy-cross-account.json")).Statement[0].Principal.AWS]
    error_message = "The principal is not that of trust-policy-cross-account.json."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Effect == "Allow"
    error_message = "It lets nobody in."
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
    principal_arns     = ["arn:aws:iam::123456789012:role/monitoring", "arn:aws:iam::444455556666:user/exporter"]
    allow_session_tags = true
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { AWS = ["arn:aws:iam::123456789012:role/monitoring", "arn:aws:iam::444455556666:user/exporter"] }
    error_message = "The principals are not the given ones."
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
    condition     = output.instance_profile_name == "appstream-exporter"
    error_message = "The output is not the instance profile."
  }
  assert {
    condition = jsondecode(aws_iam_policy.read[0].policy).Statement[0].Action == [
      for action in jsondecode(file("../iam/policy.json")).Statement[0].Action : action
      if action != "appstream:ListTagsForResource" && split(":", action)[0] == "appstream"
    ]
    error_message = "The policy has tags or pools."
  }
}

run "with_cloudwatch" {
  command = apply

  variables {
    trust      = "ec2"
    cloudwatch = true
  }

  assert {
    condition = jsondecode(aws_iam_policy.read[0].policy).Statement == concat(
      jsondecode(file("../iam/policy.json")).Statement,
      jsondecode(file("../iam/policy-cloudwatch.json")).Statement
    )
    error_message = "The policy is not all, and CloudWatch."
  }
}

run "without_tags" {
  command = apply

  variables {
    trust      = "ec2"
    fleet_tags = false
  }

  assert {
    condition = jsondecode(aws_iam_policy.read[0].policy).Statement[0].Action == [
      for action in jsondecode(file("../iam/policy.json")).Statement[0].Action : action
      if !contains(["appstream:ListTagsForResource", "workspaces:DescribeTags"], action)
    ]
    error_message = "The policy is not all but tags."
  }
}

run "without_pools" {
  command = apply

  variables {
    trust            = "ec2"
    workspaces_pools = false
  }

  assert {
    condition = jsondecode(aws_iam_policy.read[0].policy).Statement[0].Action == [
      for action in jsondecode(file("../iam/policy.json")).Statement[0].Action : action
      if split(":", action)[0] == "appstream"
    ]
    error_message = "The policy is not all but pools."
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
  assert {
    condition     = jsondecode(aws_iam_policy.assume[0].policy).Statement[0].Resource == ["arn:aws:iam::111122223333:role/appstream-exporter"]
    error_message = "The role may assume another role."
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
    namespace         = "team?"
    principal_arns    = ["arn:aws:iam::123456789012:role/*"]
    assume_role_arns  = ["arn:aws:iam::111122223333:role/reader-?"]
  }
  expect_failures = [var.service_account, var.namespace, var.principal_arns, var.assume_role_arns]
}

locals {
  # The one list of what the exporter calls. A test holds it equal to the calls.
  policy = jsondecode(file("${path.module}/../iam/policy.json"))

  # AWS charges for what it allows, so it is not among the others.
  cloudwatch_policy = jsondecode(file("${path.module}/../iam/policy-cloudwatch.json"))

  tag_actions = ["appstream:ListTagsForResource", "workspaces:DescribeTags"]

  allowed = [
    for action in local.policy.Statement[0].Action : action
    if(var.fleet_tags || !contains(local.tag_actions, action)) && (var.workspaces_pools || !startswith(action, "workspaces:"))
  ]

  # Prefix of the irsa conditions: the issuer without its scheme.
  issuer = try(split(":oidc-provider/", var.oidc_provider_arn)[1], "")

  statements = {
    irsa = {
      Effect    = "Allow"
      Principal = { Federated = var.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = var.oidc_audience
          "${local.issuer}:sub" = "system:serviceaccount:${var.namespace}:${var.service_account}"
        }
      }
    }
    pod_identity = {
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = {
          "aws:RequestTag/eks-cluster-arn"            = var.cluster_arn
          "aws:RequestTag/kubernetes-namespace"       = var.namespace
          "aws:RequestTag/kubernetes-service-account" = var.service_account
        }
      }
    }
    cross_account = merge(
      {
        Effect    = "Allow"
        Principal = { AWS = var.principal_arns }
        Action    = var.allow_session_tags ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"]
      },
      var.external_id == null ? {} : { Condition = { StringEquals = { "sts:ExternalId" = var.external_id } } }
    )
    ec2 = {
      Effect    = "Allow"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
      Action    = "sts:AssumeRole"
    }
    ecs = {
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.path
  description          = "appstream-exporter reads AppStream and WorkSpaces Pools"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [local.statements[var.trust]] })
  tags                 = var.tags

  lifecycle {
    precondition {
      condition     = var.trust != "irsa" || var.oidc_provider_arn != null
      error_message = "trust = \"irsa\" needs oidc_provider_arn."
    }
    precondition {
      condition     = var.trust != "pod_identity" || var.cluster_arn != null
      error_message = "trust = \"pod_identity\" needs cluster_arn."
    }
    precondition {
      condition     = var.trust != "cross_account" || length(var.principal_arns) > 0
      error_message = "trust = \"cross_account\" needs principal_arns."
    }
  }
}

resource "aws_iam_policy" "read" {
  count = var.read_own_account ? 1 : 0

  name        = "${var.name}-read"
  path        = var.path
  description = "The calls that appstream-exporter makes"
  policy = jsonencode({
    Version = local.policy.Version
    Statement = concat(
      [merge(local.policy.Statement[0], { Action = local.allowed })],
      var.cloudwatch ? local.cloudwatch_policy.Statement : []
    )
  })
  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "read" {
  count = var.read_own_account ? 1 : 0

  role       = aws_iam_role.this.name
  policy_arn = aws_iam_policy.read[0].arn
}

resource "aws_iam_policy" "assume" {
  count = length(var.assume_role_arns) > 0 ? 1 : 0

  name        = "${var.name}-assume"
  path        = var.path
  description = "The roles that appstream-exporter assumes in other accounts"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      # EKS Pod Identity tags its sessions, and the tags go along to the next role.
      Action   = var.trust == "pod_identity" ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"]
      Resource = var.assume_role_arns
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "assume" {
  count = length(var.assume_role_arns) > 0 ? 1 : 0

  role       = aws_iam_role.this.name
  policy_arn = aws_iam_policy.assume[0].arn
}

resource "aws_iam_instance_profile" "this" {
  count = var.trust == "ec2" ? 1 : 0

  name = var.name
  path = var.path
  role = aws_iam_role.this.name
  tags = var.tags
}

resource "aws_eks_pod_identity_association" "this" {
  count = var.trust == "pod_identity" && var.create_association ? 1 : 0

  cluster_name    = try(split(":cluster/", var.cluster_arn)[1], null)
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.this.arn
  tags            = var.tags
}

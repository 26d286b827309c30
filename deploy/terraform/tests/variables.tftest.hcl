# The values that variables take and refuse. tests/packaging/iam/parameters.rs holds the CloudFormation template to the same.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

run "takes_1" {
  command = plan
  variables {
    trust                = "ec2"
    namespace            = "monitoring"
    service_account      = "appstream-exporter"
    oidc_provider_arn    = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A"
    oidc_audience        = "sts.amazonaws.com"
    cluster_arn          = "arn:aws-us-gov:eks:us-gov-west-1:123456789012:cluster/production"
    principal_arns       = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::123456789012:role/monitoring"]
    external_id          = "7b4c1e0a-exporter"
    assume_role_arns     = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::111122223333:role/appstream-exporter"]
    name                 = "appstream-exporter"
    path                 = "/"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  }
}

run "takes_2" {
  command = plan
  variables {
    trust                = "ec2"
    namespace            = "team-1"
    service_account      = "a.b"
    oidc_audience        = "https://vault.example:8200/audience"
    principal_arns       = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::123456789012:user/team/exporter"]
    external_id          = "a:b/c"
    assume_role_arns     = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws-cn:iam::111122223333:role/team/r+=.@-"]
    path                 = "/monitoring/"
    permissions_boundary = "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"
  }
}

run "refuses_1" {
  command = plan
  variables {
    trust                = "ec2"
    namespace            = ""
    service_account      = ""
    oidc_provider_arn    = "*"
    oidc_audience        = ""
    cluster_arn          = "production"
    principal_arns       = ["arn:aws:iam::444455556666:role/appstream-exporter", "*"]
    external_id          = "x"
    assume_role_arns     = ["arn:aws:iam::444455556666:role/appstream-exporter", "*"]
    name                 = ""
    path                 = ""
    permissions_boundary = "*"
  }
  expect_failures = [var.namespace, var.service_account, var.oidc_provider_arn, var.oidc_audience, var.cluster_arn, var.principal_arns, var.external_id, var.assume_role_arns, var.name, var.path, var.permissions_boundary]
}

run "refuses_2" {
  command = plan
  variables {
    trust                = "ec2"
    namespace            = "*"
    service_account      = "*"
    oidc_provider_arn    = "oidc.eks.eu-west-1.amazonaws.com/id/0A"
    oidc_audience        = "*"
    cluster_arn          = "arn:aws:eks:*:123456789012:cluster/production"
    principal_arns       = ["arn:aws:iam::444455556666:role/appstream-exporter", "123456789012"]
    external_id          = "*"
    assume_role_arns     = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::*:role/*"]
    name                 = "*"
    path                 = "monitoring"
    permissions_boundary = "boundary"
  }
  expect_failures = [var.namespace, var.service_account, var.oidc_provider_arn, var.oidc_audience, var.cluster_arn, var.principal_arns, var.external_id, var.assume_role_arns, var.name, var.path, var.permissions_boundary]
}

run "refuses_3" {
  command = plan
  variables {
    trust                = "ec2"
    namespace            = "team?"
    service_account      = "reader-?"
    oidc_provider_arn    = "arn:aws:iam::123456789012:oidc-provider/"
    oidc_audience        = "a\", \"b\": \"c"
    cluster_arn          = "arn:aws:eks:eu-west-1:123456789012:cluster/*"
    principal_arns       = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::123456789012:root"]
    external_id          = "a b"
    assume_role_arns     = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::*:role/appstream-exporter"]
    name                 = "a/b"
    path                 = "/monitoring"
    permissions_boundary = "arn:aws:iam::123456789012:role/boundary"
  }
  expect_failures = [var.namespace, var.service_account, var.oidc_provider_arn, var.oidc_audience, var.cluster_arn, var.principal_arns, var.external_id, var.assume_role_arns, var.name, var.path, var.permissions_boundary]
}

run "refuses_4" {
  command = plan
  variables {
    trust             = "ec2"
    namespace         = "a.b"
    service_account   = "a:b"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/*"
    oidc_audience     = "$${aws:username}"
    principal_arns    = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::*:role/monitoring"]
    external_id       = "customer-*"
    assume_role_arns  = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::111122223333:role/*"]
    name              = "a b"
    path              = "//"
  }
  expect_failures = [var.namespace, var.service_account, var.oidc_provider_arn, var.oidc_audience, var.principal_arns, var.external_id, var.assume_role_arns, var.name, var.path]
}

run "refuses_5" {
  command = plan
  variables {
    trust             = "ec2"
    namespace         = "$${aws:username}"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/a\", \"AWS\": \"b"
    principal_arns    = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::123456789012:role/*"]
    assume_role_arns  = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::111122223333:role/reader-?"]
  }
  expect_failures = [var.namespace, var.oidc_provider_arn, var.principal_arns, var.assume_role_arns]
}

run "refuses_6" {
  command = plan
  variables {
    trust            = "ec2"
    assume_role_arns = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::111122223333:role/$${aws:username}"]
  }
  expect_failures = [var.assume_role_arns]
}

run "refuses_7" {
  command = plan
  variables {
    trust            = "ec2"
    assume_role_arns = ["arn:aws:iam::444455556666:role/appstream-exporter", "arn:aws:iam::111122223333:user/exporter"]
  }
  expect_failures = [var.assume_role_arns]
}

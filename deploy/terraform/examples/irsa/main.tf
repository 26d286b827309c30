# A service account of a cluster that has an OIDC provider. Put the output into the values of the
# chart, or into the annotation eks.amazonaws.com/role-arn of the service account.
module "exporter" {
  source = "../.."

  trust             = "irsa"
  oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
  namespace         = "monitoring"
  service_account   = "appstream-exporter"
}

output "role_arn" {
  value = module.exporter.role_arn
}

# A service account of a cluster that has the add-on eks-pod-identity-agent. No annotation is needed.
# There are no WorkSpaces Pools, so their collectors are off.
module "exporter" {
  source = "../.."

  trust            = "pod_identity"
  cluster_arn      = "arn:aws:eks:eu-west-1:123456789012:cluster/production"
  namespace        = "monitoring"
  service_account  = "appstream-exporter"
  workspaces_pools = false
}

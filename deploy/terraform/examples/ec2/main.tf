# An instance on which the exporter runs under systemd.
module "exporter" {
  source = "../.."

  trust = "ec2"
}

output "instance_profile_name" {
  value = module.exporter.instance_profile_name
}

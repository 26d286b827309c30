# One exporter for two accounts: it runs in the first, and assumes a role in the second.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias  = "member"
  region = "eu-west-1"

  assume_role {
    role_arn = "arn:aws:iam::111122223333:role/administrator"
  }
}

variable "external_id" {
  type        = string
  description = "Value of external_id of the target."
  sensitive   = true
}

module "exporter" {
  source = "../.."

  trust            = "pod_identity"
  cluster_arn      = "arn:aws:eks:eu-west-1:123456789012:cluster/production"
  assume_role_arns = [module.member.role_arn]
  # This account has no fleets of its own.
  read_own_account = false
}

module "member" {
  source    = "../.."
  providers = { aws = aws.member }

  trust          = "cross_account"
  principal_arns = [module.exporter.role_arn]
  external_id    = var.external_id
  # The exporter has its credentials from EKS Pod Identity.
  allow_session_tags = true
}

output "target_role_arn" {
  description = "For role_arn of the target."
  value       = module.member.role_arn
}

variable "trust" {
  type        = string
  description = "Who may use the role: irsa, pod_identity, cross_account, ec2 or ecs."
  validation {
    condition     = contains(["irsa", "pod_identity", "cross_account", "ec2", "ecs"], var.trust)
    error_message = "trust must be one of irsa, pod_identity, cross_account, ec2, ecs."
  }
}

variable "namespace" {
  type        = string
  description = "irsa, pod_identity: namespace of the service account."
  default     = "monitoring"
  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a name that Kubernetes takes, without wildcards."
  }
}

variable "service_account" {
  type        = string
  description = "irsa, pod_identity: name of the service account."
  default     = "appstream-exporter"
  validation {
    condition     = can(regex("^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$", var.service_account))
    error_message = "service_account must be a name that Kubernetes takes, without wildcards."
  }
}

variable "oidc_provider_arn" {
  type        = string
  description = "irsa: ARN of the cluster's OIDC provider in IAM."
  default     = null
  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/[0-9A-Za-z._~%/-]+$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must look like arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE."
  }
}

variable "oidc_audience" {
  type        = string
  description = "irsa: audience of the tokens of the service account."
  default     = "sts.amazonaws.com"
  validation {
    condition     = can(regex("^[0-9A-Za-z_+=,.@:/-]+$", var.oidc_audience))
    error_message = "oidc_audience must have letters, digits and _+=,.@:/- only."
  }
}

variable "cluster_arn" {
  type        = string
  description = "pod_identity: ARN of the EKS cluster."
  default     = null
  validation {
    condition     = var.cluster_arn == null || can(regex("^arn:[a-z-]+:eks:[a-z0-9-]+:[0-9]{12}:cluster/[0-9A-Za-z][0-9A-Za-z_-]{0,99}$", var.cluster_arn))
    error_message = "cluster_arn must look like arn:aws:eks:eu-west-1:123456789012:cluster/NAME."
  }
}

variable "create_association" {
  type        = bool
  description = "pod_identity: whether to create the association of the service account with the role too."
  default     = true
}

variable "principal_arns" {
  type        = list(string)
  description = "cross_account: ARNs of the roles that the exporter runs as."
  default     = []
  validation {
    condition     = alltrue([for arn in var.principal_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[^*?$ ]+$", arn))])
    error_message = "principal_arns must be ARNs of roles or users, without wildcards, such as arn:aws:iam::123456789012:role/monitoring."
  }
}

variable "external_id" {
  type        = string
  description = "cross_account: what external_id of the target says."
  default     = null
  sensitive   = true
  validation {
    condition     = try(can(regex("^[0-9A-Za-z_+=,.@:/-]{2,}$", var.external_id)) && length(var.external_id) <= 1224, var.external_id == null)
    error_message = "external_id must have 2 to 1224 characters of letters, digits and _+=,.@:/-."
  }
}

variable "allow_session_tags" {
  type        = bool
  description = "cross_account: true where the exporter has its own credentials from EKS Pod Identity, which tags them."
  default     = false
}

variable "read_own_account" {
  type        = bool
  description = "Whether the role may read the account that it is in. false where it only assumes other roles."
  default     = true
}

variable "fleet_tags" {
  type        = bool
  description = "Whether the role may read tags of fleets, stacks and pools, for tags.labels and filters.tags."
  default     = true
}

variable "workspaces_pools" {
  type        = bool
  description = "Whether the role may read WorkSpaces Pools. With false, switch off their two collectors."
  default     = true
}

variable "cloudwatch" {
  type        = bool
  description = "Whether the role may read metrics of CloudWatch, for collectors.cloudwatch. AWS charges for them."
  default     = false
}

variable "assume_role_arns" {
  type        = list(string)
  description = "ARNs of the roles that the targets name as role_arn."
  default     = []
  validation {
    condition     = alltrue([for arn in var.assume_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*?$ ]+$", arn))])
    error_message = "assume_role_arns must be ARNs of roles, without wildcards."
  }
}

variable "name" {
  type        = string
  description = "Name of the role and of its policies."
  default     = "appstream-exporter"
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.name))
    error_message = "name must have 1 to 64 characters of letters, digits and _+=,.@-."
  }
}

variable "path" {
  type        = string
  description = "Path of the role and of its policies, between slashes."
  default     = "/"
  validation {
    condition     = can(regex("^/([!-~]{1,510}/)?$", var.path))
    error_message = "path must begin and end with a slash."
  }
}

variable "permissions_boundary" {
  type        = string
  description = "ARN of a policy that limits the role."
  default     = null
  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary))
    error_message = "permissions_boundary must look like arn:aws:iam::123456789012:policy/NAME."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of everything that is created."
  default     = {}
}

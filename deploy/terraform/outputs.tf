output "role_arn" {
  description = "ARN of the role: for the annotation eks.amazonaws.com/role-arn with irsa, for role_arn of a target with cross_account, for task_role_arn with ecs."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the role."
  value       = aws_iam_role.this.name
}

output "instance_profile_name" {
  description = "Name of the instance profile, with ec2."
  value       = one(aws_iam_instance_profile.this[*].name)
}

output "outputs" {
  description = "The outputs of the stack: RemoteWriteUrl, GrafanaUrl, TableName and the others."
  value       = aws_cloudformation_stack.hearth.outputs
}

output "stack_id" {
  description = "The ARN of the stack."
  value       = aws_cloudformation_stack.hearth.id
}

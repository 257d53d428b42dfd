# Deploys a release of Hearth: archives and template go to a bucket, CloudFormation makes the stack. The template is the one
# that sam deploys, so the module has its parameters and outputs.

locals {
  release  = coalesce(var.release, "${path.module}/..")
  template = "${local.release}/hearth.template.json"
  declared = jsondecode(file(local.template)).Parameters
  # A new release has new keys, so the functions are updated with it.
  prefix = "${var.prefix}/${substr(filesha256("${local.release}/SHA256SUMS"), 0, 16)}/"
  own    = ["CodeBucket", "CodePrefix"]
}

data "aws_s3_bucket" "code" {
  bucket = var.bucket
}

resource "aws_s3_object" "code" {
  for_each    = fileset(local.release, "*.zip")
  bucket      = data.aws_s3_bucket.code.id
  key         = "${local.prefix}${each.value}"
  source      = "${local.release}/${each.value}"
  source_hash = filesha256("${local.release}/${each.value}")
}

# Above 51,200 bytes CloudFormation takes a template from a bucket alone.
resource "aws_s3_object" "template" {
  bucket      = data.aws_s3_bucket.code.id
  key         = "${local.prefix}hearth.template.json"
  source      = local.template
  source_hash = filesha256(local.template)
}

resource "aws_cloudformation_stack" "hearth" {
  name         = var.name
  template_url = "https://${data.aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  parameters = merge(var.parameters, {
    CodeBucket = data.aws_s3_bucket.code.id
    CodePrefix = local.prefix
  })
  tags       = var.tags
  depends_on = [aws_s3_object.code]

  lifecycle {
    precondition {
      condition = alltrue([
        for name in keys(var.parameters) : contains(keys(local.declared), name) && !contains(local.own, name)
      ])
      error_message = "parameters: expected names of the template's parameters; docs/configuration.md lists them."
    }
  }
}

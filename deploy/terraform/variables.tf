variable "name" {
  description = "Name of the CloudFormation stack, which hearthdb --stack takes."
  type        = string
  default     = "hearth"
}

variable "release" {
  description = "Folder of the unpacked release. Default: the one that holds this module."
  type        = string
  default     = null
}

variable "bucket" {
  description = "A bucket in the stack's region that takes the functions' archives and the template."
  type        = string
}

variable "prefix" {
  description = "What the keys in the bucket begin with."
  type        = string
  default     = "hearth"
}

variable "parameters" {
  description = "Parameters of the template, as { RetentionDays = 400 }; docs/configuration.md lists them."
  type        = map(string)
  default     = {}
}

variable "tags" {
  description = "Tags of the stack, which CloudFormation passes on to what it makes."
  type        = map(string)
  default     = {}
}

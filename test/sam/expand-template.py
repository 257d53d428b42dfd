"""Prints, as JSON, what CloudFormation makes of a template that `sam build` or `sam package` has written: every resource behind
SAM's own.

    expand-template.py .aws-sam/build/template.yaml
"""

import json
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

# For a template that has not been packaged: the translator wants to know where the code is.
CODE = {"Bucket": "hearth-code", "Key": "function.zip"}


class NoManagedPolicies:
    """The template names none for the translator to look up in an account."""

    def load(self):
        return {}


def main(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        is_function = resource["Type"] == "AWS::Serverless::Function"
        code = resource["Properties"].get("CodeUri") if is_function else None
        if isinstance(code, str) and not code.startswith("s3://"):
            resource["Properties"]["CodeUri"] = CODE
    parameters = {name: spec.get("Default", "") for name, spec in template["Parameters"].items()}
    json.dump(transform(template, parameters, NoManagedPolicies()), sys.stdout, indent=1)


main(sys.argv[1])

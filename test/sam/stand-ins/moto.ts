/** moto's server: AWS' APIs in memory, CloudFormation, DynamoDB and S3 among them. https://docs.getmoto.org */
import { join } from "node:path";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/free-port.ts";
import { AWS_ENVIRONMENT, VENV_DIRECTORY } from "../environment.ts";
import type { Template } from "../template.ts";

export interface Moto extends AsyncDisposable {
  readonly endpoint: string;
}

export async function startMoto(): Promise<Moto> {
  const port = String(await freePort());
  const child = new Child(join(VENV_DIRECTORY, "bin", "moto_server"), ["-H", "127.0.0.1", "-p", port]);
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await child.until("ready", async () => (await fetch(`${endpoint}/moto-api/data.json`)).ok);
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
  return { endpoint, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

/**
 * What moto would trip over: it takes no methods from an API's definition and no deployment of an API without one. (It has no
 * account settings of API Gateway either: leave AccessLog's role away. Alarms, stages and invoke configurations it passes over.)
 */
export function fitForMoto(template: Template): Template {
  const Method = {
    Type: "AWS::ApiGateway::Method",
    Properties: {
      RestApiId: { Ref: "Api" },
      ResourceId: { "Fn::GetAtt": ["Api", "RootResourceId"] },
      HttpMethod: "ANY",
      AuthorizationType: "NONE",
      Integration: { Type: "MOCK", Uri: "mock", IntegrationHttpMethod: "POST" },
    },
  };
  const resources = Object.entries(template.Resources).map(([id, resource]) => [
    id,
    resource.Type === "AWS::ApiGateway::Deployment" ? { ...resource, DependsOn: "MotoMethod" } : resource,
  ]);
  return { ...template, Resources: { ...Object.fromEntries(resources), MotoMethod: Method } };
}

/** Creates the stack, and answers its outputs. */
export async function createStack(
  endpoint: string,
  stackName: string,
  template: Template,
  parameters: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const credentials = {
    accessKeyId: AWS_ENVIRONMENT.AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
  };
  const client = new CloudFormationClient({ endpoint, region: AWS_ENVIRONMENT.AWS_REGION, credentials });
  const Parameters = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
  try {
    const TemplateBody = JSON.stringify(template);
    const Capabilities = ["CAPABILITY_IAM" as const];
    await client.send(
      new CreateStackCommand({ StackName: stackName, TemplateBody, Parameters, Capabilities }),
    );
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const [{ StackStatus, Outputs = [] }] = Stacks ?? [];
    if (StackStatus !== "CREATE_COMPLETE") throw new Error(`stack ${stackName}: ${StackStatus}`);
    return new Map(Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  } finally {
    client.destroy();
  }
}

export async function createBucket(endpoint: string, name: string): Promise<void> {
  const scope = `${AWS_ENVIRONMENT.AWS_ACCESS_KEY_ID}/20260101/${AWS_ENVIRONMENT.AWS_REGION}/s3/aws4_request`;
  const Authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
  const response = await fetch(`${endpoint}/${name}`, { method: "PUT", headers: { Authorization } });
  if (!response.ok) throw new Error(`create bucket ${name}: status=${response.status}`);
}

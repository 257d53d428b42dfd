/** What a release holds: the template with the functions' code in a bucket, archives, and modules that fit them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { crc32, inflateRawSync } from "node:zlib";
import { flagsOf } from "../../deploy/release/bundle-function.ts";
import { codeParameter, packagedTemplate } from "../../deploy/release/packaged-template.ts";
import { functionsIn, nameOf, readTemplate } from "../../deploy/release/read-template.ts";
import { zip } from "../../deploy/release/zip.ts";

const template = readTemplate();
const packaged = packagedTemplate();
const names = functionsIn(template).map(([, one]) => nameOf(one));
const own = Object.keys(packaged.Parameters).filter((name) => !(name in template.Parameters));
const readModule = (name: string) => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), "utf8");

test("a release's template is template.yaml, and its functions are archives of a bucket", () => {
  assert.deepEqual(own, ["CodeBucket", "CodePrefix", ...names.map(codeParameter)]);
  for (const [name, parameter] of Object.entries(template.Parameters))
    assert.deepEqual(packaged.Parameters[name], parameter, name);
  for (const section of ["Transform", "Conditions", "Rules", "Globals", "Outputs"])
    assert.deepEqual(packaged[section], template[section], section);
  assert.deepEqual(Object.keys(packaged.Resources), Object.keys(template.Resources));
  for (const [id, resource] of Object.entries(packaged.Resources)) {
    if (resource.Type !== "AWS::Serverless::Function") {
      assert.deepEqual(resource, template.Resources[id], id);
      continue;
    }
    const { CodeUri, ...properties } = resource.Properties as { CodeUri: { Bucket: unknown; Key: unknown } };
    assert.deepEqual(properties, template.Resources[id].Properties, id);
    const name = String((properties as unknown as { Handler: string }).Handler).split(".")[0];
    assert.deepEqual(CodeUri, {
      Bucket: { Ref: "CodeBucket" },
      Key: { "Fn::Sub": `\${CodePrefix}\${${codeParameter(name)}}` },
    });
    assert.equal(resource.Metadata, undefined, "sam would build it again");
  }
  // CloudFormation takes neither merge keys nor short forms in JSON.
  const text = JSON.stringify(packaged);
  assert.doesNotMatch(text, /"<<"|"![A-Z]|"Fn::GetAtt":"/);
  assert.ok(text.length < 1_000_000, "CloudFormation's limit");
});

test("the module of Terraform and the construct of CDK set what a release adds, and pass on the rest", () => {
  const terraform = readModule("terraform/main.tf");
  const [, ownNames] = /own\s+= \[(.*)\]/.exec(terraform)!;
  assert.deepEqual(JSON.parse(`[${ownNames}]`), ["CodeBucket", "CodePrefix"]);
  assert.match(terraform, /capabilities = \["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"\]/);
  assert.match(terraform, /hearth\.template\.json/);
  const [, pattern] = /const OWN =\s+\/(.*)\/;/.exec(readModule("cdk/hearth.mjs"))!;
  const isOwn = new RegExp(pattern);
  for (const name of Object.keys(packaged.Parameters))
    assert.equal(isOwn.test(name), own.includes(name), name);
});

test("esbuild is called as sam calls it", () => {
  const properties = {
    Minify: true,
    Sourcemap: false,
    SourcesContent: "false",
    OutExtension: [".js=.mjs"],
    MainFields: "module,main",
    JsxImportSource: "preact",
    Banner: [],
  };
  assert.deepEqual(flagsOf(properties), [
    "--minify",
    "--sources-content=false",
    "--out-extension:.js=.mjs",
    "--main-fields=module,main",
    "--jsx-import-source=preact",
  ]);
});

test("an archive holds its files, the same bytes each time", () => {
  const files = new Map([
    ["b.mjs", Buffer.from("export const b = 1;\n".repeat(100))],
    ["ä/a.txt", Buffer.alloc(0)],
    ["a.bin", Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31) % 251))],
  ]);
  const archive = zip(files);
  assert.deepEqual(zip(new Map([...files].reverse())), archive);
  const found = readZip(archive);
  assert.deepEqual([...found.keys()], ["a.bin", "b.mjs", "ä/a.txt"]);
  for (const [name, content] of files) assert.deepEqual(found.get(name), Buffer.from(content), name);
});

/** By its central directory, as readers do. */
function readZip(archive: Buffer): Map<string, Buffer> {
  const end = archive.length - 22;
  assert.equal(archive.readUInt32LE(end), 0x06054b50);
  const found = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < archive.readUInt16LE(end + 10); i++) {
    assert.equal(archive.readUInt32LE(at), 0x02014b50);
    const [crc, packed, size] = [16, 20, 24].map((offset) => archive.readUInt32LE(at + offset));
    const nameLength = archive.readUInt16LE(at + 28);
    assert.equal(archive.readUInt32LE(at + 38) >>> 16, 0o100644);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    assert.equal(archive.readUInt32LE(local), 0x04034b50);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = inflateRawSync(archive.subarray(start, start + packed));
    assert.deepEqual([content.length, crc32(content)], [size, crc], name);
    found.set(name, content);
    at += 46 + nameLength;
  }
  return found;
}

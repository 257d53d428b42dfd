/**
 * `npm run release [DIRECTORY]`: what a deploy needs without a clone. Archives of the functions, the template
 * that names them, the modules of Terraform and CDK, a list of what is in it all (CycloneDX), checksums.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { HEARTH_VERSION } from "../../lib/model/version.ts";
import { bundleFunction } from "./bundle-function.ts";
import { packagedTemplate } from "./packaged-template.ts";
import { functionsIn, nameOf, readTemplate } from "./read-template.ts";
import { zip } from "./zip.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const directory = process.argv[2] ?? join(ROOT, "release", `hearth-${HEARTH_VERSION}`);
await rm(directory, { recursive: true, force: true });
await mkdir(directory, { recursive: true });
const template = readTemplate();
await Promise.all(
  functionsIn(template).map(async ([, one]) =>
    writeFile(join(directory, `${nameOf(one)}.zip`), zip(await bundleFunction(one))),
  ),
);
await writeFile(
  join(directory, "hearth.template.json"),
  JSON.stringify(packagedTemplate(template), undefined, 1),
);
await writeFile(join(directory, "VERSION"), `${HEARTH_VERSION}\n`);
for (const module of ["terraform", "cdk"])
  await cp(join(ROOT, "deploy", module), join(directory, module), { recursive: true });
for (const name of ["LICENSE", "NOTICE"]) await cp(join(ROOT, name), join(directory, name));
await writeFile(join(directory, "hearth.cdx.json"), await listOfContents());
await writeFile(join(directory, "SHA256SUMS"), await checksums(directory));
process.stdout.write(`${directory}\n`);

async function listOfContents(): Promise<string> {
  const args = ["sbom", "--omit=dev", "--package-lock-only", "--sbom-format=cyclonedx"];
  return (await run("npm", args, { cwd: ROOT, maxBuffer: 2 ** 26, shell: process.platform === "win32" }))
    .stdout;
}

/** As `sha256sum` prints and checks them. */
async function checksums(path: string): Promise<string> {
  const names = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(path.length + 1)
        .replaceAll("\\", "/"),
    );
  const lines = names.sort().map(async (name) => {
    const hash = createHash("sha256").update(await readFile(join(path, name)));
    return `${hash.digest("hex")}  ${name}\n`;
  });
  return (await Promise.all(lines)).join("");
}

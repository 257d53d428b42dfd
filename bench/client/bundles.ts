/** The same sources bundled twice, with Hearth's own client of DynamoDB and with the SDK's, as `sam build` bundles the functions. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

export const CLIENTS = ["own", "sdk"] as const;
export type Client = (typeof CLIENTS)[number];

/** CommonJS packages expect `require`. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** The SDK's own search for credentials is not needed: Hearth hands its own in, which read a function's environment. */
const withSdk: Plugin = {
  name: "with-sdk",
  setup({ onResolve, onLoad }) {
    const path = join(import.meta.dirname, "sdk-table.ts");
    onResolve({ filter: /\/dynamodb-table\.ts$/ }, ({ kind }) =>
      kind === "import-statement" ? { path } : undefined,
    );
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
      path: "none",
      namespace: "none",
    }));
    onLoad({ filter: /^none$/, namespace: "none" }, () => ({
      contents: "export const defaultProvider = undefined;",
    }));
  },
};

export interface Bundle {
  readonly path: string;
  /** Of all its files. */
  readonly sizeBytes: number;
}

/** Bundles a module, `module` its path without ".ts", into a directory of its own. */
export async function bundleWith(client: Client, module: string, directory: string): Promise<Bundle> {
  const outdir = join(directory, client, module.split("/").at(-1)!);
  await build({
    entryPoints: [`${module}.ts`],
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    plugins: client === "sdk" ? [withSdk] : [],
    logLevel: "error",
  });
  const files = await readdir(outdir);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(outdir, file))).size));
  return {
    path: join(outdir, `${module.split("/").at(-1)}.mjs`),
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

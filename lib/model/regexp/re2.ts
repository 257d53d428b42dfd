/**
 * re2js, loaded when the first pattern is compiled. Most requests need no pattern, and it would be a third
 * of what a cold start reads. Patterns compile in synchronous code, which `import()` would not do for.
 *
 * A bundle has a `require` (`Banner` in template.yaml), and esbuild turns this call into one of the copy
 * of re2js that it puts beside the bundle (`Loader`). The copy is CommonJS: Lambda's Node refuses to
 * `require` ES modules. Sources have no `require` and make one.
 */
import { createRequire } from "node:module";
import type { RE2JS } from "re2js";

const requireFromSources = typeof require === "undefined" ? createRequire(import.meta.url) : undefined;

let loaded: typeof RE2JS | undefined;

export function loadRe2(): typeof RE2JS {
  loaded ??= (requireFromSources === undefined ? require("re2js") : requireFromSources("re2js"))
    .RE2JS as typeof RE2JS;
  return loaded;
}

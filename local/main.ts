/** `npm start`. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Modules are compiled, and stripped of their types, once for all threads and starts: a thread starts in a third of the time.
// A directory that others can write to would let them run code here.
const directory = join(import.meta.dirname, "../.cache/compiled");
process.env.NODE_COMPILE_CACHE ??= directory;
enableCompileCache(process.env.NODE_COMPILE_CACHE);
const { printFailure } = await import("./failure.ts");
const { run } = await import("./run.ts");

run(process.argv.slice(2)).catch(printFailure);

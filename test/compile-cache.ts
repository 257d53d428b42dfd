/**
 * Imported before each test file: modules are compiled, and stripped of their types, once for all of them, and not by each of two
 * hundred processes. Children of the tests use it too.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

const directory = join(import.meta.dirname, "../.cache/compiled");
enableCompileCache(directory);
process.env.NODE_COMPILE_CACHE = directory;

/**
 * The same scripts through the HTTP API. Queries are not asked at other times than their own: what comes of that is the engine's
 * part, and each would be a request.
 */
import { ApiTarget } from "./api-target.ts";
import { testScripts } from "./check-scripts.ts";

testScripts("API, log", () => ApiTarget.open(false), false);
testScripts("API, compacted", () => ApiTarget.open(true), false);

/** Scripts of evaluations on the engine, over series in memory. */
import { testScripts } from "./check-scripts.ts";
import { EngineTarget } from "./engine-target.ts";

testScripts("engine", async () => new EngineTarget());

/** Builds all peers that are written in Go, one after the other; `.ci/run` does so while it waits for other things. */
import { GO_PROGRAM_NAMES, goProgram } from "./go-programs.ts";

for (const name of GO_PROGRAM_NAMES) {
  const { missing } = await goProgram(name);
  if (missing !== false) process.stderr.write(`${name} is not built: ${missing}\n`);
}

/** The command `hearthdb`: what people do to a Hearth by hand. */
import { HEARTH_VERSION } from "../lib/model/version.ts";
import { printFailure } from "../local/failure.ts";
import { expectNone } from "./arguments.ts";
import { helpOf } from "./command-line/help.ts";
import { type Options, parseOptions } from "./command-line/options.ts";
import { USAGE } from "./command-line/usage-text.ts";
import { findWork, type Work } from "./commands.ts";
import { print } from "./print.ts";

async function main(args: string[]): Promise<void> {
  // Its arguments are checked where `npm start` checks them.
  if (args[0] === "start" && !args.some((arg) => arg === "--help" || arg === "-h")) {
    const { run } = await import("../local/run.ts");
    return run(args.slice(1));
  }
  const { values, positionals } = parseOptions(args);
  const [group, about] = positionals;
  if (values.help) return print(helpOf(USAGE, group));
  if (group === "help") return print(helpOf(USAGE, about));
  if (values.version) return print(`hearthdb ${HEARTH_VERSION}`);
  if (group === "rules") return rules(positionals.slice(1), values);
  if (group === "estimate") {
    expectNone(positionals.slice(1));
    const { estimateCommand } = await import("./estimate/command.ts");
    return estimateCommand(values, print);
  }
  return onTable(values, await findWork(positionals, values));
}

async function rules(rest: readonly string[], values: Options): Promise<void> {
  const [{ findRulesWork }, { newOutput }] = await Promise.all([
    import("./rules/command.ts"),
    import("./rules/output.ts"),
  ]);
  const work = findRulesWork(rest, values, process.env, newOutput());
  if (work.needsTable) return onTable(values, work.run);
  process.exitCode = await work.run();
}

async function onTable(values: Options, work: Work): Promise<void> {
  const { withTable } = await import("./target.ts");
  await withTable(values, process.env, work);
}

/** What a shell reports of a command that SIGPIPE has ended. */
const ENDED_BY_SIGPIPE = 141;

// Nobody reads any more, as in `hearthdb keys list | head -1`.
for (const output of [process.stdout, process.stderr])
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(ENDED_BY_SIGPIPE);
  });

main(process.argv.slice(2)).catch(printFailure);

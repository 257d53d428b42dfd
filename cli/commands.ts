/**
 * The commands that work on a table. Each loads its code when it is run: the whole takes a second of CPU,
 * which help and a mistyped command need not wait for. What is wrong with a command line is thrown before
 * the table is touched.
 */
import { expectNone, expectOne, usage } from "./arguments.ts";
import type { Options } from "./command-line/options.ts";
import { print } from "./print.ts";
import type { Target } from "./target.ts";

export type Work = (target: Target) => Promise<void>;
type FindWork = (rest: readonly string[], values: Options) => Work | Promise<Work>;

/** The work that a command line asks for. Throws `UsageError` or "invalid". */
export async function findWork([name, ...rest]: readonly string[], values: Options): Promise<Work> {
  if (name === undefined) throw usage("no command");
  if (!Object.hasOwn(COMMANDS, name)) throw usage(`unknown command ${name}`);
  return COMMANDS[name](rest, values);
}

const loadConsole = async () => (await import("./days.ts")).newConsole();

const COMMANDS: Readonly<Record<string, FindWork>> = {
  keys: async (rest, values) => {
    const { findKeysCommand, givenKey } = await import("./keys/command.ts");
    return findKeysCommand(rest, { ...values, ...givenKey(process.env) }, print);
  },

  tenants: ([command, ...rest], values) => {
    switch (command) {
      case "list":
        expectNone(rest);
        return async ({ table }) => {
          const { listTenantsCommand } = await import("./tenants.ts");
          await listTenantsCommand(table, values, print);
        };
      case "set": {
        const name = expectOne(rest, "the name of one tenant");
        return async ({ table, clock }) => {
          const { setTenantCommand } = await import("./tenants.ts");
          await setTenantCommand(table, name, values, clock, print);
        };
      }
      case "delete": {
        const name = expectOne(rest, "the name of one tenant");
        return byTheTime(async (target) => {
          const { deleteTenantCommand } = await import("./delete-tenant.ts");
          await deleteTenantCommand(target, name, values, target.clock, await loadConsole());
        });
      }
      default:
        throw usage(command === undefined ? "tenants: no command" : `tenants: unknown command ${command}`);
    }
  },

  compact: (rest, values) => {
    expectNone(rest);
    return byTheTime(async ({ table, retentionDays, rollupDays, clock, clockGuard }) => {
      const { compactCommand } = await import("./compact.ts");
      const options = { ...values, "retention-days": retentionDays, "rollup-days": rollupDays };
      await compactCommand(table, options, clockGuard?.settling ?? clock, print);
    });
  },

  explain: (rest, values) => {
    const query = expectOne(rest, "one PromQL expression; quote it for the shell");
    return async ({ table, retentionDays }) => {
      const { explainCommand } = await import("./explain.ts");
      const options = { ...values, "retention-days": retentionDays };
      await explainCommand(table, query, options, process.env, Date.now, print);
    };
  },

  export: (rest, values) => {
    const path = expectOne(rest, "one folder or file to write to");
    return async (target) => {
      const { exportCommand } = await import("./transfer/export.ts");
      await exportCommand(target, path, values, target.clock, await loadConsole());
    };
  },

  import: (rest, values) => {
    const isRemote = values["from-remote-read"] !== undefined;
    if (isRemote) expectNone(rest);
    const path = isRemote ? undefined : expectOne(rest, "one folder of blocks, file or s3://BUCKET/PREFIX");
    return byTheTime(async (target) => {
      const { importCommand } = await import("./transfer/import.ts");
      await importCommand(target, path, values, target.clock, await loadConsole());
    });
  },

  usage: (rest, values) => {
    expectNone(rest);
    return async (target) => {
      const { usageCommand } = await import("./usage.ts");
      await usageCommand(target, values, target.clock, await loadConsole());
    };
  },

  delete: (rest, values) => {
    expectNone(rest);
    return byTheTime(async (target) => {
      const { deleteCommand } = await import("./delete.ts");
      const clock = target.clockGuard?.bounded ?? target.clock;
      await deleteCommand(target, values, clock, await loadConsole());
    });
  },

  audit: (rest, values) => {
    expectNone(rest);
    return async ({ table, clock }) => {
      const { auditLogCommand } = await import("./audit.ts");
      await auditLogCommand(table, values, clock, print);
    };
  },

  verify: (rest, values) => {
    expectNone(rest);
    return async (target) => {
      const { verifyCommand } = await import("./verify.ts");
      setStatus(await verifyCommand(target, values, target.clock, await loadConsole()));
    };
  },

  repair: (rest, values) => {
    expectNone(rest);
    return byTheTime(async (target) => {
      const { repairCommand } = await import("./repair.ts");
      setStatus(await repairCommand(target, values, target.clock, await loadConsole()));
    });
  },

  inspect: (rest, values) => {
    expectNone(rest);
    return async (target) => {
      const { inspectCommand } = await import("./inspect.ts");
      await inspectCommand(target, values, print);
    };
  },

  gc: (rest, values) => {
    expectNone(rest);
    return byTheTime(async (target) => {
      const { gcCommand } = await import("./gc.ts");
      await gcCommand(target, values, target.clock, await loadConsole());
    });
  },
};

/** A command that decides by the clock what to write or delete. */
function byTheTime(work: Work): Work {
  return async (target) => {
    await target.clockGuard?.check(true);
    await work(target);
  };
}

/** The status of a command that found something wrong: 3. It is 1 if it could not run, 2 if it was called in a wrong way. */
function setStatus(isWrong: boolean): void {
  if (isWrong) process.exitCode = 3;
}

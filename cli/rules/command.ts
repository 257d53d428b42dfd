/** Finds what a command line of `hearthdb rules …` asks for. */
import { writeFileSync } from "node:fs";
import { errorMessage } from "../../lib/model/errors.ts";
import { applyLimits, parseTenantLimits, type TenantLimits } from "../../lib/model/quota/tenant-limits.ts";
import { DEFAULT_TENANT, parseTenant } from "../../lib/model/tenant.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parsePromqlSettings } from "../../lib/promql/settings.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { loadTenantSettings } from "../../lib/storage/tenants/tenant-settings.ts";
import { UsageError } from "../../local/failure.ts";
import { auditCommand } from "../auditor.ts";
import type { Target } from "../target.ts";
import { checkFiles } from "./check.ts";
import { namespaceOf, type RuleFileOptions } from "./files.ts";
import { type Audit, deleteGroups, listGroups, syncFiles } from "./groups.ts";
import { printJunit } from "./junit.ts";
import type { Output } from "./output.ts";
import { isFailed, testFiles } from "./test.ts";

export interface RulesOptions {
  readonly tenant?: string | undefined;
  readonly namespace?: string | undefined;
  readonly group?: string | undefined;
  readonly json?: boolean | undefined;
  readonly yaml?: boolean | undefined;
  readonly "dry-run"?: boolean | undefined;
  readonly lint?: string | undefined;
  readonly "lint-fatal"?: boolean | undefined;
  readonly "ignore-unknown-fields"?: boolean | undefined;
  readonly "enable-feature"?: string | undefined;
  readonly run?: readonly string[] | undefined;
  readonly junit?: string | undefined;
  readonly diff?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Work that needs no table returns the exit status. */
export type RulesWork =
  | { readonly needsTable: false; readonly run: () => Promise<number> }
  | { readonly needsTable: true; readonly run: (target: Target) => Promise<void> };

/** Throws `UsageError` for a command line that cannot be, "invalid" for a wrong value. */
export function findRulesWork(
  [command, ...paths]: readonly string[],
  options: RulesOptions,
  env: Environment,
  output: Output,
): RulesWork {
  const files = fileOptions(options, env);
  const tenant = parseTenant(options.tenant ?? DEFAULT_TENANT);
  const dryRun = options["dry-run"] ?? false;
  switch (command) {
    case "check": {
      const lint = parseLint(options.lint);
      const checks = { ...files, lint, lintFatal: options["lint-fatal"] ?? false };
      const all = paths.length === 0 ? ["-"] : paths;
      return { needsTable: false, run: async () => checkFiles(all, checks, output) };
    }
    case "test":
      expectFiles(paths);
      return { needsTable: false, run: () => testAndReport(paths, options, files, output) };
    case "sync": {
      expectFiles(paths);
      const sync = { ...files, tenant, namespace: options.namespace, dryRun };
      return {
        needsTable: true,
        run: async (target) => {
          const limits = await limitsOf(target, tenant, env);
          await syncFiles(newRuleStore(target.table), paths, { ...sync, limits }, auditOf(target), output);
        },
      };
    }
    case "list": {
      if (paths.length > 0) throw usage(`unexpected argument ${paths[0]}`);
      const format = options.json ? "json" : options.yaml ? "yaml" : "table";
      const list = { tenant, namespace: options.namespace, format } as const;
      return { needsTable: true, run: ({ table }) => listGroups(newRuleStore(table), list, output) };
    }
    case "delete": {
      const namespaces = options.namespace === undefined ? paths.map(namespaceOf) : [options.namespace];
      if (namespaces.length === 0) throw usage("expected files, or --namespace NAME");
      const which = { tenant, namespaces, group: options.group, dryRun };
      return {
        needsTable: true,
        run: (target) => deleteGroups(newRuleStore(target.table), which, auditOf(target), output),
      };
    }
    default:
      throw usage(command === undefined ? "rules: no command" : `rules: unknown command ${command}`);
  }
}

/** Those that are set for the tenant, and the deployment's where its variable is set here too. */
async function limitsOf({ table }: Target, tenant: string, env: Environment): Promise<TenantLimits> {
  return applyLimits(parseTenantLimits(env), (await loadTenantSettings(table, tenant)).limits);
}

function auditOf({ table, clock }: Target): Audit {
  return (action, tenant, subject) => auditCommand(table, clock, { action, tenant, subject });
}

async function testAndReport(
  paths: readonly string[],
  options: RulesOptions,
  files: RuleFileOptions,
  output: Output,
): Promise<number> {
  const suites = await testFiles(
    paths,
    {
      ...files,
      run: (options.run ?? []).map(parsePattern),
      diff: options.diff ?? false,
      debug: options.debug ?? false,
      delayedNameRemoval: features(options).includes("promql-delayed-name-removal"),
    },
    () => new Date(),
    output,
  );
  if (options.junit !== undefined) writeFileSync(options.junit, printJunit(suites));
  return suites.some(isFailed) ? 1 : 0;
}

function fileOptions(options: RulesOptions, env: Environment): RuleFileOptions {
  const isExperimental =
    features(options).includes("promql-experimental-functions") || parsePromqlSettings(env).takesExperiments;
  return {
    parse: isExperimental ? ALL_EXPERIMENTS : {},
    ignoresUnknownFields: options["ignore-unknown-fields"] ?? false,
  };
}

function features(options: RulesOptions): readonly string[] {
  return (options["enable-feature"] ?? "").split(",");
}

const LINTS = ["all", "duplicate-rules", "none"];

function parseLint(text = "duplicate-rules"): boolean {
  if (LINTS.includes(text)) return text !== "none";
  throw usage(`--lint ${text}: expected one of ${LINTS.join(", ")}`);
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw usage(`--run ${text}: ${errorMessage(error)}`);
  }
}

function expectFiles(paths: readonly string[]): void {
  if (paths.length === 0) throw usage("expected one or more files");
}

function usage(reason: string): UsageError {
  return new UsageError(reason, "usage: hearthdb help rules");
}

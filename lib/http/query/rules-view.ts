/** The rules and alerts that a request may see. */
import { matchersOf } from "../../auth/read-matchers.ts";
import type { Access } from "../../auth/verifier.ts";
import type { Deadline } from "../../model/deadline.ts";
import { labelSetOf, METRIC_NAME } from "../../model/labels.ts";
import { type Matcher, matchesAll } from "../../model/matcher.ts";
import { Patterns } from "../../model/regexp/patterns.ts";
import type { Alert } from "../../rules/alert.ts";
import type { RuleState } from "../../rules/group-state.ts";
import { isAlerting, labelsOf, nameOf, type Rule } from "../../rules/rule-file.ts";
import type { OnDamagedGroup } from "../../rules/rule-store.ts";
import { type GroupWithState, listGroupsWithStates } from "../../rules/run/read-states.ts";
import type { Table } from "../../storage/table/table.ts";

export class RulesView {
  /** What could not be read, in words. */
  readonly warnings: string[] = [];
  readonly #table: Table;
  readonly #access: Access;
  readonly #deadline: Deadline;

  constructor(table: Table, access: Access, deadline: Deadline) {
    this.#table = table;
    this.#access = access;
    this.#deadline = deadline;
  }

  /**
   * A narrowed key sees rules whose own labels pass, with their alerts that pass. A rule's last error
   * is left out there: it may print series of others.
   */
  async groups(): Promise<GroupWithState[]> {
    const groups = await this.#all();
    const matchers = this.#matchers();
    if (matchers === undefined) return groups;
    return groups.flatMap((one) => {
      const rules = one.rules.filter(([rule]) => matchesAll(matchers, identityOf(one, rule)));
      if (rules.length === 0) return [];
      return [{ ...one, rules: rules.map(([rule, state]) => [rule, narrowState(state, matchers)] as const) }];
    });
  }

  /** A narrowed key sees alerts whose labels pass, of every rule. */
  async alerts(): Promise<Alert[]> {
    const all = (await this.#all()).flatMap(({ rules }) => rules.flatMap(([, state]) => state?.alerts ?? []));
    const matchers = this.#matchers();
    return matchers === undefined ? all : all.filter(({ labels }) => matchesAll(matchers, labels));
  }

  #all(): Promise<GroupWithState[]> {
    return listGroupsWithStates(this.#table, this.#access.tenant, this.#noteDamaged);
  }

  #matchers(): readonly Matcher[] | undefined {
    const { readMatch } = this.#access;
    return readMatch && matchersOf(readMatch, new Patterns(this.#deadline));
  }

  readonly #noteDamaged: OnDamagedGroup = (namespace, name, reason) => {
    const isWhole = this.#access.readMatch === undefined;
    const group = isWhole
      ? `rule group ${namespace}/${name} is damaged: ${reason}`
      : "a rule group is damaged";
    this.warnings.push(`incomplete: ${group}; store it again`);
  };
}

/** The labels of a rule, with the name of the metric that it records or of its alert. */
function identityOf({ group }: GroupWithState, rule: Rule) {
  const name = [isAlerting(rule) ? "alertname" : METRIC_NAME, nameOf(rule)] as const;
  return labelSetOf(new Map([...labelsOf(group, rule), name]));
}

function narrowState(state: RuleState | undefined, matchers: readonly Matcher[]): RuleState | undefined {
  if (state === undefined) return undefined;
  const alerts = state.alerts.filter(({ labels }) => matchesAll(matchers, labels));
  return { ...state, lastError: "", alerts };
}

/** The groups of a tenant with what is known of them, for those who look at them. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { GroupName } from "../../storage/rules/rule-keys.ts";
import { getHead, isEnded, listHeads, loadPieces, type StoredHead } from "../../storage/rules/state-items.ts";
import type { Table } from "../../storage/table/table.ts";
import type { GroupState, RuleState } from "../group-state.ts";
import { type Rule, type RuleGroup, ruleKey } from "../rule-file.ts";
import type { OnDamagedGroup } from "../rule-store.ts";
import { newRuleStore } from "../table-rule-store.ts";
import { memoryKey } from "./run-group.ts";
import { decodeState } from "./state-codec.ts";

export interface GroupWithState {
  readonly namespace: string;
  readonly group: RuleGroup;
  /** Undefined for a group that was never evaluated. */
  readonly state: GroupState | undefined;
  /** In the order of the group; undefined for a rule that was never evaluated. */
  readonly rules: readonly (readonly [rule: Rule, state: RuleState | undefined])[];
}

/** A head names pieces that the next evaluation replaces: a group that was evaluated meanwhile is read again. */
const MAX_ATTEMPTS = 3;

/**
 * Sorted by namespace, then by name. What is damaged is handed to `onDamaged`: a group is left out then, and a state is as if
 * its group was never evaluated. Throws "unavailable".
 */
export async function listGroupsWithStates(
  table: Table,
  tenant: string,
  onDamaged: OnDamagedGroup,
): Promise<GroupWithState[]> {
  const stored = await newRuleStore(table).list(tenant, undefined, onDamaged);
  if (stored.length === 0) return [];
  const heads = await headsOf(table, tenant);
  return Promise.all(
    stored.map(async ({ namespace, group }) => {
      const name = { namespace, name: group.name };
      const state = await stateOf(table, tenant, name, heads.get(memoryKey(tenant, name)), onDamaged);
      return { namespace, group, state, rules: withStates(group, state) };
    }),
  );
}

async function headsOf(table: Table, tenant: string): Promise<Map<string, StoredHead>> {
  return new Map(
    (await listHeads(table, tenant)).map(({ head, ...name }) => [memoryKey(tenant, name), head]),
  );
}

async function stateOf(
  table: Table,
  tenant: string,
  name: GroupName,
  listed: StoredHead | undefined,
  onDamaged: OnDamagedGroup,
): Promise<GroupState | undefined> {
  let head = listed;
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadState(table, tenant, name, head);
    } catch (error) {
      if (errorKind(error) !== "data") throw error;
      if (attempt === MAX_ATTEMPTS) {
        onDamaged(name.namespace, name.name, errorMessage(error));
        return undefined;
      }
      head = await getHead(table, tenant, name);
    }
  }
}

async function loadState(
  table: Table,
  tenant: string,
  name: GroupName,
  head: StoredHead | undefined,
): Promise<GroupState | undefined> {
  if (head === undefined || isEnded(head)) return undefined;
  return decodeState(head, await loadPieces(table, tenant, name, head.pieces)).state;
}

/** As an evaluation finds them: the n-th rule of a key has the n-th state of that key. */
function withStates(group: RuleGroup, state: GroupState | undefined): GroupWithState["rules"] {
  const byKey = Map.groupBy(state?.rules ?? [], ({ key }) => key);
  return group.rules.map((rule) => [rule, byKey.get(ruleKey(group, rule))?.shift()] as const);
}

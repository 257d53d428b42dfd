/** The rule groups of tenants, as they are stored. A namespace is what a rule file is in Prometheus. */
import type { RuleGroup } from "./rule-file.ts";

export interface StoredGroup {
  readonly namespace: string;
  readonly group: RuleGroup;
  /** Changes whenever the group does. */
  readonly version: string;
}

export type OnDamagedGroup = (namespace: string, name: string, reason: string) => void;

/** Every method throws "unavailable"; `put` also "invalid" and "too large" for names and groups that cannot be stored. */
export interface RuleStore {
  /** Sorted by namespace, then by name of the group. Groups that are damaged are left out, and handed to `onDamaged`. */
  list(tenant: string, namespace?: string, onDamaged?: OnDamagedGroup): Promise<readonly StoredGroup[]>;

  get(tenant: string, namespace: string, name: string): Promise<StoredGroup | undefined>;

  /**
   * Stores a group, replacing the one of its name. `expected`: the version that it replaces, or "absent"; without it any.
   * Returns whether it was stored.
   */
  put(tenant: string, namespace: string, group: RuleGroup, expected?: string): Promise<boolean>;

  /** Returns whether there was such a group, of the version `expected` if that is given. */
  delete(tenant: string, namespace: string, name: string, expected?: string): Promise<boolean>;
}

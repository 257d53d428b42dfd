/** Requests about several tenants: `X-Scope-OrgID: a|b`, with a key of every tenant. */
import type { Access } from "../auth/verifier.ts";
import { HearthError, ReadUnitsError } from "../model/errors.ts";
import type { Queryable } from "../storage/interface.ts";
import { FederatedReader } from "../storage/read/federated/federated-reader.ts";
import { newMeter, type Table } from "../storage/table/table.ts";
import type { GatewayContext, Services } from "./gateway.ts";
import { type AdmittedQuery, admitQuery } from "./limits/quota.ts";

/** The tenant of a request that is about one. Throws "invalid". */
export function expectOne(accesses: readonly Access[]): Access {
  if (accesses.length === 1) return accesses[0];
  throw new HearthError(
    "invalid",
    `X-Scope-OrgID: ${accesses.length} tenants, expected one: this route has no answer about several; send a request for each`,
  );
}

/** The table for each tenant. With several, what is read of each is usage of its own. */
export function tablesOf(c: GatewayContext, table: Table, accesses: readonly Access[]): readonly Table[] {
  if (accesses.length === 1) return [table];
  const { shares } = c.get("requestLog");
  return accesses.map(({ tenant }) => {
    const share = newMeter();
    shares.set(tenant, share);
    return table.metered(share);
  });
}

/** Within the limits of each tenant, which count what is read of it. Throws "rate limited". */
export async function admitAll(
  c: GatewayContext,
  services: Services,
  tables: readonly Table[],
  accesses: readonly Access[],
): Promise<AdmittedQuery & { readonly unitsOf: readonly number[] }> {
  const tenants = await Promise.all(
    accesses.map(({ tenant }, number) => services.tenants.find(tables[number], tenant)),
  );
  const all = tenants.map((tenant, number) => admitQuery(c, services, tables[number], tenant));
  const unitsOf = all.map(({ maxReadUnits }) => maxReadUnits);
  if (all.length === 1) return { ...all[0], unitsOf };
  // The limit that a tenant's reads met is that tenant's.
  const isMet = (number: number, ended: unknown) =>
    !(ended instanceof ReadUnitsError) ||
    ended.tenant === undefined ||
    ended.tenant === accesses[number].tenant;
  const refusalOf = ({ refusal }: AdmittedQuery, number: number, ended: unknown) =>
    refusal(isMet(number, ended) ? ended : undefined);
  return {
    signal: AbortSignal.any(all.map(({ signal }) => signal)),
    maxReadUnits: Math.min(...unitsOf),
    refusal: (ended) =>
      all.map((one, number) => refusalOf(one, number, ended)).find((one) => one !== undefined),
    unitsOf,
  };
}

/** The reader of a tenant, or one of all of them. */
export async function openAll<R extends Queryable>(
  accesses: readonly Access[],
  open: (access: Access, number: number) => R | Promise<R>,
): Promise<R | FederatedReader> {
  if (accesses.length === 1) return open(accesses[0], 0);
  const readers = await Promise.all(
    accesses.map(async (access, number) => ({ tenant: access.tenant, reader: await open(access, number) })),
  );
  return new FederatedReader(readers);
}

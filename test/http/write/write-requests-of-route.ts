/** What the tests of remote write send, and how they see it stored. */
import { readFileSync } from "node:fs";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import type { TestGateway } from "../../helpers/test-gateway.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

export const NOW = MIDNIGHT_MS;

export const GOOD = [series("up", { job: "a" }, [NOW, 1], [NOW - 15_000, 2])];

export async function assertStored(gateway: TestGateway, requests: (readonly SentSeries[])[], tenant = "t") {
  const model = new NaiveStore();
  for (const request of requests) model.append(request);
  gateway.table.heal();
  await assertSame(new Reader(gateway.table, { ...gateway.services, retentionMs: 0, tenant }), model);
}

export function recorded(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../fixtures/rw1/${name}`, import.meta.url)));
}

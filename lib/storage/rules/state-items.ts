/**
 * The states of rule groups in the table. A group has one item, its head, which is replaced by compare and swap alone. What is
 * too large for it, or changes less often, is in pieces: immutable items that the head names, stored before it.
 *
 *     head := number of pieces (varint), their ids (12 bytes each), body (opaque, to the end)
 *
 * A process that dies between pieces and head leaves pieces that nothing names, some KB. The head of a group that is gone is
 * empty and expires, so whoever makes the group again replaces it as any other.
 */

import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { forEachBounded } from "../table/bounded.ts";
import { MAX_ITEM_BYTES, type Table } from "../table/table.ts";
import {
  type GroupName,
  PIECE_ID_BYTES,
  parseGroupSortKey,
  pieceKey,
  stateKey,
  statesRange,
} from "./rule-keys.ts";

/** What a head's body, or a piece, may have: room is left for keys, ids of pieces and the checksum. */
export const MAX_PIECE_BYTES = MAX_ITEM_BYTES - 64 * 1024;
const PIECE_CONCURRENCY = 8;

export interface StateHead {
  /** Ids in hex. */
  readonly pieces: readonly string[];
  readonly body: Uint8Array;
}

/** The head of a group that is gone. */
export const ENDED_HEAD: StateHead = { pieces: [], body: new Uint8Array(0) };

export function isEnded({ body }: StateHead): boolean {
  return body.length === 0;
}

/** A head as it was read, and the bytes that must still be there when it is replaced. */
export interface StoredHead extends StateHead {
  readonly bytes: Uint8Array;
}

export interface NamedHead extends GroupName {
  readonly head: StoredHead;
}

/** The heads of all groups of a tenant, those of groups that are gone too. */
export async function listHeads(table: Table, tenant: string): Promise<NamedHead[]> {
  const heads: NamedHead[] = [];
  for await (const page of table.query(statesRange(tenant), { consistent: true }))
    for (const { sk, value } of page) heads.push({ ...parseGroupSortKey(sk), head: decodeHead(value) });
  return heads;
}

export async function getHead(
  table: Table,
  tenant: string,
  group: GroupName,
): Promise<StoredHead | undefined> {
  const item = await table.get(stateKey(tenant, group), { consistent: true });
  return item === undefined ? undefined : decodeHead(item.value);
}

/** Replaces a head unless another process came first; returns the bytes that are stored, or undefined. */
export async function replaceHead(
  table: Table,
  tenant: string,
  group: GroupName,
  before: Uint8Array | undefined,
  head: StateHead,
  expiresAtSeconds?: number,
): Promise<Uint8Array | undefined> {
  const value = encodeHead(head);
  const expiry = expiresAtSeconds === undefined ? {} : { expiresAtSeconds };
  const item = { ...stateKey(tenant, group), value, ...expiry };
  const isStored =
    before === undefined ? await table.putIfAbsent(item) : await table.putIfEqual(item, before);
  return isStored ? value : undefined;
}

export async function putPieces(
  table: Table,
  tenant: string,
  group: GroupName,
  pieces: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const items = Array.from(pieces, ([id, value]) => ({ ...pieceKey(tenant, group, idBytes(id)), value }));
  if (items.length > 0) await table.putAll(items);
}

/** Throws "data" for a piece that is gone. */
export async function loadPieces(
  table: Table,
  tenant: string,
  group: GroupName,
  ids: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const pieces = new Map<string, Uint8Array>();
  await forEachBounded(ids, PIECE_CONCURRENCY, async (id) => {
    const item = await table.get(pieceKey(tenant, group, idBytes(id)), { consistent: true });
    if (item === undefined)
      throw new HearthError(
        "data",
        `state of rule group ${group.namespace}/${group.name}: piece ${id} is gone`,
      );
    pieces.set(id, item.value);
  });
  return pieces;
}

export async function deletePieces(
  table: Table,
  tenant: string,
  group: GroupName,
  ids: Iterable<string>,
): Promise<void> {
  await forEachBounded([...ids], PIECE_CONCURRENCY, (id) =>
    table.delete(pieceKey(tenant, group, idBytes(id))),
  );
}

function encodeHead({ pieces, body }: StateHead): Uint8Array {
  const writer = new ByteWriter().writeVarint(pieces.length);
  for (const id of pieces) writer.writeBytes(idBytes(id));
  return writer.writeBytes(body).finish();
}

/** Throws "data". */
function decodeHead(bytes: Uint8Array): StoredHead {
  const reader = new ByteReader(bytes, "state of a rule group");
  const pieces = Array.from({ length: reader.readVarint() }, () =>
    Buffer.from(reader.readBytes(PIECE_ID_BYTES)).toString("hex"),
  );
  return { pieces, body: reader.readBytes(reader.remaining), bytes };
}

function idBytes(id: string): Uint8Array {
  return Buffer.from(id, "hex");
}

/**
 * Blocks in an S3 bucket. What is read of a file is fetched in pages and kept in a file of this machine until the block is
 * closed: of a block of which some series or days are wanted, the rest stays where it is.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { damagedBlock } from "../../lib/tsdb/damaged-block.ts";
import { type BlockFile, type BlockFolder, MAX_TEXT_BYTES } from "../../lib/tsdb/files.ts";
import type { FoundFolders } from "./find-blocks.ts";

const PAGE_BYTES = 4 * 1024 * 1024;

type Sdk = typeof import("@aws-sdk/client-s3");

/** The bucket, and how to ask it. */
interface Bucket {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly name: string;
}

export function isS3(path: string): boolean {
  return path.startsWith("s3://");
}

/**
 * Folders of blocks below `s3://BUCKET/PREFIX`, or that itself. Credentials and region are the environment's; another
 * service of the same protocol is named by AWS_ENDPOINT_URL_S3. Throws "invalid", "unavailable".
 */
export async function listS3Folders(path: string): Promise<FoundFolders> {
  const [, name, rest = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(path) ?? [];
  if (name === undefined) throw new HearthError("invalid", `${path}: expected s3://BUCKET/PREFIX`);
  const sdk = await import("@aws-sdk/client-s3");
  const { AWS_ENDPOINT_URL_S3: endpoint } = process.env;
  const bucket: Bucket = { sdk, name, client: new sdk.S3Client(endpoint ? { forcePathStyle: true } : {}) };
  const prefix = rest === "" || rest.endsWith("/") ? rest : `${rest}/`;
  if ((await sizeOf(bucket, `${prefix}meta.json`)) !== undefined)
    return { folders: [new S3Folder(bucket, prefix)], others: [] };
  const names = await listPrefixes(bucket, prefix);
  const isBlock = (one: string) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(one);
  return {
    folders: names.filter(isBlock).map((one) => new S3Folder(bucket, `${prefix}${one}/`)),
    others: names.filter((one) => !isBlock(one)),
  };
}

async function listPrefixes({ sdk, client, name }: Bucket, prefix: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await attempt(`list s3://${name}/${prefix}`, () =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: name,
          Prefix: prefix,
          Delimiter: "/",
          ContinuationToken: token,
        }),
      ),
    );
    for (const { Prefix = "" } of page.CommonPrefixes ?? []) names.push(Prefix.slice(prefix.length, -1));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return names;
}

/** Undefined: there is no such object. */
async function sizeOf({ sdk, client, name }: Bucket, key: string): Promise<number | undefined> {
  try {
    const { ContentLength } = await client.send(new sdk.HeadObjectCommand({ Bucket: name, Key: key }));
    return ContentLength ?? 0;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw unavailable(`look for s3://${name}/${key}`, cause);
  }
}

class S3Folder implements BlockFolder {
  readonly name: string;
  readonly #bucket: Bucket;
  readonly #prefix: string;
  readonly #open: S3File[] = [];
  #directory: string | undefined;

  constructor(bucket: Bucket, prefix: string) {
    this.name = `s3://${bucket.name}/${prefix.slice(0, -1)}`;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async readText(path: string): Promise<string | undefined> {
    const { sdk, client, name } = this.#bucket;
    const Key = this.#prefix + path;
    try {
      const { Body, ContentLength = 0 } = await client.send(new sdk.GetObjectCommand({ Bucket: name, Key }));
      if (ContentLength > MAX_TEXT_BYTES)
        throw damagedBlock(
          `${this.name}/${path}`,
          `${ContentLength} bytes, expected at most ${MAX_TEXT_BYTES}`,
        );
      return await Body?.transformToString();
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw unavailable(`read ${this.name}/${path}`, cause);
    }
  }

  async open(path: string): Promise<BlockFile | undefined> {
    const key = this.#prefix + path;
    const sizeBytes = await sizeOf(this.#bucket, key);
    if (sizeBytes === undefined) return undefined;
    this.#directory ??= mkdtempSync(join(tmpdir(), "hearthdb-s3-"));
    const cached = join(this.#directory, path.replaceAll("/", "-"));
    const file = new S3File(this.#bucket, key, `${this.name}/${path}`, sizeBytes, cached);
    this.#open.push(file);
    return file;
  }

  async listChunkFiles(): Promise<readonly string[]> {
    const { sdk, client, name } = this.#bucket;
    const prefix = `${this.#prefix}chunks/`;
    const page = await attempt(`list ${this.name}/chunks`, () =>
      client.send(new sdk.ListObjectsV2Command({ Bucket: name, Prefix: prefix })),
    );
    const names = (page.Contents ?? []).map(({ Key = "" }) => Key.slice(prefix.length));
    return names.filter((one) => /^\d+$/.test(one)).sort();
  }

  async close(): Promise<void> {
    for (const file of this.#open.splice(0)) file.close();
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }
}

class S3File implements BlockFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #cache: number;
  /** Pages that are fetched or on their way. */
  readonly #pages = new Map<number, Promise<void>>();
  readonly #fetched = new Set<number>();

  constructor(bucket: Bucket, key: string, name: string, sizeBytes: number, cachePath: string) {
    this.#bucket = bucket;
    this.#key = key;
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.#cache = openSync(cachePath, "w+");
  }

  read(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    if (offset + length > this.sizeBytes)
      throw damagedBlock(this.name, `ends at ${this.sizeBytes}, expected ${offset + length} bytes`);
    const first = Math.floor(offset / PAGE_BYTES);
    const last = Math.floor(Math.max(offset, offset + length - 1) / PAGE_BYTES);
    for (let page = first; page <= last; page++)
      if (!this.#fetched.has(page)) return this.#fetchAndRead(first, last, offset, length);
    return this.#readCached(offset, length);
  }

  close(): void {
    closeSync(this.#cache);
  }

  async #fetchAndRead(first: number, last: number, offset: number, length: number): Promise<Uint8Array> {
    const pages = Array.from({ length: last - first + 1 }, (_, i) => this.#page(first + i));
    // What comes next is mostly wanted next; whoever reads it takes its failure.
    if ((last + 1) * PAGE_BYTES < this.sizeBytes) this.#page(last + 1).catch(() => {});
    await Promise.all(pages);
    return this.#readCached(offset, length);
  }

  #page(page: number): Promise<void> {
    let known = this.#pages.get(page);
    if (known === undefined) {
      known = this.#fetch(page);
      this.#pages.set(page, known);
    }
    return known;
  }

  async #fetch(page: number): Promise<void> {
    const { sdk, client, name } = this.#bucket;
    const start = page * PAGE_BYTES;
    const end = Math.min(start + PAGE_BYTES, this.sizeBytes);
    const Range = `bytes=${start}-${end - 1}`;
    const bytes = await attempt(`read ${this.name}`, async () => {
      const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: name, Key: this.#key, Range }));
      return Body!.transformToByteArray();
    });
    if (bytes.length !== end - start)
      throw damagedBlock(this.name, `${bytes.length} bytes of ${Range}, expected ${end - start}`);
    for (let at = 0; at < bytes.length; )
      at += writeSync(this.#cache, bytes, at, bytes.length - at, start + at);
    this.#fetched.add(page);
  }

  #readCached(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const read = readSync(this.#cache, bytes, at, length - at, offset + at);
      if (read === 0) throw new HearthError("internal", `${this.name}: its copy ends at ${offset + at}`);
      at += read;
    }
    return bytes;
  }
}

function isMissing(error: unknown): boolean {
  const { name } = error as { readonly name?: string };
  return name === "NotFound" || name === "NoSuchKey";
}

async function attempt<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw unavailable(what, cause);
  }
}

function unavailable(what: string, cause: unknown): HearthError {
  if (cause instanceof HearthError) return cause;
  const { name = "" } = cause as { readonly name?: string };
  return new HearthError("unavailable", `${what}: ${name === "" ? "" : `${name}: `}${errorMessage(cause)}`, {
    cause,
  });
}

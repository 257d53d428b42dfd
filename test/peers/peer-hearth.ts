/** A Hearth for one test with a peer, on data of its own. */
import { join } from "node:path";
import { type HearthEnvironment, startHearth, stopCleanly } from "../helpers/hearth-process.ts";
import type { Target } from "../helpers/remote-client.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const KEY = { accessKeyId: "ak", secret: "s3cret:with/all+of=it" };

export interface PeerHearth extends AsyncDisposable {
  readonly target: Target;
  /** For the peer's files; it goes with the test. */
  readonly directory: string;
  /** Ends it, and fails when it does not end in good order. */
  stop(): Promise<void>;
}

/** Its key is made for one tenant, or for `*`, all of them. */
export async function startPeerHearth(
  name: string,
  tenant = "default",
  env: HearthEnvironment = {},
): Promise<PeerHearth> {
  const root = await newTemporaryDirectory(name);
  const hearth = await startHearth({
    PORT: "0",
    HEARTH_DATA_DIR: join(root.path, "hearth"),
    HEARTH_ACCESS_KEY_ID: KEY.accessKeyId,
    HEARTH_SECRET_ACCESS_KEY: KEY.secret,
    HEARTH_TENANT: tenant,
    LOG_LEVEL: "warn",
    ...env,
  });
  return {
    target: { url: hearth.url, ...KEY },
    directory: root.path,
    stop: () => stopCleanly(hearth.child),
    [Symbol.asyncDispose]: async () => {
      await hearth.child[Symbol.asyncDispose]();
      await root[Symbol.asyncDispose]();
    },
  };
}

/** The header that a peer without a notion of basic auth is given. */
export function basicAuth({ accessKeyId, secret }: Target): string {
  return `Basic ${Buffer.from(`${accessKeyId}:${secret}`).toString("base64")}`;
}

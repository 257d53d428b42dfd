/** The access key of this tab. It is in sessionStorage, so other tabs and later visits do not have it. */

export interface Session {
  readonly id: string;
  /** The Authorization header. */
  readonly authorization: string;
}

const STORED = "hearth-session";

/** A session of an access key, which the server has not checked yet. */
export function newSession(id: string, secret: string): Session {
  const bytes = new TextEncoder().encode(`${id}:${secret}`);
  return { id, authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** The session of this tab, which lasts until the tab is closed. */
export function storedSession(): Session | undefined {
  const text = sessionStorage.getItem(STORED);
  return text === null ? undefined : (JSON.parse(text) as Session);
}

/** Stores a session, or removes it. */
export function storeSession(session: Session | undefined): void {
  if (session === undefined) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, JSON.stringify(session));
}

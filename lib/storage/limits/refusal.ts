/** The error of a request past a limit of its tenant or key: which limit, and how to raise it. */
import { RateLimitError } from "../../model/errors.ts";
import { limitOfOption } from "../../model/quota/tenant-limits.ts";
import { SECOND_MS } from "../../model/time.ts";

/** Whose limit it is: a tenant's, or that of one of its keys. */
export interface Subject {
  readonly tenant: string;
  readonly keyId?: string | undefined;
}

/** `limit` is the option that sets it. */
export function overLimit(subject: Subject, limit: string, what: string, waitMs: number): RateLimitError {
  const seconds = Math.max(1, Math.ceil(waitMs / SECOND_MS));
  return new RateLimitError(
    `${whose(subject)}: ${what}; retry in ${seconds} s, or raise the limit with ${howToRaise(subject, limit)} limit=${limit}`,
    seconds,
  );
}

export function whose({ tenant, keyId }: Subject): string {
  return keyId === undefined ? `tenant ${tenant}` : `key ${keyId} of tenant ${tenant}`;
}

/** The command for an administrator. */
export function howToRaise({ tenant, keyId }: Subject, limit: string): string {
  limitOfOption(limit);
  const key = keyId === undefined ? "" : ` --key ${keyId}`;
  return `"hearthdb tenants set ${tenant}${key} --limit ${limit}=N"`;
}

export function printCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** An error of a part of a page. What a key may not see, or a server does not have, is a sentence and no alarm. */
import { ApiError } from "../api/client.ts";
import { ErrorBox } from "../design/feedback.tsx";
import { Icon } from "../design/icon.tsx";

interface ProblemProps {
  readonly error: unknown;
  /** What is not shown: "usage by tenant". */
  readonly what: string;
  readonly onRetry: () => void;
}

export function Problem({ error, what, onRetry }: ProblemProps) {
  const sentence = sentenceOf(error, what);
  if (sentence === undefined) return <ErrorBox error={error} onRetry={onRetry} />;
  return (
    <p class="note note-info" role="status">
      <Icon name="info" />
      {sentence}
    </p>
  );
}

/** Undefined for an error that is one. */
export function sentenceOf(error: unknown, what: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.status === 403) return `This key may not see ${what}: ${error.message}`;
  if (error.status === 404) return `This server does not report ${what}.`;
  return undefined;
}

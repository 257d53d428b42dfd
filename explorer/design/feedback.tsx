/** What stands where data would: nothing there, an error, or waiting. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

interface EmptyProps {
  readonly icon?: IconName;
  readonly title: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function Empty({ icon = "search", title, children }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

interface ErrorBoxProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
  readonly children?: ComponentChildren;
}

export function ErrorBox({ error, onRetry, children }: ErrorBoxProps) {
  return (
    <div class="error-box" role="alert">
      <Icon name="warning" />
      <div class="error-text">{error instanceof Error ? error.message : String(error)}</div>
      {onRetry === undefined ? (
        <span />
      ) : (
        <Button small onClick={onRetry}>
          Try again
        </Button>
      )}
      {children !== undefined && <div class="error-detail">{children}</div>}
    </div>
  );
}

export function Spinner({ label = "Loading" }: { readonly label?: string }) {
  return (
    <span role="status">
      <span class="spinner" aria-hidden="true" />
      <span class="visually-hidden">{label}</span>
    </span>
  );
}

/** Shorter waits show nothing. */
const SHOW_AFTER_MS = 300;

interface ProgressProps {
  readonly label: string;
  readonly onCancel?: (() => void) | undefined;
}

/** A bar for a wait of unknown length, with its seconds and a way to end it. Mount it when the wait begins. */
export function Progress({ label, onCancel }: ProgressProps) {
  const [elapsedMs, setElapsed] = useState(0);
  useEffect(() => {
    const start = performance.now();
    const timer = setInterval(() => setElapsed(performance.now() - start), 200);
    return () => clearInterval(timer);
  }, []);
  if (elapsedMs < SHOW_AFTER_MS) return null;
  return (
    <div class="progress-row row" role="status">
      <div class="progress grow" aria-hidden="true" />
      <span class="quiet small number">
        {label} · {Math.floor(elapsedMs / 1000)} s
      </span>
      {onCancel !== undefined && (
        <Button small icon="stop" onClick={onCancel}>
          Cancel
        </Button>
      )}
    </div>
  );
}

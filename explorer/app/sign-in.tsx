/** The form for an access key. The key is checked with the server before it is kept. */
import { useEffect, useRef, useState } from "preact/hooks";
import { newClient } from "../api/client.ts";
import { buildInfo } from "../api/prometheus.ts";
import { Button } from "../design/button.tsx";
import { Field } from "../design/field.tsx";
import { Logo } from "../design/logo.tsx";
import { newSession, type Session } from "./session.ts";

interface SignInProps {
  /** Why the session before ended; "" at first. */
  readonly reason: string;
  readonly onSession: (session: Session) => void;
}

export function SignIn({ reason, onSession }: SignInProps) {
  const [error, setError] = useState(reason);
  const [isChecking, setChecking] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  useEffect(() => setError(reason), [reason]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const session = newSession(String(given.get("id")).trim(), String(given.get("secret")).trim());
    setChecking(true);
    setError("");
    try {
      await buildInfo(newClient(session.authorization, () => {}));
      onSession(session);
    } catch (refused) {
      setError(refused instanceof Error ? refused.message : String(refused));
      setChecking(false);
      first.current?.focus();
    }
  };
  return (
    <main class="sign-in">
      <form id="sign-in" class="card stack" onSubmit={submit}>
        <div class="sign-in-brand">
          <Logo size={36} />
          <h1>Sign in to Hearth</h1>
        </div>
        <p class="quiet">
          With an access key that has the <code>read</code> scope. It stays in this tab and goes to this
          address alone.
        </p>
        <Field label="Access key id" name="id" autocomplete="username" required inputRef={first} />
        <Field
          label="Secret"
          name="secret"
          type="password"
          autocomplete="current-password"
          required
          error={error === "" ? undefined : error}
        />
        <Button kind="primary" type="submit" disabled={isChecking}>
          {isChecking ? "Checking…" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}

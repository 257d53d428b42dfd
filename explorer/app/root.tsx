/** The explorer: signed out, or one of its pages. */
import { render } from "preact";
import { useErrorBoundary, useMemo, useState } from "preact/hooks";
import { newClient } from "../api/client.ts";
import { Empty, ErrorBox } from "../design/feedback.tsx";
import { Link } from "./link.tsx";
import { ClientContext } from "./load.ts";
import { PAGES } from "./pages.ts";
import { address } from "./router.ts";
import { type Session, storedSession, storeSession } from "./session.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./sign-in.tsx";

export function start(parent: HTMLElement): void {
  render(<Root />, parent);
}

function Root() {
  const [session, setSession] = useState(storedSession);
  const [reason, setReason] = useState("");
  const open = (next: Session | undefined, why = "") => {
    storeSession(next);
    setReason(why);
    setSession(next);
  };
  const client = useMemo(
    () => session && newClient(session.authorization, (why) => open(undefined, why)),
    [session],
  );
  if (session === undefined) return <SignIn reason={reason} onSession={open} />;
  const { page } = address.value;
  return (
    <ClientContext.Provider value={client}>
      <Shell current={page} keyId={session.id} onSignOut={() => open(undefined)}>
        <Current key={page} page={page} />
      </Shell>
    </ClientContext.Provider>
  );
}

/** A bug in a page leaves the navigation usable. */
function Current({ page }: { readonly page: string }) {
  const [error, again] = useErrorBoundary();
  const entry = PAGES.find(({ id }) => id === page);
  document.title = `${entry?.title ?? "Not found"} · Hearth`;
  if (error !== undefined) return <ErrorBox error={error} onRetry={again} />;
  if (entry === undefined)
    return (
      <Empty title={`No page is called “${page}”`}>
        <Link page="query">Open the query page</Link>
      </Empty>
    );
  return <entry.component />;
}

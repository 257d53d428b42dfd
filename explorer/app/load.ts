/** Data of a page: loaded when it opens, aborted when it closes. */
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useState } from "preact/hooks";
import { type Client, isAbort } from "../api/client.ts";

export const ClientContext = createContext<Client | undefined>(undefined);

/** The client of the session; pages are shown with one only. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("useClient: no session is open");
  return client;
}

export interface Loaded<T> {
  /** Of the last load that succeeded; it stays while the next one runs or after it fails. */
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** Calls `load` at first and whenever one of `inputs` changes; the call before is aborted then. */
export function useLoad<T>(
  load: (client: Client, signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[] = [],
): Loaded<T> {
  const client = useClient();
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  useEffect(() => {
    const controller = new AbortController();
    setState((last) => ({ ...last, isLoading: true }));
    load(client, controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ data, error: undefined, isLoading: false });
      },
      (error: unknown) => {
        if (controller.signal.aborted || isAbort(error)) return;
        setState((last) => ({ ...last, error, isLoading: false }));
      },
    );
    return () => controller.abort();
  }, [client, round, ...inputs]);
  return { ...state, reload: useCallback(() => setRound((last) => last + 1), []) };
}

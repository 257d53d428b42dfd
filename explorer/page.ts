/** The explorer: log in with an access key, then query. */
import "uplot/dist/uPlot.min.css";
import "./explorer.css";
import { HEARTH_VERSION } from "../lib/model/version.ts";
import { newApi } from "./api.ts";
import { find } from "./elements.ts";
import { explore } from "./explore.ts";
import { newSession, type Session, storedSession, storeSession } from "./session.ts";

const logIn = find("log-in", HTMLFormElement);
const logOut = find("log-out", HTMLButtonElement);
const explorer = find("explore", HTMLElement);
const who = find("who", HTMLElement);
let open = new AbortController();

function show(session: Session | undefined, reason = ""): void {
  open.abort();
  open = new AbortController();
  storeSession(session);
  logIn.hidden = session !== undefined;
  explorer.hidden = session === undefined;
  logOut.hidden = session === undefined;
  who.textContent = session === undefined ? "" : `key ${session.id}`;
  const error = logIn.querySelector(".error");
  if (error !== null) error.textContent = reason;
  if (session === undefined) logIn.querySelector("input")?.focus();
  else explore(newApi(session), (refused) => show(undefined, refused), open.signal);
}

logIn.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(logIn);
  show(newSession(String(given.get("id")).trim(), String(given.get("secret")).trim()));
});
logOut.addEventListener("click", () => {
  logIn.reset();
  show(undefined);
});
find("version", HTMLElement).textContent = HEARTH_VERSION;
show(storedSession());

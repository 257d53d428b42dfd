/** A headless Chromium with one page, on a profile of its own, that reaches no address but this machine's. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Child } from "../../helpers/child.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { DevTools } from "./devtools.ts";

const WAIT_MS = 60_000;
const POLL_MS = 50;
const VIEWPORT = { width: 1100, height: 900, deviceScaleFactor: 1, mobile: false };

const FLAGS = [
  "--headless=new",
  // As root it has no sandbox; it sees nothing but the pages of the test.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  "--remote-debugging-port=0",
];

export interface Browser extends AsyncDisposable {
  readonly page: Page;
}

export async function startBrowser(): Promise<Browser> {
  const profile = await newTemporaryDirectory("chromium");
  const child = new Child("chromium", [...FLAGS, `--user-data-dir=${profile.path}`, "about:blank"]);
  const end = async () => {
    await child[Symbol.asyncDispose]();
    await profile[Symbol.asyncDispose]();
  };
  try {
    const port = await child.until("listening", async () => {
      return /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(child.output)?.[1];
    });
    const url = await child.until("showing a page", async () => {
      const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
      return (targets as { type: string; webSocketDebuggerUrl: string }[]).find(({ type }) => type === "page")
        ?.webSocketDebuggerUrl;
    });
    return { page: await Page.open(await DevTools.connect(url)), [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

export class Page {
  readonly tools: DevTools;
  /** Where it asked for something. */
  readonly requests: string[] = [];
  /** Exceptions that nobody caught, and what its security policy refused. */
  readonly complaints: string[] = [];

  private constructor(tools: DevTools) {
    this.tools = tools;
    tools.on("Network.requestWillBeSent", ({ request }) => this.requests.push(request.url));
    tools.on("Runtime.exceptionThrown", ({ exceptionDetails }) =>
      this.complaints.push(exceptionDetails.exception?.description ?? exceptionDetails.text),
    );
    tools.on("Log.entryAdded", ({ entry }) => {
      // What a request was answered is the test's affair.
      if (entry.source !== "network") this.complaints.push(`${entry.level}: ${entry.text}`);
    });
  }

  static async open(tools: DevTools): Promise<Page> {
    const page = new Page(tools);
    for (const domain of ["Network", "Runtime", "Log", "Page"]) await tools.call(`${domain}.enable`);
    await tools.call("Emulation.setDeviceMetricsOverride", VIEWPORT);
    // Keys go to a page that has the focus.
    await tools.call("Emulation.setFocusEmulationEnabled", { enabled: true });
    return page;
  }

  async show(url: string): Promise<void> {
    const { errorText } = await this.tools.call("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
  }

  async prefer(scheme: "light" | "dark"): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.tools.call("Emulation.setEmulatedMedia", { features });
  }

  /** The value of a JavaScript expression in the page, as JSON. */
  async value<T>(expression: string): Promise<T> {
    const answer = await this.tools.call("Runtime.evaluate", { expression, returnByValue: true });
    const { result, exceptionDetails } = answer;
    if (exceptionDetails !== undefined) {
      throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    }
    return result.value;
  }

  /** Waits until an expression is true; fails with what the page shows. */
  async until(what: string, expression: string): Promise<void> {
    const deadline = performance.now() + WAIT_MS;
    while (!(await this.value<boolean>(`Boolean(${expression})`))) {
      if (performance.now() > deadline) {
        throw new Error(`not ${what} after ${WAIT_MS} ms; the page shows:\n${await this.text("body")}`);
      }
      await setTimeout(POLL_MS);
    }
  }

  /** What an element shows; of several the first. */
  text(selector: string): Promise<string> {
    return this.value(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  }

  texts(selector: string): Promise<string[]> {
    const all = `document.querySelectorAll(${JSON.stringify(selector)})`;
    return this.value(`Array.from(${all}, (one) => one.innerText)`);
  }

  /** All of the page as a PNG. */
  async screenshot(file: string): Promise<void> {
    const { data } = await this.tools.call("Page.captureScreenshot", { captureBeyondViewport: true });
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.from(data, "base64"));
  }
}

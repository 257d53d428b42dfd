/**
 * A program that accepts remote write over HTTP, in its own process and directory. On Linux only:
 * reads /proc.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WRITE_HEADERS } from "../hearth-app.ts";

export interface ProgramSpec {
  readonly name: string;
  readonly command: string;
  readonly args: (port: number, directory: string) => string[];
  /** In addition to this process' own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly writePath: string;
  readonly readyPath: string;
  /** Called after each replay: makes the program do now what it would do soon. */
  readonly flushPath?: string;
  /** The metric on /metrics that counts the samples it has stored, if it has one. */
  readonly storedMetric?: RegExp;
}

/** /proc counts CPU time in ticks of 10 ms: USER_HZ is 100 on every Linux of these architectures. */
const TICKS_PER_SECOND = 100;
const READY_TIMEOUT_MS = 20_000;
/**
 * A program is idle if it used at most one tick within the first time; the second is the longest
 * wait.
 */
const CALM_MS = 300;
const SETTLE_TIMEOUT_MS = 4000;

export class Program {
  readonly spec: ProgramSpec;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  get port(): number {
    return this.#port;
  }

  private constructor(spec: ProgramSpec, child: ChildProcess, directory: string, port: number) {
    this.spec = spec;
    this.#child = child;
    this.#directory = directory;
    this.#port = port;
  }

  /** Starts it on a free port of this machine and waits until it is ready. */
  static async start(spec: ProgramSpec): Promise<Program> {
    const directory = mkdtempSync(join(tmpdir(), "hearth-bench-"));
    const port = await freePort();
    const env = { ...process.env, ...spec.env };
    const child = spawn(spec.command, spec.args(port, directory), { stdio: "ignore", cwd: directory, env });
    const program = new Program(spec, child, directory, port);
    await program.#waitUntilReady();
    return program;
  }

  /** Sends requests in order; returns the CPU seconds until the program is idle again. */
  async replay(bodies: readonly Uint8Array[]): Promise<number> {
    const before = this.#ticks();
    for (const body of bodies) await this.#send("POST", this.spec.writePath, body);
    if (this.spec.flushPath !== undefined) await this.#send("GET", this.spec.flushPath);
    await this.#settle();
    return (this.#ticks() - before) / TICKS_PER_SECOND;
  }

  /** Sends one request and reads the whole response without keeping it; returns its bytes. */
  async exchange(path: string, body: Uint8Array): Promise<number> {
    const response = await this.#begin("POST", path, body);
    let sizeBytes = 0;
    for await (const part of response) sizeBytes += part.length;
    if (response.statusCode === 200) return sizeBytes;
    throw new Error(`${this.spec.name}: POST ${path} answered ${response.statusCode}`);
  }

  /** Sends a request without a body; returns the response's body. */
  post(path: string): Promise<string> {
    return this.#send("POST", path);
  }

  /** Returns the body. */
  get(path: string): Promise<string> {
    return this.#send("GET", path);
  }

  /** The samples that it reports as stored. */
  async storedSamples(): Promise<number | undefined> {
    if (this.spec.storedMetric === undefined) return undefined;
    return Number(this.spec.storedMetric.exec(await this.#send("GET", "/metrics"))?.[1]);
  }

  /** CPU seconds since its start. */
  cpuSeconds(): number {
    return this.#ticks() / TICKS_PER_SECOND;
  }

  /** Its peak memory. */
  peakBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    if (this.#child.exitCode === null) {
      this.#child.kill();
      await once(this.#child, "exit");
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #waitUntilReady(): Promise<void> {
    for (let waited = 0; waited < READY_TIMEOUT_MS; waited += 100) {
      await sleep(100);
      if (this.#child.exitCode !== null) break;
      if (await this.#send("GET", this.spec.readyPath).then(Boolean, () => false)) return;
    }
    await this.close();
    throw new Error(`${this.spec.name}: not ready in time, code=${this.#child.exitCode}`);
  }

  async #settle(): Promise<void> {
    for (let waited = 0; waited < SETTLE_TIMEOUT_MS; waited += CALM_MS) {
      const before = this.#ticks();
      await sleep(CALM_MS);
      if (this.#ticks() - before <= 1) return;
    }
  }

  /**
   * User and system time of all its threads, ended ones included.
   * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
   */
  #ticks(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  }

  async #begin(method: string, path: string, body?: Uint8Array): Promise<IncomingMessage> {
    const { Authorization } = WRITE_HEADERS;
    const headers =
      body === undefined ? { Authorization } : { ...WRITE_HEADERS, "Content-Length": body.length };
    const sent = request({ port: this.#port, host: "127.0.0.1", agent: this.#agent, method, path, headers });
    sent.end(body);
    const [response] = await once(sent, "response");
    return response;
  }

  /** Returns the body; throws unless the status is 2xx. */
  async #send(method: string, path: string, body?: Uint8Array): Promise<string> {
    const response = await this.#begin(method, path, body);
    const text = Buffer.concat(await response.toArray()).toString();
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return text || "ok";
    throw new Error(`${this.spec.name}: ${method} ${path} answered ${statusCode}: ${text}`);
  }
}

/** The first line of `command --version`, or the package it is installed as; undefined if it is not. */
export function installedVersion(command: string): string | undefined {
  const { error, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  if (error !== undefined) return undefined;
  const version = /\d+\.\d+\.\S+/.exec(stdout)?.[0];
  const { stdout: listed } = spawnSync("dpkg-query", ["--list", command], { encoding: "utf8" });
  return version ?? /^ii +\S+ +(\S+)/m.exec(listed ?? "")?.[1] ?? "version unknown";
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What a process does to its files, as strace saw it, in order. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

const CALLS =
  "openat,creat,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,mkdir,mkdirat";

export type FileEvent =
  | { readonly kind: "create" | "remove" | "make directory"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly bytes: Buffer }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  /** `since`: how many events came before it was called, which it makes durable. */
  | { readonly kind: "sync"; readonly path: string; readonly since: number }
  | { readonly kind: "line"; readonly text: string };

/** Whether strace is there and may look into processes. */
export function hasStrace(): boolean {
  return spawnSync("strace", ["-f", "-o", "/dev/null", process.execPath, "--version"]).status === 0;
}

/** Runs a program; throws what it prints to standard error when it fails. `traceFile` is removed. */
export function traceFiles(directory: string, command: readonly string[], traceFile: string): FileEvent[] {
  const options = ["-f", "-y", "-xx", "-s", "1000000", "-e", `trace=${CALLS}`, "-o", traceFile];
  const { status, stderr } = spawnSync("strace", [...options, ...command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`strace ${command.join(" ")}: status ${status}\n${stderr}`);
  const text = readFileSync(traceFile, "latin1");
  rmSync(traceFile);
  return parseTrace(text, directory);
}

/** Only of files below a directory, and what is written to standard output, line by line. */
export function parseTrace(text: string, directory: string): FileEvent[] {
  const events: FileEvent[] = [];
  const begun = new Map<string, { readonly call: string; readonly since: number }>();
  for (const line of text.split("\n")) {
    const found = /^(\d+) +(.*)$/s.exec(line);
    if (found === null) continue;
    const [, thread, rest] = found;
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(rest);
    if (resumed === null && rest.endsWith("<unfinished ...>")) {
      begun.set(thread, { call: rest.slice(0, -"<unfinished ...>".length), since: events.length });
      continue;
    }
    const before = resumed === null ? undefined : begun.get(thread);
    const call = before === undefined ? rest : before.call + resumed![1];
    events.push(...eventsOf(call, before?.since ?? events.length, directory));
  }
  return events;
}

function eventsOf(line: string, since: number, directory: string): FileEvent[] {
  const found = /^(\w+)\((.*)\) += (-?\d+)/s.exec(line);
  if (found === null || Number(found[3]) < 0) return [];
  const [, call, args, result] = found;
  const strings = [...args.matchAll(/"([^"]*)"/g)].map(([, hex]) => bytesOf(hex));
  const paths = strings.map((bytes) => bytes.toString());
  const descriptor = /^(\d+)<([^>]*)>/.exec(args);
  const open = descriptor === null ? "" : bytesOf(descriptor[2]).toString();
  const isOurs = (path: string) => path === directory || path.startsWith(`${directory}/`);
  switch (call) {
    case "openat":
    case "creat":
      return /O_TRUNC|O_CREAT/.test(args) && isOurs(paths[0]) ? [{ kind: "create", path: paths[0] }] : [];
    case "write":
      if (descriptor?.[1] === "1") return linesOf(strings[0]);
      return isOurs(open)
        ? [{ kind: "write", path: open, bytes: strings[0].subarray(0, Number(result)) }]
        : [];
    case "fsync":
    case "fdatasync":
      return isOurs(open) ? [{ kind: "sync", path: open, since }] : [];
    case "rename":
    case "renameat":
    case "renameat2":
      return isOurs(paths[0]) ? [{ kind: "rename", path: paths[0], to: paths[1] }] : [];
    case "unlink":
    case "unlinkat":
      return isOurs(paths[0]) ? [{ kind: "remove", path: paths[0] }] : [];
    case "mkdir":
    case "mkdirat":
      return isOurs(paths[0]) ? [{ kind: "make directory", path: paths[0] }] : [];
    default:
      // A file is written from its beginning to its end.
      if (isOurs(open)) throw new Error(`a call that the replay does not know: ${line.slice(0, 100)}`);
      return [];
  }
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}

function linesOf(bytes: Buffer): FileEvent[] {
  return bytes
    .toString()
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => ({ kind: "line", text }));
}

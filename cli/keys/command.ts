/** `hearthdb keys COMMAND`: which of them a command line means. */
import { expectNone, expectOne, usage } from "../arguments.ts";
import type { Target } from "../target.ts";
import {
  createCommand,
  deleteCommand,
  disableCommand,
  enableCommand,
  type GivenKey,
  type KeysOptions,
  listCommand,
  rotateCommand,
} from "./keys.ts";
import type { Print } from "./print-key.ts";

type Command = (target: Target) => Promise<void>;

/** The work of a command line of `keys`. Throws for one that is none. */
export function findKeysCommand(
  [command, ...rest]: readonly string[],
  values: KeysOptions & GivenKey,
  print: Print,
): Command {
  switch (command) {
    case "create":
      expectNone(rest);
      return ({ table, clock }: Target) => createCommand(table, values, clock, print);
    case "list":
      expectNone(rest);
      return ({ table, clock }: Target) => listCommand(table, values, clock, print);
    case "rotate": {
      const id = expectOne(rest, "the id of one access key");
      return ({ table, clock }: Target) => rotateCommand(table, id, values, clock, print);
    }
    case "disable": {
      const id = expectOne(rest, "the id of one access key");
      return ({ table, clock }: Target) => disableCommand(table, id, clock, print);
    }
    case "enable": {
      const id = expectOne(rest, "the id of one access key");
      return ({ table, clock }: Target) => enableCommand(table, id, clock, print);
    }
    case "delete": {
      const id = expectOne(rest, "the id of one access key");
      return ({ table, clock }: Target) => deleteCommand(table, id, clock, print);
    }
    default:
      throw usage(command === undefined ? "keys: no command" : `keys: unknown command ${command}`);
  }
}

/** The key that the environment names, as `npm start` takes it. */
export function givenKey(env: Readonly<Record<string, string | undefined>>): GivenKey {
  const { HEARTH_ACCESS_KEY_ID: id, HEARTH_SECRET_ACCESS_KEY: secret } = env;
  return { id: id || undefined, secret: secret || undefined };
}

/** Rules of the pace, each with the change that breaks it, which the scenarios must find. */
import type { Mutation } from "../mutations/mutation.ts";

const edit = (file: string, from: string, to: string) => ({
  file: `lib/storage/compact/pacing/${file}`,
  from,
  to,
});

export const CAPACITY_MUTATIONS: readonly Mutation[] = [
  {
    name: "tokens not counted",
    rule: "what the table bills is taken from the tokens",
    edits: [edit("pacer.ts", "this.#left -= units;", "this.#left -= 0 * units;")],
  },
  {
    name: "whole capacity",
    rule: "tokens come at the compactor's share of the capacity",
    edits: [
      edit(
        "token-bucket.ts",
        "return capacity * share * scale * BURST_SECONDS;",
        "return 3 * capacity * share * scale * BURST_SECONDS;",
      ),
      edit(
        "token-bucket.ts",
        "seconds * refill.capacity * refill.share",
        "3 * seconds * refill.capacity * refill.share",
      ),
    ],
  },
];

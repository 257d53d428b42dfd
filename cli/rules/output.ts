/** Where commands of rules write. */
export interface Output {
  /** A line to standard output. */
  readonly print: (text: string) => void;
  /** A line to standard error. */
  readonly complain: (text: string) => void;
}

export function newOutput(): Output {
  return {
    print: (text) => process.stdout.write(`${text}\n`),
    complain: (text) => process.stderr.write(`${text}\n`),
  };
}

/** The help of the command, whole or of one of its commands: a part of the usage. */

/** Paragraphs of the usage about no command of their own: which table a command works on. */
const ABOUT_TABLES = "The table that a command works on:";

const NEED_NO_TABLE = ["start", "estimate"];

/** All of the usage, or its lines and paragraphs about one command. An unknown command gets all. */
export function helpOf(usage: string, command: string | undefined): string {
  const [synopsis, ...paragraphs] = usage.trimEnd().split("\n\n");
  const lines = synopsis.split("\n").map((line) => line.replace("Usage: ", "").trim());
  const isAbout = (text: string) => new RegExp(`\\b${command}\\b`).test(text);
  const own = lines.filter((line) => line.split(" ")[1] === command);
  if (command === undefined || own.length === 0) return usage.trimEnd();
  const tables = NEED_NO_TABLE.includes(command)
    ? []
    : paragraphs.filter((one) => one.startsWith(ABOUT_TABLES));
  const about = paragraphs.filter((one) => !one.startsWith(ABOUT_TABLES) && isAbout(one));
  return [`Usage: ${own.join("\n       ")}`, ...about, ...tables].join("\n\n");
}

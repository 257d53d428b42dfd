/** Small files of our own beside the database: JSON after its checksum, replaced whole. */
import { open, readFile, rename } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** The content of a file; "absent", or "damaged" when it is not as it was written. */
export async function readChecked(
  file: string,
): Promise<{ readonly content: unknown } | "absent" | "damaged"> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "absent";
    throw error;
  }
  const [checksum, json, ...rest] = text.split("\n");
  if (rest.length !== 1 || rest[0] !== "" || checksum !== String(crc32(json))) return "damaged";
  return { content: JSON.parse(json) };
}

/** The file is on the disk when it resolves. */
export async function writeChecked(file: string, content: unknown): Promise<void> {
  const json = JSON.stringify(content);
  const partial = `${file}.partial`;
  const handle = await open(partial, "w", 0o600);
  try {
    await handle.writeFile(`${crc32(json)}\n${json}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

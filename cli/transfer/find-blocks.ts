/** The blocks below a path, and what of it is left out and why. */
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import type { FoundBlock } from "../../lib/transfer/survey.ts";
import { readMeta } from "../../lib/tsdb/block.ts";
import type { BlockFolder } from "../../lib/tsdb/files.ts";

const DELETION_MARK = "deletion-mark.json";
/** Others' folders that are named in an error. */
const MAX_NAMED = 5;

export interface FoundBlocks {
  readonly blocks: readonly FoundBlock[];
  /** A line for each thing that is left out. */
  readonly notes: readonly string[];
}

export interface FoundFolders {
  readonly folders: readonly BlockFolder[];
  /** Names of folders that are not blocks. */
  readonly others: readonly string[];
}

/** Throws "invalid" where there is no block, "data" for a block whose meta.json cannot be read. */
export async function findBlocks(path: string, found: FoundFolders): Promise<FoundBlocks> {
  const { blocks, notes } = await readFolders(found);
  if (blocks.length === 0 && notes.length === 0) throw nothingIn(path, found.others);
  return { blocks, notes };
}

/** The same; there may be none. */
export async function readFolders({ folders }: FoundFolders): Promise<FoundBlocks> {
  const blocks: FoundBlock[] = [];
  const notes: string[] = [];
  for (const folder of folders) {
    const meta = await readMeta(folder);
    if (meta === undefined) notes.push(`${folder.name}: no meta.json; left out, it is not a whole block`);
    else if (meta.resolutionMs > 0)
      notes.push(
        `${folder.name}: downsampled by Thanos to ${meta.resolutionMs / 1000} s; left out, only raw blocks can be imported`,
      );
    else if ((await readMark(folder)) !== undefined)
      notes.push(`${folder.name}: marked for deletion; left out, other blocks have its samples`);
    else blocks.push({ folder, meta });
  }
  return { blocks, notes };
}

function nothingIn(path: string, others: readonly string[]): HearthError {
  const named = others.slice(0, MAX_NAMED).join(", ");
  const hint =
    others.length > 0
      ? `; it holds ${named}${others.length > MAX_NAMED ? ", …" : ""}: give the folder of one tenant`
      : "";
  return new HearthError(
    "invalid",
    `${path}: no blocks, expected a folder with meta.json or with blocks${hint}`,
  );
}

async function readMark(folder: BlockFolder): Promise<string | undefined> {
  try {
    return await folder.readText(DELETION_MARK);
  } catch (cause) {
    throw new HearthError("data", `${folder.name}/${DELETION_MARK}: ${errorMessage(cause)}`, { cause });
  }
}

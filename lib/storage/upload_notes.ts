/**
 * Uploads in parts that have been begun, as the state folder has them: what a run that is killed leaves at the endpoint costs
 * money, and nothing else would ever remove it.
 *
 * A note is written before an upload is begun, and has its id from then on. So of each that is left there is a note; of one
 * whose answer never came, the endpoint is asked which there are.
 *
 * @module
 */

import { remove } from "../disk/resume_store.ts";
import type { BucketClient } from "./bucket_client.ts";
import { BucketError } from "./bucket_error.ts";
import { listUploads } from "./listing.ts";

/** How notes are called. */
const ENDING = ".upload";

/** Milliseconds that giving up an upload may take; what is left then, the next run gives up. */
const ABORT_MS = 5_000;

/** The note of an upload. */
export class UploadNote {
  readonly #path: string;
  readonly #key: string;

  /**
   * Notes that an upload is about to begin.
   *
   * @param state The state folder.
   * @param key The object's key.
   */
  constructor(state: string, key: string) {
    this.#path = `${state}/${crypto.randomUUID()}${ENDING}`;
    this.#key = key;
    this.#write({ key });
  }

  /** Notes what the endpoint calls it. */
  name(uploadId: string): void {
    this.#write({ key: this.#key, uploadId });
  }

  /** Removes the note: nothing of the upload is left. */
  remove(): void {
    remove(this.#path);
  }

  #write(note: { key: string; uploadId?: string }): void {
    Deno.writeTextFileSync(this.#path, JSON.stringify(note));
  }
}

/**
 * Gives up what runs before have begun and not ended.
 *
 * @param client Asks the endpoint.
 * @param state The state folder.
 * @param signal Ends it.
 */
export async function abortLeftovers(client: BucketClient, state: string, signal?: AbortSignal): Promise<void> {
  for (const { name } of [...Deno.readDirSync(state)]) {
    if (!name.endsWith(ENDING)) continue;
    const { key, uploadId } = readNote(`${state}/${name}`);
    const ids = key === undefined ? [] : uploadId === undefined ? await uploadsOf(client, key, signal) : [uploadId];
    const ended = await Promise.all(ids.map((id) => abortUpload(client, key ?? "", id, signal)));
    if (ended.every(Boolean)) remove(`${state}/${name}`);
  }
}

/** Those of an object; none where the endpoint can't list them. */
async function uploadsOf(client: BucketClient, key: string, signal: AbortSignal | undefined): Promise<string[]> {
  try {
    return await listUploads(client, key, { signal, retries: false });
  } catch (error) {
    if (error instanceof BucketError) return [];
    throw error;
  }
}

/** What a note says; nothing if the run was killed while it wrote it, before it asked for anything. */
function readNote(path: string): { key?: string; uploadId?: string } {
  try {
    const { key, uploadId } = JSON.parse(Deno.readTextFileSync(path)) ?? {};
    return typeof key === "string" ? { key, ...typeof uploadId === "string" && { uploadId } } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/**
 * Gives up an upload.
 *
 * @param client Asks the endpoint.
 * @param key The object's key.
 * @param uploadId What the endpoint calls the upload.
 * @param signal Ends it. Default: nothing but a deadline does.
 * @returns Whether nothing of it is left.
 */
export async function abortUpload(
  client: BucketClient,
  key: string,
  uploadId: string,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await client.send({ method: "DELETE", key, query: { uploadId } }, { signal, retries: false, deadlineMs: ABORT_MS });
    return true;
  } catch (error) {
    return error instanceof BucketError && error.about.code === "NoSuchUpload";
  }
}

/**
 * The unfinished bodies that an output folder has, and how much of each can be resumed.
 *
 * @module
 */

import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import { fingerprintHex } from "./fingerprint.ts";
import { type Resumable, resumeRequest, type Validator } from "./resume.ts";
import { checkBlocks, cutResumeData, readResumeData, ResumeDataWriter } from "./resume_data.ts";
import { fileError } from "./save_error.ts";

/** The unfinished bodies of a folder, as one isolate sees them. */
export class ResumeStore {
  readonly #state: string;
  /** Of each, the resume data that this process has seen to be right. */
  readonly #seen = new Map<string, string>();

  /**
   * Looks which there are.
   *
   * @param state The folder that they are in.
   */
  constructor(state: string) {
    this.#state = state;
    for (const { name } of Deno.readDirSync(state)) if (name.endsWith(".part")) this.#seen.set(`${state}/${name}`, "");
  }

  /** Where the bytes of an unfinished body are, by what was asked for. */
  pathOf(key: string): string {
    return `${this.#state}/${fingerprintHex(key)}.part`;
  }

  /**
   * Looks for an unfinished body of a download, and whether it is as it was written.
   *
   * @param url Its URL.
   * @param key What was asked for; see `downloadKey()`.
   * @param options `isRetry`: whether it may have been left by another worker since this one began (default: false).
   * `signal`: ends the looking. `others`: URLs of the same file, whose bytes stay for when they are asked (default: none).
   * @returns What there is, and the headers that ask for the rest; undefined when there is nothing to resume.
   * @throws {CannotWriteError} If it is there and can't be read.
   * @throws {SaveError} If it can't be read just now.
   */
  find(
    url: string,
    key: string,
    { isRetry = false, ...options }: { isRetry?: boolean; signal?: AbortSignal; others?: readonly string[] } = {},
  ): Promise<Resumable | undefined> | undefined {
    if (!isRetry && this.#seen.size === 0) return undefined;
    const path = this.pathOf(key);
    if (!isRetry && !this.#seen.has(path)) return undefined;
    return this.#check(path, { url, key, ...options });
  }

  /**
   * Begins the resume data of a body that is written, or goes on with it.
   *
   * @param path Where the bytes are.
   * @param of What they are of; which unfinished body they resume, if that is so; which version they are, if that is known.
   * @returns Writes it. Undefined if there is no version to name.
   */
  describe(
    path: string,
    { key, validator, resumes }: { key: string; validator?: Validator; resumes?: Resumable },
  ): ResumeDataWriter | undefined {
    if (resumes !== undefined) return ResumeDataWriter.resume(dataPathOf(path), resumes.bytes);
    return validator && ResumeDataWriter.begin(dataPathOf(path), key, validator);
  }

  /**
   * Keeps an unfinished body, to resume it.
   *
   * @param path Where its bytes are.
   * @param data Writes its resume data. Default: it is as {@linkcode find} saw it.
   * @throws What the file system says, if not all of it can be kept: that the disk is full, for example.
   */
  keep(path: string, data: ResumeDataWriter | undefined): void {
    if (data === undefined) return;
    this.#seen.set(path, "");
    data.flush();
    this.#seen.set(path, Deno.readTextFileSync(dataPathOf(path)));
  }

  /** Forgets an unfinished body, if it is there. */
  forget(path: string): undefined {
    this.#seen.delete(path);
    remove(path);
    remove(dataPathOf(path));
  }

  async #check(
    path: string,
    { url, key, signal, others = [] }: { url: string; key: string; signal?: AbortSignal; others?: readonly string[] },
  ): Promise<Resumable | undefined> {
    try {
      const dataPath = dataPathOf(path);
      const data = readResumeData(dataPath, key);
      // A version says nothing of what another host has, so these bytes are of no use to this one
      if (data && data.validator.url !== url && others.includes(data.validator.url)) return undefined;
      // What has another name too has been finished, and its run killed just then: it isn't to be written to any more
      if (data?.validator.url !== url || (Deno.statSync(path).nlink ?? 1) > 1) return this.forget(path);
      const seen = this.#seen.get(path) ?? "";
      const known = seen.startsWith(`${data.head}\n`) ? blocksAlike(seen, data) : 0;
      const right = await checkBlocks(path, data, { known, signal });
      if (right < data.blocks.length || !data.isWhole) {
        data.blocks.length = right;
        cutResumeData(dataPath, data);
      }
      const bytes = data.blocks.reduce((sum, block) => sum + block.bytes, 0);
      if (bytes < KEEP_PARTIAL_FROM) return this.forget(path);
      this.#seen.set(path, Deno.readTextFileSync(dataPath));
      return { ...data.validator, ...resumeRequest(data.validator, bytes), path };
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return this.forget(path);
      throw fileError(`cannot read the unfinished ${path}`, cause);
    }
  }
}

/** How many blocks of resume data have been seen before. */
function blocksAlike(seen: string, { blocks }: { blocks: readonly { bytes: number; sum: string }[] }): number {
  const lines = seen.split("\n").slice(1, -1);
  const differs = lines.findIndex((line, i) => line !== `${blocks[i]?.bytes} ${blocks[i]?.sum}`);
  return differs < 0 ? lines.length : differs;
}

function dataPathOf(path: string): string {
  return path.replace(/part$/, "json");
}

/** Removes a file, if it is there. */
export function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

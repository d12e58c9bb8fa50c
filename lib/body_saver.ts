/**
 * From a response to a file: what the file must be called, how long it must be, and whether it continues an unfinished one.
 *
 * @module
 */

import { ONE_GO_BYTES } from "../constants.ts";
import { bytesOf, chunksOf } from "./response_body.ts";
import type { SharedNames } from "./claimed_names.ts";
import type { Watched } from "./deadlines.ts";
import type { Job } from "./download.ts";
import { nameFromHeader } from "./file_name.ts";
import { downloadKey } from "./output_folder.ts";
import { judgeRest, type Partial, validatorOf, wholeLength } from "./partial.ts";
import { Saver, type SaveTarget } from "./save.ts";

/** How to save. */
export interface BodySaverOptions {
  /** The output folder, which the main isolate has open. */
  folder: string;
  /** The names that are taken in it. */
  names: SharedNames;
  /** Compute the SHA-256 of every body, not only of those whose SHA-256 is given. */
  digest: boolean;
}

/** What came of saving, as an outcome tells it. */
export interface SavedBody {
  /** The file, a path within the output folder. */
  file: string;
  /** Its bytes. */
  size: number;
  /** Its SHA-256, if it was computed. */
  sha256?: string;
}

/** What a response is to. */
export interface SavingOptions {
  /** The download. */
  job: Job;
  /** The attempt, which is told of what arrives. */
  attempt: Watched;
  /** The unfinished body that this is the rest of, as {@linkcode BodySaver.request} said. Default: it is the whole. */
  restOf?: Partial;
  /** The body, if it has been read already. Default: it is read here. */
  body?: Uint8Array;
}

/** Asks for a URL, with further headers if there are any. */
export type Ask = (headers?: Record<string, string>) => Promise<Response>;

/** Saves bodies. Every isolate has its own. */
export class BodySaver implements Disposable {
  readonly #saver: Saver;

  /**
   * Opens the journal to add to it.
   *
   * @param options Where to save, and how.
   * @throws {CannotWriteError} If the folder can't be written.
   */
  constructor({ folder, names, digest }: BodySaverOptions) {
    this.#saver = new Saver(folder, { names, digest });
  }

  /**
   * Asks for what is missing of a download: all of it, or the rest of a body that broke off before.
   *
   * @param job The download.
   * @param ask Makes a request.
   * @returns The response, and the unfinished body that it is the rest of, if it is one.
   * @throws What `ask` throws.
   */
  async request(job: Job, ask: Ask): Promise<{ response: Response; restOf?: Partial }> {
    const partial = this.#saver.partial(job.url, downloadKey(job), job.attempt > 1);
    if (partial === undefined) return { response: await ask() };
    const response = await ask(partial.headers);
    const answer = judgeRest(partial, response);
    if (answer === "rest") return { response, restOf: partial };
    // What is encoded stays so in an answer to a request for a part: fetch() decodes only what it asked for
    const isUsable = answer !== "neither" && !(answer === "whole" && response.headers.has("content-encoding"));
    if (isUsable) return { response };
    await response.body?.cancel();
    this.#saver.discard(partial);
    return { response: await ask() };
  }

  /**
   * Saves the body of a response.
   *
   * @param response The response, with status 2xx.
   * @param options What it is the response to.
   * @returns Where it is saved.
   * @throws {SaveError} If it isn't what it must be, or its name can't be had.
   * @throws {CannotWriteError} If nothing can be written.
   * @throws {Error} What reading the body throws, as it is.
   */
  async save(
    response: Response,
    { job, attempt, restOf, body }: SavingOptions,
  ): Promise<SavedBody> {
    if (job.target === undefined) throw new Error(`${job.url} is to be saved, but not where`);
    const disposition = job.name === undefined ? response.headers.get("content-disposition") : null;
    const length = body?.length ?? wholeLength(response);
    const inOneGo = restOf === undefined && (length ?? Infinity) <= ONE_GO_BYTES;
    const validator = inOneGo ? undefined : validatorOf(job.url, response);
    const target: SaveTarget = {
      ...job.target,
      key: downloadKey(job),
      serverName: disposition === null ? undefined : await nameFromHeader(disposition),
      length: restOf ? validator?.length ?? restOf.length : length,
      sha256: job.sha256,
      validator,
      restOf,
    };
    const { file, bytes: size, sha256 } = inOneGo
      ? await this.#saver.saveBytes(body ?? await bytesOf(response, attempt), target)
      : await this.#saver.saveStream(chunksOf(response, attempt), target);
    return sha256 === undefined ? { file, size } : { file, size, sha256 };
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#saver[Symbol.dispose]();
  }
}

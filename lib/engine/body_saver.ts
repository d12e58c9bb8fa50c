/**
 * From a response to a file: what the file must be called, how long it must be, and whether it resumes an unfinished one.
 *
 * @module
 */

import { ONE_GO_BYTES } from "../../constants.ts";
import type { Answer } from "../core/answer.ts";
import type { Saving, Settings } from "../core/settings.ts";
import type { Watched } from "../http/watched.ts";
import { discard } from "../http/discard.ts";
import type { Job } from "../core/download.ts";
import { nameFromHeader } from "../disk/file_name.ts";
import { downloadKey } from "../disk/output_folder.ts";
import {
  judgeAnswer,
  type RangeAnswer,
  type Resumable,
  resumedLength,
  validatorOf,
  wholeLength,
} from "../disk/resume.ts";
import { chunksOf, wholeBody } from "../http/response_body.ts";
import { type Saved, Saver, type SaveTarget } from "../disk/save.ts";
import { refuseLarger, upTo } from "../http/size_limit.ts";
import { notOurs } from "./gated_send.ts";

/** What a {@linkcode BodySaver} is made with. */
export type BodySaverOptions = Saving & Pick<Settings, "digest" | "maxFilesize"> & { mayGoOn?: () => boolean };

/** Saves bodies. Every isolate has its own. */
export class BodySaver implements Disposable {
  readonly #saver: Saver;
  readonly #maxFilesize: number;

  /**
   * Opens the journal to add to it.
   *
   * @param options Where to save, whether to compute the SHA-256 of every body, bytes that a file may have at most, and
   * whether what has been begun may still go on when it is to get its name (default: it always may).
   * @throws {CannotWriteError} If the folder can't be written.
   */
  constructor({ folder, names, state, digest, maxFilesize, mayGoOn }: BodySaverOptions) {
    this.#maxFilesize = maxFilesize;
    const checkOurs = mayGoOn && (() => {
      if (!mayGoOn()) throw notOurs();
    });
    this.#saver = new Saver(folder, { names, state, digest, checkOurs });
  }

  /**
   * Looks for a body that broke off before.
   *
   * @param job The download.
   * @param signal Ends the looking.
   * @returns What there is of it, and the headers that ask for what is missing; undefined when there is nothing to resume.
   * @throws {CannotWriteError} If it is there and can't be read.
   */
  findUnfinished(job: Job, signal?: AbortSignal): Promise<Resumable | undefined> | undefined {
    return this.#saver.unfinished.find(job.url, downloadKey(job), { isRetry: job.attempt > 1, signal });
  }

  /**
   * Says whether an answer resumes an unfinished body.
   *
   * @param resumable The unfinished body, from {@linkcode findUnfinished}.
   * @param response The answer.
   * @returns What it is. If it is `neither`, it has been cancelled, the unfinished body is forgotten, and the URL has to be
   * asked for as if there had been none.
   */
  async checkAnswer(resumable: Resumable, response: Answer): Promise<RangeAnswer> {
    const answer = judgeAnswer(resumable, response);
    if (answer === "whole") this.#saver.unfinished.forget(resumable.path);
    if (answer !== "neither") return answer;
    await discard(response);
    this.#saver.unfinished.forget(resumable.path);
    return "neither";
  }

  /**
   * Saves the body of a response.
   *
   * @param response The response, with status 2xx.
   * @param options `job`: the download. `attempt`: where to note what arrives. `resumes`: the unfinished body that this
   * resumes, as {@linkcode checkAnswer} said (default: it is the whole). `body`: the body, if it has been read already.
   * @returns Where it is saved.
   * @throws {SaveError} If it isn't what it must be, or its name can't be had.
   * @throws {BodyError} If it is larger than a file may be.
   * @throws {CannotWriteError} If nothing can be written.
   * @throws {Error} What reading the body throws, as it is.
   */
  async save(
    response: Answer,
    { job, attempt, resumes, body }: { job: Job; attempt: Watched; resumes?: Resumable; body?: Uint8Array },
  ): Promise<Saved> {
    if (job.target === undefined) throw new Error(`${job.url} is to be saved, but not where`);
    const disposition = job.name === undefined ? response.headers.get("content-disposition") : null;
    const length = body?.length ?? wholeLength(response);
    const inOneGo = resumes === undefined && length !== undefined && length <= ONE_GO_BYTES;
    const validator = inOneGo ? undefined : validatorOf(job.url, response);
    const target: SaveTarget = {
      ...job.target,
      key: downloadKey(job),
      serverName: disposition === null ? undefined : await nameFromHeader(disposition),
      isShared: job.partition !== undefined,
      length: resumes ? resumedLength(resumes, response) : length,
      sha256: job.sha256,
      validator,
      resumes,
      onKept(bytes) {
        attempt.keptBytes = bytes;
      },
      // From a connection of our own, a body without TLS comes as fast as it is written: 100 MB took a quarter less time.
      // Others keep the processor busy meanwhile: over TLS it took a tenth more, and half as much again through fetch().
      overlaps: response.lend !== undefined && response.url.startsWith("http:"),
    };
    const most = this.#maxFilesize;
    const refused = refuseLarger(response, { most, announced: target.length });
    if (refused) await refused;
    if (!inOneGo) {
      const chunks = upTo(chunksOf(response, attempt), { most, bytes: resumes?.bytes });
      return await this.#saver.saveStream(chunks, target);
    }
    const save = (bytes: Uint8Array) => {
      attempt.bytes = bytes.length;
      return this.#saver.saveBytes(bytes, target);
    };
    if (body) return await save(body);
    return await (response.lend?.(save) ?? save(await wholeBody(response, length, attempt)));
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#saver[Symbol.dispose]();
  }
}

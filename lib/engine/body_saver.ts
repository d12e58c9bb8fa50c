/**
 * From a response to a file: what the file must be called, how long it must be, and whether it resumes an unfinished one.
 *
 * @module
 */

import { ONE_GO_BYTES } from "../../constants.ts";
import type { Answer } from "../core/answer.ts";
import type { Saving, Settings } from "../core/settings.ts";
import type { Deadlines } from "../http/deadlines.ts";
import { discard } from "../http/discard.ts";
import { bothDigests, type Digests, readReprDigest } from "../core/digests.ts";
import type { FileVersion, Job } from "../core/download.ts";
import type { Destination } from "../disk/destination.ts";
import { conditionOf, confirms, isAsSaved, modifiedAt, versionText } from "../disk/file_version.ts";
import { nameFromHeader } from "../disk/file_name.ts";
import { downloadKey } from "../disk/output_folder.ts";
import {
  judgeAnswer,
  type RangeAnswer,
  type Resumable,
  resumedLength,
  type Validator,
  validatorOf,
  wholeLength,
} from "../disk/resume.ts";
import { chunksOf, wholeBody } from "../http/response_body.ts";
import { type Saved, Saver, type SaverOptions, type SaveTarget } from "../disk/save.ts";
import { verifyFile } from "../disk/verify_file.ts";
import { refuseLarger, upTo } from "../http/size_limit.ts";
import type { Attempt } from "./attempt.ts";
import { notOurs } from "./gated_send.ts";
import { isNamedByServer } from "./own_coding.ts";

/** What a {@linkcode BodySaver} is made with. */
export type BodySaverOptions =
  & Saving
  & Pick<Settings, "digest" | "maxFilesize" | "update" | "mtime" | "raw" | "segments">
  & { mayGoOn?: () => boolean };

/** Bytes of a body from which on it may come in segments: below, further connections cost about what they bring. */
const SEGMENTS_FROM = 8_000_000;

/** What a {@linkcode BodySaver} needs for bodies that don't become files of their own in the folder. */
export interface ElsewhereOptions {
  /** Makes what bodies go to. Default: each becomes a file, or an object, of its own. */
  store?: SaverOptions["store"];
  /** Says where each body is from. Default: nobody asks. */
  originOf?: typeof import("./origin_of.ts").originOf;
  /** Where whole bodies go, which it closes in the end. Default: to the folder. */
  destination?: Destination & Disposable;
  /** Watches the attempts, whose clocks stand still while their bodies go there. Default: nothing does. */
  deadlines?: Deadlines;
}

/** A file that is there, and the request for it if it has changed. */
export interface Updatable extends FileVersion {
  /** The file, a path within the output folder. */
  file: string;
  /** The headers that ask for it only if it has changed. */
  headers: Record<string, string>;
}

/** Saves bodies. Every isolate has its own. */
export class BodySaver implements Disposable {
  readonly #saver: Saver;
  readonly #options: BodySaverOptions;
  readonly #elsewhere: ElsewhereOptions;
  /** Attempts whose servers can't be asked for segments. */
  readonly #wholes = new WeakSet<Attempt>();

  /**
   * Opens the journal to add to it.
   *
   * @param options Where to save, whether to compute the SHA-256 of every body, bytes that a file may have at most, what is
   * kept to update files later, and whether what has been begun may still go on when it is to get its name (default: it
   * always may).
   * @param elsewhere Where whole bodies go, if they don't become files of their own in the folder.
   * @throws {CannotWriteError} If the folder can't be written.
   */
  constructor(options: BodySaverOptions, elsewhere: ElsewhereOptions = {}) {
    this.#options = options;
    this.#elsewhere = elsewhere;
    const { folder, names, state, digest, mayGoOn } = options;
    const checkOurs = mayGoOn && (() => {
      if (!mayGoOn()) throw notOurs();
    });
    const { store, destination } = elsewhere;
    this.#saver = new Saver(folder, { names, state, digest, checkOurs, store, destination });
  }

  /**
   * Ends what can be ended once nothing more is saved.
   *
   * @throws {CannotWriteError} If that can't be done.
   */
  finish(): Promise<void> {
    return this.#saver.finish();
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
    if (this.#isArchived) return undefined;
    const { url, original = url, mirrors } = job;
    const others = mirrors && [original, ...mirrors];
    const { unfinished } = this.#saver;
    const options = { isRetry: job.attempt > 1, signal, others };
    if (this.#options.segments === 1) return unfinished.find(url, downloadKey(job), options);
    return import("../disk/segment_store.ts").then(({ findSegments }) =>
      unfinished.find(url, downloadKey(job), { ...options, look: findSegments })
    );
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
   * Looks whether the file of a download is right.
   *
   * @param job The download.
   * @param signal Ends the looking.
   * @returns The file; undefined if it has another digest than it must have.
   */
  async verify({ target, sha256, digests }: Job, signal: AbortSignal): Promise<Saved | undefined> {
    const { file } = target ?? {};
    if (file === undefined) return undefined;
    const { folder, digest } = this.#options;
    const right = await verifyFile(`${folder}/${file}`, { sha256, digests }, { digest, signal });
    return right && { file, ...right };
  }

  /**
   * Looks whether a download has a file whose version is known.
   *
   * @param job The download.
   * @returns The file, and the headers to ask with; undefined if it has to be fetched whole.
   */
  findUpdatable({ target }: Job): Updatable | undefined {
    const version = target?.version;
    if (target === undefined || version === undefined || version.isRaw !== this.#options.raw) return undefined;
    const { file } = target;
    return this.#isAsSaved(file, version) ? { ...version, file, headers: conditionOf(version) } : undefined;
  }

  /**
   * Says whether a file needn't be fetched.
   *
   * @param updatable The file, from {@linkcode findUpdatable}.
   * @param response The answer, with status 304.
   * @returns Whether that is about the file as it is there. If not, the URL has to be asked for as if there were none.
   */
  async isUnchanged(updatable: Updatable, response: Answer): Promise<boolean> {
    await discard(response); // some have a body all the same
    return confirms(response, updatable) && this.#isAsSaved(updatable.file, updatable);
  }

  /**
   * Saves the body of a response.
   *
   * @param response The response, with status 2xx.
   * @param options `job`: the download. `attempt`: where to note what arrives. `resumes`: the unfinished body that this
   * resumes, as {@linkcode checkAnswer} said (default: it is the whole). `body`: the body, if it has been read already.
   * @returns Where it is saved; undefined if it has to be asked for again, and isn't to come in segments then.
   * @throws {SaveError} If it isn't what it must be, or its name can't be had.
   * @throws {BodyError} If it is larger than a file may be.
   * @throws {CannotWriteError} If nothing can be written.
   * @throws {Error} What reading the body throws, as it is.
   */
  async save(
    response: Answer,
    { job, attempt, resumes, body }: {
      job: Job;
      attempt: Attempt;
      resumes?: Resumable;
      body?: Uint8Array<ArrayBuffer>;
    },
  ): Promise<Saved & { segments?: number } | undefined> {
    if (job.target === undefined) throw new Error(`${job.url} is to be saved, but not where`);
    const disposition = isNamedByServer(job) ? response.headers.get("content-disposition") : null;
    const length = body?.length ?? wholeLength(response);
    const inOneGo = resumes === undefined && length !== undefined && length <= ONE_GO_BYTES;
    const validator = inOneGo || this.#isArchived ? undefined : validatorOf(job.url, response);
    const target: SaveTarget = {
      ...job.target,
      key: downloadKey(job),
      serverName: disposition === null ? undefined : await nameFromHeader(disposition),
      isShared: job.partition !== undefined,
      hasMirrors: job.mirrors !== undefined,
      length: resumes ? resumedLength(resumes, response) : length,
      sha256: job.sha256,
      digests: digestsOf(job, response),
      ...this.#options.update && this.#versionOf(response),
      ...this.#elsewhere.originOf && await this.#elsewhere.originOf(response, attempt),
      ...this.#elsewhere.destination && this.#onItsWay(attempt),
      validator,
      resumes,
      onKept(bytes) {
        attempt.keptBytes = bytes;
      },
      // From a connection of our own, a body without TLS comes as fast as it is written: 100 MB took a quarter less time.
      // Others keep the processor busy meanwhile: over TLS it took a tenth more, and half as much again through fetch().
      overlaps: response.lend !== undefined && response.url.startsWith("http:"),
    };
    const most = this.#options.maxFilesize;
    const refused = refuseLarger(response, { most, announced: target.length });
    if (refused) await refused;
    const segmented = this.#options.segments === 1 ? undefined : this.#segmented(response, { attempt, target });
    if (segmented && !body) return await this.#saveSegments(response, attempt, segmented);
    if (!inOneGo) {
      const chunks = upTo(chunksOf(response, attempt), { most, bytes: resumes?.bytes });
      return await this.#saver.saveStream(chunks, target);
    }
    const save = (bytes: Uint8Array) => {
      attempt.bytes = bytes.length;
      return this.#saver.saveBytes(bytes, target);
    };
    if (body) return await save(body);
    if (this.#elsewhere.destination) return await save(await ownBody(response, length, attempt));
    return await (response.lend?.(save) ?? save(await wholeBody(response, length, attempt)));
  }

  /** The same as the target of a body that may come in segments. */
  #segmented(response: Answer, { attempt, target }: { attempt: Attempt; target: SaveTarget }) {
    const { length = 0, validator, resumes } = target;
    const isOurs = attempt.send.isOwn && !this.#wholes.has(attempt) && attempt.session.leave !== undefined;
    if (!isOurs || validator === undefined || response.coding !== undefined) return undefined;
    return length >= SEGMENTS_FROM || resumes?.extents ? { ...target, length, validator } : undefined;
  }

  async #saveSegments(
    response: Answer,
    attempt: Attempt,
    target: SaveTarget & { length: number; validator: Validator },
  ) {
    const { saveSegments } = await import("./save_segments.ts");
    const { leave } = attempt.session;
    const saved = leave && await saveSegments(response, { attempt, leave, saver: this.#saver, target });
    if (saved === undefined) this.#wholes.add(attempt);
    return saved;
  }

  #versionOf(response: Answer): Pick<SaveTarget, "newVersion" | "modifiedMs"> {
    const { raw, mtime } = this.#options;
    return {
      newVersion: versionText(response, { isRaw: raw }),
      modifiedMs: mtime ? modifiedAt(response) : undefined,
    };
  }

  /** Whether answers are kept as they were sent: then one that is only a part can't go on with another. */
  get #isArchived(): boolean {
    return this.#options.shards?.format === "warc";
  }

  /** What ends a body on its way elsewhere, which takes no time of its server's. */
  #onItsWay(attempt: Attempt): Pick<SaveTarget, "signal" | "onPut"> {
    const { holds } = this.#elsewhere.deadlines ?? {};
    return {
      signal: attempt.signal,
      onPut() {
        holds?.begin(attempt);
        return () => holds?.end(attempt);
      },
    };
  }

  #isAsSaved(file: string, version: FileVersion): boolean {
    return isAsSaved(`${this.#options.folder}/${file}`, version);
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#saver[Symbol.dispose]();
    this.#elsewhere.destination?.[Symbol.dispose]();
  }
}

/** A body in memory of its own, whose connection is free for other requests while the body goes elsewhere. */
async function ownBody(response: Answer, length: number, attempt: Attempt): Promise<Uint8Array<ArrayBuffer>> {
  const lent = response.lend?.((body) => Promise.resolve(body.slice()));
  return await (lent ?? wholeBody(response, length, attempt));
}

/** The digests that a body must have: the list's, and what its server says (RFC 9530), which is of it as it was packed. */
function digestsOf({ digests }: Job, { headers }: Answer): Digests | undefined {
  const said = headers.get("repr-digest");
  return said === null || headers.has("content-encoding") ? digests : bothDigests(digests, readReprDigest(said));
}

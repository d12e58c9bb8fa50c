/** Whole attempts of a run, as the strategies make them: with deadlines, into files. */

import { ClaimedNames } from "../../lib/disk/claimed_names.ts";
import { downloadOnce } from "../../lib/engine/download.ts";
import { Session } from "../../lib/engine/session.ts";
import { settle } from "../../lib/core/settings.ts";
import type { Came } from "./read_by.ts";
import { type Client, sendBy } from "../helpers/send_by.ts";

/** What attempts share. */
export class Attempts implements AsyncDisposable {
  readonly session: Session;
  readonly folder: string;
  #count = 0;

  /** Makes the folder, and sessions whose every deadline is `deadlineMs`. */
  constructor(deadlineMs: number) {
    this.folder = Deno.makeTempDirSync({ prefix: "fuzz-" });
    Deno.mkdirSync(`${this.folder}/.download-stuff`);
    const settings = settle({
      connectTimeoutMs: deadlineMs,
      idleTimeoutMs: deadlineMs,
      timeoutMs: 2 * deadlineMs,
      retries: 0,
    }, { concurrency: 1 });
    const saving = { folder: this.folder, names: new ClaimedNames().shared, state: ".download-stuff" };
    this.session = new Session({ ...settings, saving }, new AbortController().signal);
  }

  /** Downloads a URL; into a file, if that is wanted. */
  async run(url: string, client: Client | undefined, { saves }: { saves: boolean }): Promise<Came> {
    const id = this.#count++;
    const target = saves ? { file: `f${id}`, naming: "plain" as const } : undefined;
    const outcome = await downloadOnce({ id, url, attempt: 1, target }, this.session, sendBy(client));
    if (outcome.result !== "done") {
      if (outcome.result !== "failed") throw new Error(`an attempt is ${outcome.result}`);
      if (target && hasFile(`${this.folder}/${target.file}`)) throw new Error("an attempt failed and left its file");
      return { kind: "failure", error: `${outcome.kind}: ${outcome.message}`, status: outcome.status };
    }
    const { status = 0, bytes, size, file } = outcome;
    if (file === undefined) return { kind: "whole", status, count: bytes };
    const path = `${this.folder}/${file}`;
    const saved = Deno.readFileSync(path);
    Deno.removeSync(path);
    if (saved.length !== size) throw new Error(`a file of ${saved.length} bytes is reported as ${size}`);
    return { kind: "whole", status, bytes: saved };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.saver;
    this.session[Symbol.dispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function hasFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

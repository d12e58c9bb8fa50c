/**
 * What happens to a download before anything is fetched: whether it is to be fetched at all, and the file it goes to.
 *
 * @module
 */

import type { Download } from "../core/download.ts";
import type { Entry, OutputFolderOptions } from "../disk/output_folder.ts";
import type { Saving, Settings } from "../core/settings.ts";

/** What is to be done with a download: what the output folder says, or fetching it without saving it. */
export type Admission = Entry | { state: "unsaved" };

/** Looks at downloads, in the order of their source. */
export interface Intake extends Disposable {
  /** Says what is to be done with a download. Absent when every one is to be fetched. */
  enter?: (download: Download) => Admission;
  /** What it takes to save bodies. Absent when they aren't saved. */
  saving?: Saving;
}

/**
 * Opens the intake of a run.
 *
 * @param settings Whether there is an output folder, whether URLs that come again are to be fetched again, and whether what is
 * there is updated or checked (default: neither).
 * @param options How to open the folder.
 * @returns The intake; disposing of it closes the output folder.
 * @throws {CannotWriteError} If the output folder can't be written, or another run has it open.
 */
export async function openIntake(
  { output, distinct, update = false, verify = false }:
    & Pick<Settings, "output" | "distinct">
    & Partial<Pick<Settings, "update" | "verify">>,
  options: OutputFolderOptions = {},
): Promise<Intake> {
  if (output === undefined && !distinct) return { [Symbol.dispose]() {} };
  // Imported only here, because most of what it takes is for file names, and takes 12 ms to start
  const { downloadKey, OutputFolder } = await import("../disk/output_folder.ts");
  if (output !== undefined) {
    const folder = await OutputFolder.open(output, { ...options, update, verify });
    return {
      enter: (download) => folder.enter(download),
      saving: { folder: output, names: folder.names.shared },
      [Symbol.dispose]: () => folder[Symbol.dispose](),
    };
  }
  const { UrlTable } = await import("../disk/url_table.ts");
  const seen = new UrlTable();
  return {
    enter: (download) => seen.mark(downloadKey(download), 1) === 0 ? { state: "unsaved" } : { state: "duplicate" },
    [Symbol.dispose]() {},
  };
}

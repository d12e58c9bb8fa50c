/**
 * What happens to a download before anything is fetched: whether it is to be fetched at all, and the file it goes to.
 *
 * @module
 */

import { isBucketAddress } from "../core/bucket_address.ts";
import type { Download } from "../core/download.ts";
import type { Entry, OutputFolder, OutputFolderOptions } from "../disk/output_folder.ts";
import type { Saving, Settings } from "../core/settings.ts";
import type { SharedDownload, SharedRun } from "../core/shared_run.ts";
import { SHARD_BYTES } from "../core/shards.ts";
import type { BucketOutputSettings } from "./bucket_output.ts";

/**
 * What is to be done with a download: what the output folder says, or fetching it without saving it; or nothing, because its
 * partition of a run that machines share has gone to another one.
 */
export type Admission = Entry | { state: "unsaved" } | { state: "withdrawn" };

/** Looks at downloads, in the order of their source. */
export interface Intake extends Disposable {
  /** Says what is to be done with a download. Absent when every one is to be fetched. */
  enter?: (download: Download) => Admission;
  /** What it takes to save bodies. Absent when they aren't saved. */
  saving?: Saving;
  /** Ends what has been saved, once no isolate saves any more. Absent when that is done already. */
  finish?: () => Promise<void>;
}

/** What an intake takes from the settings. */
export type IntakeSettings =
  & Pick<Settings, "output" | "distinct">
  & Partial<Pick<Settings, "update" | "verify" | "outputFormat" | "shardSize">>
  & BucketOutputSettings;

/**
 * Opens the intake of a run.
 *
 * @param settings Whether there is an output folder, whether URLs that come again are to be fetched again, whether what is
 * there is updated or checked (default: neither), whether it goes into shards (default: no); and how to reach a bucket.
 * @param options How to open the folder, and the run that this one is a part of, if it is.
 * @returns The intake; disposing of it closes the output folder.
 * @throws {CannotWriteError} If the output folder can't be written, or another run has it open.
 */
export async function openIntake(
  settings: IntakeSettings,
  options: OutputFolderOptions & { shared?: SharedRun } = {},
): Promise<Intake> {
  const { output, distinct } = settings;
  if (options.shared) return await openShared(settings, options.shared, options);
  if (output === undefined && !distinct) return { [Symbol.dispose]() {} };
  // Imported only here, because most of what it takes is for file names, and takes 12 ms to start
  const { downloadKey } = await import("../disk/output_folder.ts");
  if (output !== undefined) {
    const { folder, saving, finish } = await openOutput(output, settings, options);
    return {
      enter: (download) => folder.enter(download),
      saving,
      finish,
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

/** An output folder that is open, or the state folder of a bucket. */
interface OpenOutput extends Required<Pick<Intake, "saving">>, Pick<Intake, "finish"> {
  folder: OutputFolder;
}

/** Opens an output folder, or the state folder of a bucket. */
async function openOutput(
  output: string,
  settings: IntakeSettings,
  options: OutputFolderOptions,
): Promise<OpenOutput> {
  const { update, verify, outputFormat = "files", shardSize = SHARD_BYTES } = settings;
  const shards = outputFormat === "files" ? undefined : { format: outputFormat, bytes: shardSize };
  const how = { ...options, update, verify, shards };
  if (isBucketAddress(output)) {
    const { openBucketFolder, sendShards } = await import("./bucket_output.ts");
    const { folder, path } = await openBucketFolder(output, settings, how);
    return {
      folder,
      saving: { ...savingOf(folder, path), bucket: output },
      finish: shards && (() => sendShards(folder, output, { path, settings, signal: options.signal })),
    };
  }
  const { OutputFolder } = await import("../disk/output_folder.ts");
  const folder = await OutputFolder.open(output, how);
  return { folder, saving: savingOf(folder, output), finish: shards && (() => folder.finishShards()) };
}

function savingOf({ names, state, shards }: OutputFolder, folder: string): Saving {
  return { folder, names: names.shared, state, shards };
}

/** In a run that machines share, its publisher has looked for duplicates and chosen the files already. */
async function openShared(
  settings: IntakeSettings,
  shared: SharedRun,
  options: OutputFolderOptions,
): Promise<Intake> {
  const { output } = settings;
  const { folder, saving } = output === undefined
    ? {}
    : await openOutput(output, { ...settings, outputFormat: "files" }, { ...options, run: shared.id });
  const tenures = new Set<number>();
  const enter = (download: Download): Admission => {
    const { isDuplicate, target, tenure } = download as SharedDownload;
    if (!shared.isOurs(download as SharedDownload)) return { state: "withdrawn" };
    if (isDuplicate) return { state: "duplicate" };
    if (folder && tenure !== undefined && !tenures.has(tenure)) {
      folder.lookAgain(); // who had the partition before may have saved to the same folder
      tenures.add(tenure);
    }
    return folder?.enter(download, target) ?? { state: "unsaved" };
  };
  return {
    enter,
    saving,
    [Symbol.dispose]: () => folder?.[Symbol.dispose](),
  };
}

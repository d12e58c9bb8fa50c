/**
 * The flags about lists and the files that they are of.
 *
 * @module
 */

import { choiceFlag, sizeFlag, switchFlag, textFlag, urlFlag } from "./flags.ts";
import { columnsFlag, jsonLinesFlag, typesFlag } from "./run_flag_kinds.ts";

const LIST = "URLs, or a list of them, instead";

/** The flags about lists and the files that they are of. */
export const LIST_FLAGS = {
  input: textFlag({
    group: LIST,
    short: "i",
    value: "FILE|URL",
    about:
      "URLs to download: lines (with tabs between the URLs of one file), NDJSON, CSV, TSV or Parquet; - reads standard input",
  }),
  "list-format": choiceFlag({
    group: LIST,
    about: "what the list is made of",
    choices: ["lines", "ndjson", "csv", "tsv", "parquet"],
    defaultText: "as its name and its first line say",
  }),
  "url-column": textFlag({
    group: LIST,
    value: "NAME",
    about: "the list's column, or field, with the URLs",
    defaultText: "url",
  }),
  "name-column": textFlag({
    group: LIST,
    value: "NAME",
    about: "the list's column with the names of files",
    defaultText: "name",
  }),
  column: columnsFlag({
    group: LIST,
    about: "another column of the list, for example sha256=hash; may be given several times",
  }),
  output: textFlag({
    group: LIST,
    short: "o",
    value: "DIR",
    about:
      "save files here, or in a bucket (s3://bucket/prefix), resuming an earlier run; without it, bodies are read and counted",
  }),
  "s3-endpoint": urlFlag({
    group: LIST,
    about: "with s3://, the S3-compatible endpoint",
    defaultText: "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or AWS's own",
  }),
  state: textFlag({
    group: LIST,
    value: "DIR",
    about: "with s3://, keep the journal and unfinished files here",
    defaultText: "./BUCKET_PREFIX.state",
  }),
  "output-format": choiceFlag({
    group: LIST,
    about: "save files in shards, 00000.tar as WebDataset reads them or 00000.warc.gz, instead of each by itself",
    choices: ["files", "tar", "warc"],
    defaultText: "files",
  }),
  "shard-size": sizeFlag({ group: LIST, about: "the most bytes of a shard", min: 1, defaultText: "1GB" }),
  name: textFlag({
    group: LIST,
    value: "TEMPLATE",
    about:
      "name files by their URLs: {host}/{path}, with {n:6}, {name}, {ext}, {query}, {sha256:2}, or a list's columns",
  }),
  update: switchFlag({
    group: LIST,
    about: "also ask for the files that are there, and get those that have changed",
  }),
  "no-mtime": switchFlag({ group: LIST, about: "with --update, don't give files the time that their servers say" }),
  sums: textFlag({
    group: LIST,
    value: "FILE|URL",
    about: "checksums that files must have, as sha256sum and its like write them (SHA256SUMS)",
  }),
  verify: switchFlag({
    group: LIST,
    about: "check the files that are there by their checksums, and get what is wrong",
  }),
  "write-sums": textFlag({ group: LIST, value: "FILE", about: "write the SHA-256 of each file, for sha256sum -c" }),
  strict: switchFlag({ group: LIST, about: "fail if any line isn't a URL (default: skip it)" }),
  "dry-run": switchFlag({ group: LIST, about: "download nothing; print each URL and the file it would go to" }),
  report: textFlag({
    group: LIST,
    value: "FILE",
    about: "write a line of JSON for every URL when it ends; - is standard output",
  }),
  failed: jsonLinesFlag({
    group: LIST,
    value: "FILE",
    about: "write the URLs that weren't downloaded, as a list for --input",
  }),
  raw: switchFlag({ group: LIST, about: "request no compression, and save bodies as they are sent" }),
  "max-filesize": sizeFlag({
    group: LIST,
    about: "fail larger files, by their unpacked size, for example 10MB or 2GiB",
    min: 1,
  }),
  accept: typesFlag({ group: LIST, about: "only files of these types (Content-Type), for example 'image/*'" }),
  reject: typesFlag({ group: LIST, about: "no files of these types" }),
  unwanted: choiceFlag({
    group: LIST,
    about: "what becomes of files that are too large, not of a type that is wanted, or not allowed by --robots",
    choices: ["fail", "skip"],
    defaultText: "fail",
  }),
};

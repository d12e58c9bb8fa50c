import {
  choiceFlag,
  durationFlag,
  HELP,
  integerFlag,
  listFlag,
  numberFlag,
  sizeFlag,
  switchFlag,
  textFlag,
  urlFlag,
} from "../../lib/cli/flags.ts";

/** A flag of every kind. */
export const SOME_FLAGS = {
  trials: integerFlag({ about: "pages to download", default: 100 }),
  rate: numberFlag({ about: "pages per second", max: 50 }),
  timeout: durationFlag({ about: "for one page", min: 1, default: 30_000, group: "How" }),
  input: textFlag({ short: "i", about: "where URLs are, - for standard input", value: "FILE" }),
  header: listFlag({ about: "header to send" }),
  url: urlFlag({ about: "the website", defaultText: "a new one" }),
  order: choiceFlag({ about: "which first", choices: ["given", "random"], default: "given" }),
  json: switchFlag({ about: "print JSON" }),
  size: sizeFlag({ short: "s", about: "of a file", min: 1 }),
  help: HELP,
};

import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/core/errors.ts";
import { type Flag, integerFlag, listFlag, numberFlag } from "../../lib/cli/flags.ts";
import { parseCommandLine, parseFlags } from "../../lib/cli/parse_flags.ts";
import { SOME_FLAGS as FLAGS } from "../helpers/some_flags.ts";

const DEFAULTS = {
  ...{ trials: 100, rate: undefined, timeout: 30_000, input: undefined, header: [], url: undefined },
  ...{ order: "given", json: false, size: undefined, help: false },
};

Deno.test("parseFlags() without arguments gives every flag its default", () => {
  assertEquals<unknown>(parseFlags([], FLAGS), DEFAULTS);
});

const accepted: [args: string[], values: Partial<typeof DEFAULTS> | Record<string, unknown>][] = [
  [["--trials", "7"], { trials: 7 }],
  [["--trials=7"], { trials: 7 }],
  [["--trials", "1_000_000"], { trials: 1_000_000 }],
  [["--trials", "0"], { trials: 0 }],
  [["--trials", "007"], { trials: 7 }],
  [["--trials", "9007199254740991"], { trials: Number.MAX_SAFE_INTEGER }],
  [["--trials", "7", "--trials", "8"], { trials: 8 }],
  [["--rate", "2.5"], { rate: 2.5 }],
  [["--rate", ".5"], { rate: 0.5 }],
  [["--timeout", "1.5s"], { timeout: 1_500 }],
  [["--timeout", "250"], { timeout: 250 }],
  [["--size", "1.5KB"], { size: 1_500 }],
  [["--input", "list.txt"], { input: "list.txt" }],
  [["--input", "-"], { input: "-" }],
  [["--input=-"], { input: "-" }],
  [["--input", "-5"], { input: "-5" }],
  [["--input=--json"], { input: "--json" }],
  [["--input", "a b=c"], { input: "a b=c" }],
  [["--input=a=b"], { input: "a=b" }],
  [["--header", "a: 1", "--header=b: 2"], { header: ["a: 1", "b: 2"] }],
  [["--url", "https://a/b?c=d"], { url: "https://a/b?c=d" }],
  [["--url", "http://[::1]:8000"], { url: "http://[::1]:8000" }],
  [["--order", "random"], { order: "random" }],
  [["--json"], { json: true }],
  [["--json", "--json"], { json: true }],
  [["--json=false"], { json: false }],
  [["--json", "--trials", "3"], { json: true, trials: 3 }],
  [["--help"], { help: true }],
  [["-h"], { help: true }],
  [["-i", "list.txt"], { input: "list.txt" }],
  [["-ilist.txt"], { input: "list.txt" }],
  [["-i=list.txt"], { input: "list.txt" }],
  [["-i", "-"], { input: "-" }],
  [["-i-"], { input: "-" }],
  [["-i", "-5"], { input: "-5" }],
  [["-i", "a", "--input", "b"], { input: "b" }],
  [["-s", "1.5KB", "-h", "-ia"], { size: 1_500, help: true, input: "a" }],
  [["--trials", "3", "--"], { trials: 3 }],
];
for (const [args, values] of accepted) {
  Deno.test(`parseFlags() reads ${args.join(" ")}`, () => {
    assertEquals<unknown>(parseFlags(args, FLAGS), { ...DEFAULTS, ...values });
  });
}

const whole = "expected a whole number of at least 0";
const duration = "expected a duration such as 250ms, 1.5s or 2m (a plain number is milliseconds)";
const refused: [args: string[], message: string][] = [
  [["--size", "0"], 'invalid value "0" for --size: expected a size of at least 1 bytes'],
  [
    ["--size", "big"],
    'invalid value "big" for --size: expected a size such as 500KB, 10MB or 2GiB (a plain number is bytes)',
  ],
  [["--trials", "-5"], `invalid value "-5" for --trials: ${whole}`],
  [["--trials=-5"], `invalid value "-5" for --trials: ${whole}`],
  [["--trials", "1.5"], `invalid value "1.5" for --trials: ${whole}`],
  [["--trials", "1e3"], `invalid value "1e3" for --trials: ${whole}`],
  [["--trials", "many"], `invalid value "many" for --trials: ${whole}`],
  [["--trials", "_"], `invalid value "_" for --trials: ${whole}`],
  [["--trials", "٣"], `invalid value "٣" for --trials: ${whole}`],
  [["--trials", "9007199254740992"], `invalid value "9007199254740992" for --trials: ${whole}`],
  [["--trials"], `--trials has no value: ${whole}`],
  [["--trials="], `--trials has no value: ${whole}`],
  [["--trials", "--json"], `--trials has no value: ${whole}`],
  [["--trials", "5", "--trials", "x"], `invalid value "x" for --trials: ${whole}`],
  [["--trials", "x", "--trials", "5"], `invalid value "x" for --trials: ${whole}`],
  [["--trials", ""], `--trials has no value: ${whole}`],
  [["--trials", "a\nb"], `invalid value "a\\nb" for --trials: ${whole}`],
  [["--rate", "51"], `invalid value "51" for --rate: expected a number from 0 to 50`],
  [["--rate", "Infinity"], `invalid value "Infinity" for --rate: expected a number from 0 to 50`],
  [["--timeout", "0"], `invalid value "0" for --timeout: expected a duration from 1ms to 2147483.65s`],
  [["--timeout", "30d"], `invalid value "30d" for --timeout: ${duration}`],
  [["--timeout", "-1s"], `invalid value "-1s" for --timeout: ${duration}`],
  [["--input", ""], "--input has no value: expected a value"],
  [["--url", "localhost:8000"], `invalid value "localhost:8000" for --url: expected an http:// or https:// URL`],
  [["--url", "ftp://a/"], `invalid value "ftp://a/" for --url: expected an http:// or https:// URL`],
  [["--order", "Random"], `invalid value "Random" for --order: expected one of given, random`],
  [["--trails", "5"], "unknown flag --trails; did you mean --trials? See --help"],
  [["--jsn=1"], "unknown flag --jsn; did you mean --json? See --help"],
  [["--no-json"], "unknown flag --no-json; did you mean --json? See --help"],
  [["-t", "5"], "unknown flag -t; did you mean --rate? See --help"],
  [["-x"], "unknown flag -x; did you mean --url? See --help"],
  [["-ix", "-t5"], "unknown flag -t5; did you mean --rate? See --help"],
  [["-input", "a"], "unknown flag -input; did you mean --input? See --help"],
  [["-input=a"], "unknown flag -input; did you mean --input? See --help"],
  [["-i"], "--input has no value: expected a value"],
  [["-i", "-s", "1KB"], "--input has no value: expected a value"],
  [["-i", "-s1KB"], "--input has no value: expected a value"],
  [["--input", "-h"], "--input has no value: expected a value"],
  [
    ["-s", "big"],
    'invalid value "big" for --size: expected a size such as 500KB, 10MB or 2GiB (a plain number is bytes)',
  ],
  [["--trials.x", "5"], "unknown flag --trials.x; did you mean --trials? See --help"],
  [["100"], 'unexpected argument "100"; see --help'],
  [["--json", "now"], 'unexpected argument "now"; see --help'],
  [["--", "100"], 'unexpected argument "100"; see --help'],
  [["--", "--trials"], 'unexpected argument "--trials"; see --help'],
  [["-"], 'unexpected argument "-"; see --help'],
  [[""], 'unexpected argument ""; see --help'],
];
for (const [args, message] of refused) {
  Deno.test(`parseFlags() refuses ${args.map((arg) => JSON.stringify(arg)).join(" ")}`, () => {
    const error = assertThrows(() => parseFlags(args, FLAGS), UsageError);
    assertEquals([error.message, error.exitCode], [message, 2]);
  });
}

Deno.test("parseCommandLine() takes what is neither a flag nor a value for words, wherever it stands", () => {
  const { values, words } = parseCommandLine(["a", "-i", "list", "b=c", "--json", "-", "", "--", "--d", "-e"], FLAGS);
  assertEquals<unknown>(values, { ...DEFAULTS, input: "list", json: true });
  assertEquals(words, ["a", "b=c", "-", "", "--d", "-e"]);
});

Deno.test("parseFlags() names the property names of objects as the unknown flags they are", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assertThrows(() => parseFlags([`--${name}`, "x"], FLAGS), UsageError, `unknown flag --${name}`);
    assertThrows(() => parseFlags([`--${name}=x`], FLAGS), UsageError, `unknown flag --${name}`);
  }
});

Deno.test("parseFlags() says for a flag with one value what that is", () => {
  const flags = { concurrency: integerFlag({ about: "", min: 1, max: 1, default: 1 }) };
  assertEquals(parseFlags(["--concurrency", "1"], flags), { concurrency: 1 });
  const error = assertThrows(() => parseFlags(["--concurrency", "2"], flags), UsageError);
  assertEquals(error.message, `invalid value "2" for --concurrency: expected 1 and nothing else`);
});

Deno.test("parseFlags() takes a negative number where the bounds allow it", () => {
  const flags = {
    shift: numberFlag({ about: "", min: -10, max: 10 }),
    step: integerFlag({ about: "", min: -3, max: 3 }),
  };
  assertEquals(parseFlags(["--shift", "-2.5", "--step", "-3"], flags), { shift: -2.5, step: -3 });
});

Deno.test("parseFlags() reads each value of a list by itself", () => {
  const flags = { port: listFlag({ about: "", each: Number }) };
  assertEquals(parseFlags(["--port", "1", "--port", "2"], flags), { port: [1, 2] });
});

Deno.test("parseFlags() passes on what a parser throws, whatever it is", () => {
  const parse = () => {
    // deno-lint-ignore no-throw-literal
    throw "a better value";
  };
  const flag: Flag = { about: "", value: "X", parse };
  assertThrows(
    () => parseFlags(["--x", "1"], { x: flag }),
    UsageError,
    `invalid value "1" for --x: expected a better value`,
  );
});

Deno.test("parseFlags() answers any command line with values or one line that says what is wrong", () => {
  const words = [
    "--trials",
    "--json",
    "--",
    "-",
    "-h",
    "--url",
    "=",
    "--=",
    "---",
    "5",
    "-5",
    "",
    "--x",
    "http://a",
    "-jh",
    "--help=no",
  ];
  let seed = 1;
  const random = (n: number) => (seed = seed * 48_271 % 2_147_483_647) % n;
  for (let round = 0; round < 3_000; round++) {
    const args = Array.from(
      { length: random(5) },
      () => words[random(words.length)] + (random(4) ? "" : words[random(words.length)]),
    );
    try {
      parseFlags(args, FLAGS);
    } catch (error) {
      assert(error instanceof UsageError, `${JSON.stringify(args)}: ${error}`);
      assert(!error.message.includes("\n") && !error.message.endsWith("."), error.message);
    }
  }
});

#!/usr/bin/env node
// The command `download-stuff`: starts the Deno that the package `deno` brings, with download.js or, by its word, server.js.
// Arguments, standard streams, signals and the exit code are the child's own.
"use strict";

const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const { constants } = require("node:os");
const { dirname, join } = require("node:path");

/** Where Deno is: npm may have run the script that puts it into the package `deno`, or not. */
function denoPath() {
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  const path = join(dirname(require.resolve("deno/package.json")), name);
  return existsSync(path) ? path : require("deno/install_api.cjs").runInstall();
}

function start() {
  const [word, ...rest] = process.argv.slice(2);
  const [script, args] = word === "server" ? ["server.js", rest] : ["download.js", process.argv.slice(2)];
  // -A: only that lets a process read its own limits and signals in /proc, where Linux says how many files it may open
  const deno = ["run", "-A", "--quiet", "--no-lock", "--node-modules-dir=manual", join(__dirname, "..", script)];
  const child = spawn(denoPath(), [...deno, ...args], {
    stdio: "inherit",
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
  });
  // What a terminal sends goes to the child as well; it takes the same signal for one that comes again right away
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK"];
  for (const signal of signals.filter((signal) => signal in constants.signals)) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", fail);
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal); // so that a shell sees the same end
    process.exitCode = 128 + constants.signals[signal]; // where that signal is ignored
  });
}

function fail(error) {
  console.error(`download-stuff: can't start Deno: ${error.message}; try to install this package again`);
  process.exit(1);
}

try {
  start();
} catch (error) {
  fail(error);
}

/** The server that the page is of, as its clients and its owner see it. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: tests/e2e sets it`);
  return value;
}

/** A link to the page with a token. */
export const LINK = variable("SOCKERLESS_PAGE_LINK");

/** The image that the tests run. */
export const IMAGE = variable("SOCKERLESS_PAGE_IMAGE");

/** Where pictures of the page go, where somebody wants them. */
export const PICTURES = process.env["SOCKERLESS_PAGE_PICTURES"] ?? "";

const SERVER = Number(variable("SOCKERLESS_PAGE_SERVER"));
const FOLDER = variable("SOCKERLESS_PAGE_FOLDER");

/** A command of a client may take so long on a busy machine. */
const COMMAND_MS = 30_000;

/** Runs the docker client, and gives what it says. */
export function docker(...words: string[]): string {
  return execFileSync("docker", words, { encoding: "utf8", timeout: COMMAND_MS }).trim();
}

/** Runs the docker client, which is to be refused, and gives the reason. */
export function refused(...words: string[]): string {
  try {
    docker(...words);
  } catch (error) {
    if (error instanceof Error && "stderr" in error) return String(error.stderr);
    throw error;
  }
  throw new Error(`docker ${words.join(" ")} was not refused`);
}

export function podman(...words: string[]): string {
  return execFileSync("podman", ["--remote", ...words], { encoding: "utf8", timeout: COMMAND_MS }).trim();
}

/** Starts a docker client that waits for its turn. */
export function waiting(...words: string[]): ChildProcess {
  return spawn("docker", words, { stdio: "ignore" });
}

/** Kills the server. It is started again once `startAgain` was called, and not before. */
export function kill(): void {
  process.kill(SERVER, "SIGKILL");
}

export function startAgain(): void {
  writeFileSync(join(FOLDER, "start-again"), "");
}

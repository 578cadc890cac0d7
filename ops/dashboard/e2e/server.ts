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

/** A docker client, as somebody. */
export class Docker {
  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** Runs a command, and gives what it says. */
  run(...words: string[]): string {
    return execFileSync("docker", words, { encoding: "utf8", timeout: COMMAND_MS, env: this.env }).trim();
  }

  /** Runs a command that is to be refused, and gives the reason. */
  refused(...words: string[]): string {
    try {
      this.run(...words);
    } catch (error) {
      if (error instanceof Error && "stderr" in error) return String(error.stderr);
      throw error;
    }
    throw new Error(`docker ${words.join(" ")} was not refused`);
  }

  /** Starts a command that waits for its turn. */
  waiting(...words: string[]): ChildProcess {
    return spawn("docker", words, { stdio: "ignore", env: this.env });
  }
}

const HOST = new Docker(process.env);

/** Who is on the host runs the docker client. */
export const docker = (...words: string[]): string => HOST.run(...words);
export const refused = (...words: string[]): string => HOST.refused(...words);
export const waiting = (...words: string[]): ChildProcess => HOST.waiting(...words);

/** Somebody who shows a certificate of this name. */
export function holder(name: string): Docker {
  const certificates = join(variable("SOCKERLESS_PAGE_CERTIFICATES"), name);
  const host = variable("SOCKERLESS_PAGE_TLS");
  return new Docker({ ...process.env, DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates });
}

export function podman(...words: string[]): string {
  return execFileSync("podman", ["--remote", ...words], { encoding: "utf8", timeout: COMMAND_MS }).trim();
}

/** Kills the server. It is started again once `startAgain` was called, and not before. */
export function kill(): void {
  process.kill(SERVER, "SIGKILL");
}

export function startAgain(): void {
  writeFileSync(join(FOLDER, "start-again"), "");
}

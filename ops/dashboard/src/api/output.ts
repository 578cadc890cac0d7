/** A container's output as it comes: frames of the Docker API taken apart, and made into lines. */

import { open } from "./client";

export interface OutputLine {
  number: number;
  stream: "out" | "err";
  /** RFC 3339, as the server puts it in front of each line. */
  time: string;
  text: string;
}

/** Lines that are kept: as many as a browser scrolls through at ease. */
export const LINES_MAX = 5_000;

const HEAD_BYTES = 8;
const STDERR = 2;

/** Control sequences of terminals: colours, cursors, titles. They are no text. */
const CONTROLS = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Hands on lines as they come, until the output ends. */
export async function follow(
  path: string,
  signal: AbortSignal,
  take: (lines: OutputLine[]) => void,
): Promise<void> {
  const answer = await open(path, signal);
  if (answer.body === null) return;
  const isFramed = (answer.headers.get("content-type") ?? "").includes("multiplexed");
  const splitter = new Splitter(isFramed);
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = splitter.push(value);
    if (lines.length > 0) take(lines);
  }
  const last = splitter.rest();
  if (last.length > 0) take(last);
}

/** Takes bytes apart into lines; each stream has a line of its own that is not whole yet. */
export class Splitter {
  private bytes = new Uint8Array(0);
  private count = 0;
  private readonly parts = { out: new Part(), err: new Part() };

  constructor(private readonly isFramed: boolean) {}

  push(more: Uint8Array): OutputLine[] {
    if (!this.isFramed) return this.take("out", more);
    const joined = new Uint8Array(this.bytes.length + more.length);
    joined.set(this.bytes);
    joined.set(more, this.bytes.length);
    const view = new DataView(joined.buffer);
    const lines: OutputLine[] = [];
    let at = 0;
    while (at + HEAD_BYTES <= joined.length) {
      const end = at + HEAD_BYTES + view.getUint32(at + 4);
      if (end > joined.length) break;
      const stream = joined[at] === STDERR ? "err" : "out";
      lines.push(...this.take(stream, joined.subarray(at + HEAD_BYTES, end)));
      at = end;
    }
    this.bytes = joined.slice(at);
    return lines;
  }

  /** Gives what has no line end. */
  rest(): OutputLine[] {
    return (["out", "err"] as const).flatMap((stream) => {
      const text = this.parts[stream].end();
      return text === "" ? [] : [this.line(stream, text)];
    });
  }

  private take(stream: "out" | "err", bytes: Uint8Array): OutputLine[] {
    return this.parts[stream].push(bytes).map((text) => this.line(stream, text));
  }

  private line(stream: "out" | "err", whole: string): OutputLine {
    const space = whole.indexOf(" ");
    const hasTime = space > 0 && !Number.isNaN(Date.parse(whole.slice(0, space)));
    const time = hasTime ? whole.slice(0, space) : "";
    const text = (hasTime ? whole.slice(space + 1) : whole).replace(/\r$/, "").replace(CONTROLS, "");
    this.count += 1;
    return { number: this.count, stream, time, text };
  }
}

class Part {
  private readonly decoder = new TextDecoder();
  private text = "";

  push(bytes: Uint8Array): string[] {
    const lines = (this.text + this.decoder.decode(bytes, { stream: true })).split("\n");
    this.text = lines.pop() ?? "";
    return lines;
  }

  end(): string {
    return this.text + this.decoder.decode();
  }
}

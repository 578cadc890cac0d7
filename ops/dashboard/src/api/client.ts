/** One request to the server that this page is from. */

import { dropToken, token } from "./token";

/** The server has refused, or cannot be reached (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Whether an error says that the server is not there, or not yet: what it told before still stands. */
export function isAway(error: Error | null): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503);
}

/** Where what a page shows is asked for: of the server that this one is from, or of a tenant's behind it. */
export function pageOf(tenant: string | null): string {
  return tenant === null ? "/page" : `/tenants/${encodeURIComponent(tenant)}/page`;
}

/** Asks for a path, and gives the answer once its head is there. */
export async function open(path: string, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      headers: { Authorization: `Bearer ${token() ?? ""}` },
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "the server cannot be reached");
  }
  if (answer.ok) return answer;
  const message = await messageOf(answer);
  if (answer.status === 401) dropToken(message);
  throw new ApiError(answer.status, message);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await open(path, signal);
  return (await answer.json()) as T;
}

/** Gives the lines of an answer that goes on, as they come. */
export async function* lines(answer: Response): AsyncGenerator<string> {
  if (answer.body === null) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

async function messageOf(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => "");
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "message" in body) return String(body.message);
  } catch {
    // It is told as it is.
  }
  return text.trim() || `the server answered ${answer.status}`;
}

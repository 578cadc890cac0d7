/** The line to the server: how far the log has come, whether it still goes on, and what time it is there. */

import { useEffect, useState, useSyncExternalStore } from "react";

import { ApiError, lines, open, pageOf } from "./client";
import type { Live } from "./types";

/** A line comes every five seconds at least; after this long without one the server is gone. */
const SILENCE_MS = 12_000;

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 5_000;

export interface Connection {
  state: "connecting" | "connected" | "lost";
  /** What was told last; it stays while the connection is lost. */
  live: Live | null;
  /** How far the server's clock is ahead of this one's. */
  aheadMs: number;
  /** How often the connection was made: what was open before has to be opened again. */
  times: number;
  /** Why it is lost. */
  reason: string | null;
}

const NONE: Connection = { state: "connecting", live: null, aheadMs: 0, times: 0, reason: null };

/**
 * Keeps the line to a tenant's server, or to the one in front, while the page is seen: a browser has few for one server, and
 * pages behind others would hold them all.
 */
export function useConnection(tenant: string | null): Connection {
  const [connection, setConnection] = useState<Connection>(NONE);
  const isSeen = useSeen();
  useEffect(() => {
    if (!isSeen) return;
    const ending = new AbortController();
    void keep(`${pageOf(tenant)}/live`, ending.signal, setConnection);
    return () => {
      ending.abort();
      setConnection((before) => ({ ...before, state: "connecting" }));
    };
  }, [isSeen, tenant]);
  return connection;
}

/** Whether the page is before anybody's eyes. */
function useSeen(): boolean {
  return useSyncExternalStore(onSeenChange, () => !document.hidden);
}

function onSeenChange(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => document.removeEventListener("visibilitychange", listener);
}

type Change = (change: (before: Connection) => Connection) => void;

async function keep(path: string, signal: AbortSignal, change: Change): Promise<void> {
  let retryMs = RETRY_MIN_MS;
  while (!signal.aborted) {
    let more = 1;
    const reason = await follow(path, signal, (live) => {
      const aheadMs = Date.parse(live.now) - Date.now();
      const again = more;
      more = 0;
      retryMs = RETRY_MIN_MS;
      change(({ times }) => ({ state: "connected", live, aheadMs, times: times + again, reason: null }));
    });
    if (signal.aborted) return;
    change((before) => ({ ...before, state: "lost", reason }));
    await pause(retryMs, signal);
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  }
}

/** Follows until the line is cut, and says why it was. */
async function follow(path: string, signal: AbortSignal, take: (live: Live) => void): Promise<string> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const answer = await open(path, AbortSignal.any([signal, silence.signal]));
    for await (const line of lines(answer)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      take(JSON.parse(line) as Live);
    }
    return "the server has ended the connection";
  } catch (error) {
    if (silence.signal.aborted) return "the server is silent";
    return error instanceof ApiError ? error.message : "the connection is broken";
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

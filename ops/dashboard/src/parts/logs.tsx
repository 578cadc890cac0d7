/** The output of a container: followed at the present, as it was in the past. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useReducer, useRef, useState } from "react";

import { ApiError } from "../api/client";
import { follow, LINES_MAX, type OutputLine } from "../api/output";
import { at } from "../api/queries";
import { count, dayAndClock, exactClock } from "../time/format";
import { useMoment } from "../time/moment";
import { Empty } from "./panel";

const LINE_PX = 18;

/** Lines that are asked for of what was written before. */
const TAIL = 2_000;

interface Output {
  state: "reading" | "ended" | "failed";
  lines: OutputLine[];
  /** Lines that were taken away again because there are too many. */
  left: number;
  error: string | null;
}

type Change =
  | { kind: "begin" }
  | { kind: "lines"; lines: OutputLine[] }
  | { kind: "end" }
  | { kind: "fail"; error: string };

const NOTHING: Output = { state: "reading", lines: [], left: 0, error: null };

function change(before: Output, change: Change): Output {
  switch (change.kind) {
    case "begin":
      return NOTHING;
    case "lines": {
      const lines = [...before.lines, ...change.lines];
      const surplus = Math.max(0, lines.length - LINES_MAX);
      return { ...before, lines: lines.slice(surplus), left: before.left + surplus };
    }
    case "end":
      return { ...before, state: "ended" };
    case "fail":
      return { ...before, state: "failed", error: change.error };
  }
}

/** Reads the output at the moment; at the present again when another run begins, or the connection is back. */
function useOutput(id: string, run: string | null): Output {
  const { tenant, point, connection } = useMoment();
  const [output, tell] = useReducer(change, NOTHING);
  const isFollowed = point === null;
  const isAwaited = isFollowed && connection.state !== "connected";
  const opening = isFollowed ? `${connection.times} ${run}` : "";
  useEffect(() => {
    if (isAwaited) return;
    const ending = new AbortController();
    // What comes while a frame is drawn is drawn with the next: a container may write faster than that.
    let waiting: OutputLine[] = [];
    let frame = 0;
    const draw = () => {
      frame = 0;
      const lines = waiting;
      waiting = [];
      if (lines.length > 0) tell({ kind: "lines", lines });
    };
    const take = (lines: OutputLine[]) => {
      waiting.push(...lines);
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    const query = `stdout=1&stderr=1&timestamps=1&tail=${TAIL}${isFollowed ? "&follow=1" : ""}`;
    tell({ kind: "begin" });
    follow(at(tenant, point, `/containers/${id}/logs?${query}`), ending.signal, take).then(
      () => {
        draw();
        tell({ kind: "end" });
      },
      (error: unknown) => {
        if (ending.signal.aborted) return;
        draw();
        const message = error instanceof ApiError ? error.message : "the connection is broken";
        tell({ kind: "fail", error: message });
      },
    );
    return () => {
      ending.abort();
      cancelAnimationFrame(frame);
    };
  }, [id, tenant, point, isFollowed, isAwaited, opening]);
  return output;
}

export function Logs({ id, run }: { id: string; run: string | null }) {
  const { point } = useMoment();
  const { state, lines, left, error } = useOutput(id, run);
  const [isFollowing, setFollowing] = useState(true);
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  const last = lines.length - 1;
  const newest = lines[last]?.number;
  useEffect(() => {
    if (isFollowing && last >= 0) virtual.scrollToIndex(last, { align: "end" });
  }, [isFollowing, last, newest, virtual]);
  const scrolled = () => {
    const element = scroll.current;
    if (element === null) return;
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < 2 * LINE_PX);
  };
  const end = point !== null ? "as it was then" : state === "reading" ? "following" : "it writes no more";
  return (
    <>
      <p className="flex gap-3 px-2.5 py-0.5 text-faint">
        <span role="status" aria-label="output">
          {error !== null ? <span className="text-bad">{error}</span> : end}
        </span>
        <span>
          {count(lines.length)} lines{left > 0 && `, ${count(left)} before them not kept here`}
        </span>
        {!isFollowing && (
          <button type="button" onClick={() => setFollowing(true)} className="text-accent">
            to the end
          </button>
        )}
      </p>
      {lines.length === 0 && error === null && state !== "reading" && <Empty>It has written nothing.</Empty>}
      <div
        ref={scroll}
        role="log"
        aria-label="output"
        aria-live="off"
        tabIndex={0}
        onScroll={scrolled}
        className="min-h-0 flex-1 overflow-auto px-2.5 pb-1 font-mono text-[12px]"
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            if (line === undefined) return null;
            return (
              <div
                key={line.number}
                className="absolute left-0 flex gap-3 whitespace-pre"
                style={{ height: LINE_PX, transform: `translateY(${start}px)` }}
              >
                <span className="text-faint select-none" title={line.time === "" ? "" : dayAndClock(line.time)}>
                  {line.time === "" ? "" : exactClock(line.time)}
                </span>
                <span className={line.stream === "err" ? "text-bad" : ""}>{line.text}</span>
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}

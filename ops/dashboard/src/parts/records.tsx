/** What has happened: the last records before the moment, the newest first. Each is a place to go to. */

import { useRef } from "react";

import { useRecords } from "../api/queries";
import type { LogRecord } from "../api/types";
import { count, dayAndClock, exactClock } from "../time/format";
import { useMoment } from "../time/moment";
import { Empty, Panel, Shown } from "./panel";

export function Records({ select }: { select: (id: string) => void }) {
  const { point, connection, look } = useMoment();
  const present = connection.state === "connected" ? "live" : "as last told";
  const records = useRecords();
  const isNew = useNewer(point, records.isPlaceholderData ? undefined : records.data?.[0]?.seq);
  return (
    <Panel
      title="Events"
      note={point === null ? present : "up to this record"}
      className="max-h-[60dvh] lg:max-h-none lg:min-h-40 lg:flex-1"
    >
      <Shown result={records}>
        {(lines) =>
          lines.length === 0 ? (
            <Empty>Nothing has happened yet.</Empty>
          ) : (
            <ol aria-label="events" aria-live="off" className="min-h-0 flex-1 overflow-y-auto">
              {lines.map((line) => (
                <Line key={line.seq} line={line} isNew={isNew(line.seq)} look={look} select={select} />
              ))}
            </ol>
          )
        }
      </Shown>
    </Panel>
  );
}

/** Tells which records have come while the present was looked at: those catch the eye. */
function useNewer(point: string | null, newest: number | undefined): (seq: number) => boolean {
  const begin = useRef<{ point: string | null; seq: number } | null>(null);
  if (newest !== undefined && (begin.current === null || begin.current.point !== point)) {
    begin.current = { point, seq: newest };
  }
  const { current } = begin;
  return (seq) => point === null && current !== null && seq > current.seq;
}

interface LineProps {
  line: LogRecord;
  isNew: boolean;
  look: (point: string) => void;
  select: (id: string) => void;
}

function Line({ line, isNew, look, select }: LineProps) {
  const { seq, time, kind, who, command, container, name, refused, events, exit_code: exitCode } = line;
  // What was reported is told by what came of it; of what was asked, what came of it is told where it is more than that.
  const what = (kind === "command" ? command : (events[0] ?? command)) ?? kind;
  const came = events.filter((event) => event !== what);
  return (
    <li className={`border-b border-line/60 px-2.5 py-1 ${isNew ? "fresh" : ""}`}>
      <div className="flex items-baseline gap-2">
        <button
          type="button"
          onClick={() => look(String(seq))}
          title={`show all as it was at record ${seq}`}
          className="shrink-0 text-accent hover:underline"
        >
          {count(seq)}
        </button>
        <span className={`min-w-0 truncate font-medium ${kind === "command" ? "" : "text-soft"}`}>{what}</span>
        {exitCode !== null && <span className={`shrink-0 ${exitCode === 0 ? "text-soft" : "text-bad"}`}>exit {exitCode}</span>}
        <span className="flex-1" />
        {time !== null && (
          <time dateTime={time} title={dayAndClock(time)} className="shrink-0 text-faint">
            {exactClock(time)}
          </time>
        )}
      </div>
      <p className="flex gap-2 text-faint">
        {name !== null && <Name name={name} container={container} select={select} />}
        {refused !== null ? (
          <span className="min-w-0 flex-1 text-bad">refused: {refused}</span>
        ) : (
          <span className="min-w-0 flex-1 truncate" title={came.join(", ")}>
            {came.length > 0 && `→ ${came.join(", ")}`}
          </span>
        )}
        {who !== null && <span className="shrink-0">{who}</span>}
      </p>
    </li>
  );
}

function Name({ name, container, select }: { name: string; container: string | null; select: (id: string) => void }) {
  const look = "max-w-[60%] shrink-0 truncate text-soft";
  if (container === null) return <span className={look} title={name}>{name}</span>;
  return (
    <button type="button" title={name} onClick={() => select(container)} className={`${look} hover:underline`}>
      {name}
    </button>
  );
}

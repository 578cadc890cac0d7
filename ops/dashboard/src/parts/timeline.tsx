/** The slider that moves the whole page through the log, and the banner that says where in the past it is. */

import type { UseQueryResult } from "@tanstack/react-query";
import { type CSSProperties, useState } from "react";

import { useRange } from "../api/queries";
import type { Point, World } from "../api/types";
import { age, clock, count, dayAndClock, hasTime, isNumber } from "../time/format";
import { useMoment } from "../time/moment";

/** Times that are written under the slider. */
const LABELS = 6;

const DAY_MS = 86_400_000;

export function Timeline({ world }: { world: UseQueryResult<World> }) {
  const { point, wanted, connection, seek, look } = useMoment();
  const range = useRange();
  const shown = point !== null && !world.isPlaceholderData ? world.data?.at : undefined;
  const first = connection.live?.first ?? range.data?.first ?? 1;
  const head = Math.max(connection.live?.head.seq ?? 0, range.data?.head.seq ?? 0, first);
  // A time has no place on the slider until the server has said which record it stands for.
  const asked = wanted !== null && isNumber(wanted) ? Number(wanted) : shown?.seq;
  const value = wanted === null ? head : Math.min(Math.max(asked ?? head, first), head);
  const isPast = wanted !== null;
  const isConnected = connection.state === "connected";
  const move = (seq: number) => (seq >= head ? seek(null) : seek(String(Math.max(first, seq))));
  const done = head === first ? 100 : ((value - first) / (head - first)) * 100;
  return (
    <section aria-label="time" className="px-3 pb-1">
      <div className="flex flex-wrap items-start gap-2">
        <Step label="one record back" text="‹" isOff={value <= first} onClick={() => move(value - 1)} />
        <Step label="one record on" text="›" isOff={!isPast} onClick={() => move(value + 1)} />
        <div className="min-w-0 flex-1 max-sm:order-last max-sm:basis-full">
          <input
            id="slider"
            type="range"
            aria-label="record of the log"
            aria-valuetext={isPast ? `record ${value}` : "live"}
            title="t: to the slider; arrows: record by record; l: live"
            min={first}
            max={head}
            step={1}
            value={value}
            onChange={(event) => move(event.target.valueAsNumber)}
            className={`slider block ${isPast ? "slider-past" : "slider-live"}`}
            style={{ "--done": `${done}%` } as CSSProperties}
          />
          <Scale marks={range.data?.marks ?? []} first={first} head={head} />
        </div>
        <span className="flex-1 sm:hidden" />
        <GoTo look={look} />
        <button
          type="button"
          aria-pressed={!isPast}
          onClick={() => look(null)}
          title="l"
          className={`flex items-center gap-1.5 rounded border px-2.5 py-1 font-medium ${
            isPast ? "border-past text-past" : "border-accent text-accent"
          }`}
        >
          <span aria-hidden className={`size-2 rounded-full ${isPast ? "bg-past" : isConnected ? "beat bg-accent" : "bg-faint"}`} />
          Live
        </button>
      </div>
      {isPast && (
        <Banner
          wanted={wanted}
          at={shown}
          error={world.error !== null && wanted === point ? world.error.message : null}
          now={connection.live === null ? null : Date.parse(connection.live.now)}
          goLive={() => look(null)}
        />
      )}
    </section>
  );
}

interface StepProps {
  label: string;
  text: string;
  isOff: boolean;
  onClick: () => void;
}

function Step({ label, text, isOff, onClick }: StepProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={isOff}
      onClick={onClick}
      className="size-6 rounded border border-line bg-panel text-base leading-none text-soft disabled:opacity-40"
    >
      {text}
    </button>
  );
}

/** Times of records under the places where they are. */
function Scale({ marks, first, head }: { marks: Point[]; first: number; head: number }) {
  const place = ({ seq }: Point) => (seq - first) / Math.max(1, head - first);
  const some = apart(spread(marks.filter((mark) => mark.seq >= first && mark.seq < head)), place);
  const [oldest] = marks;
  const newest = marks.at(-1);
  const isLong =
    oldest !== undefined &&
    newest !== undefined &&
    Date.parse(newest.time) - Date.parse(oldest.time) > DAY_MS;
  return (
    <div aria-hidden className="relative mx-2 h-4 text-[11px] text-faint">
      {some.map((mark, number) => (
        <span
          key={mark.seq}
          className={`absolute whitespace-nowrap ${number === 0 ? "-translate-x-2" : "-translate-x-1/2"} ${number % 2 === 0 ? "" : "max-sm:hidden"}`}
          style={{ left: `${place(mark) * 100}%` }}
          title={`record ${count(mark.seq)}: ${dayAndClock(mark.time)}`}
        >
          {isLong ? dayAndClock(mark.time).slice(0, -7) : clock(mark.time)}
        </span>
      ))}
    </div>
  );
}

function spread(marks: Point[]): Point[] {
  const last = marks.length - 1;
  const places = Array.from({ length: LABELS }, (_, label) => Math.round((last * label) / (LABELS - 1)));
  return [...new Set(places)].flatMap((place) => marks[place] ?? []);
}

/** Leaves out what has no room beside the one before: marks of a young log are soon all at its beginning. */
function apart(marks: Point[], place: (mark: Point) => number): Point[] {
  const kept: Point[] = [];
  for (const mark of marks) {
    const last = kept.at(-1);
    if (last === undefined || place(mark) - place(last) >= 1 / LABELS) kept.push(mark);
  }
  return kept;
}

function GoTo({ look }: { look: (point: string | null) => void }) {
  const [text, setText] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const asked = text.trim();
        if (asked !== "") look(asked);
        setText("");
      }}
    >
      <input
        aria-label="go to a record or a time"
        title="a record's number, a time as in RFC 3339, or how long ago: 1234, 2026-01-31T12:00:00Z, 10m"
        placeholder="1234, 10m, time"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="w-40 rounded border border-line bg-panel px-2 py-1 placeholder:text-faint"
      />
    </form>
  );
}

interface BannerProps {
  wanted: string;
  /** The point that everything on the page is of; absent while that is still asked for. */
  at: Point | undefined;
  error: string | null;
  now: number | null;
  goLive: () => void;
}

function Banner({ wanted, at, error, now, goLive }: BannerProps) {
  const isThere = at !== undefined && (String(at.seq) === wanted || !isNumber(wanted));
  return (
    <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md border border-past bg-past-ground px-3 py-1.5 text-past-ink">
      <p role="status" aria-label="the past" className="flex flex-wrap gap-x-3 font-semibold">
        {error ?? (isThere ? `Record ${count(at.seq)}` : `Going to ${nameOf(wanted)}…`)}
        {error === null && isThere && hasTime(at.time) && (
          <time dateTime={at.time} className="font-normal">
            {dayAndClock(at.time)}
          </time>
        )}
      </p>
      {error === null && isThere && (
        <>
          {hasTime(at.time) && now !== null && <span>{age(at.time, now)} ago</span>}
          <span>All of this page is as it was then.</span>
        </>
      )}
      <span className="flex-1" />
      <button type="button" onClick={goLive} className="font-semibold underline">
        Back to live
      </button>
    </div>
  );
}

function nameOf(point: string): string {
  return isNumber(point) ? `record ${count(Number(point))}` : point;
}

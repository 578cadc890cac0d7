/** A framed part of the page, and what stands in it while there is nothing else to show. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { isAway } from "../api/client";

interface PanelProps {
  title: string;
  /** Beside the title. */
  note?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, note, actions, className = "", children }: PanelProps) {
  return (
    <section
      aria-label={title}
      className={`flex min-h-0 flex-col overflow-hidden rounded-md border border-line bg-panel ${className}`}
    >
      <header className="flex min-h-8 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-2.5 py-1">
        <h2 className="font-semibold">{title}</h2>
        {note !== undefined && <span className="text-faint">{note}</span>}
        <span className="flex-1" />
        {actions}
      </header>
      {children}
    </section>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="px-2.5 py-3 text-faint">{children}</p>;
}

interface ShownProps<T> {
  result: UseQueryResult<T>;
  children: (data: T) => ReactNode;
}

/**
 * Shows data, or that it is awaited, or why there is none.
 *
 * Data of before stays until the next is there: dimmed where it is of another moment, and gone where the server refuses it now.
 */
export function Shown<T>({ result, children }: ShownProps<T>) {
  const { data, error, isPlaceholderData, refetch } = result;
  if (error !== null && (data === undefined || isPlaceholderData || !isAway(error))) {
    return (
      <div role="alert" className="px-2.5 py-3">
        <p className="text-bad">{error.message}</p>
        <button type="button" onClick={() => void refetch()} className="mt-1 text-accent underline">
          ask again
        </button>
      </div>
    );
  }
  if (data === undefined) {
    return (
      <div role="status" aria-label="loading" className="flex flex-col gap-2 px-2.5 py-3">
        {[72, 56, 64].map((width) => (
          <span key={width} className="beat h-3 rounded bg-raised" style={{ width: `${width}%` }} />
        ))}
      </div>
    );
  }
  return (
    <div
      aria-busy={isPlaceholderData}
      className={`flex min-h-0 flex-1 flex-col transition-opacity ${isPlaceholderData ? "opacity-55" : ""}`}
    >
      {children(data)}
    </div>
  );
}

interface MeterProps {
  label: string;
  value: number;
  /** Absent where there is no limit. */
  max: number | null;
  show?: (number: number) => string;
  /** Whether reaching the limit turns clients away. */
  isHard?: boolean;
  /** What is done by those that are counted. */
  word?: string;
}

/** How much of a limit is used. */
export function Meter({ label, value, max, show = String, isHard = false, word = "" }: MeterProps) {
  const share = max === null ? 0 : max === 0 ? (value > 0 ? 1 : 0) : Math.min(1, value / max);
  const isFull = max !== null && max > 0 && value >= max;
  const colour = isFull ? (isHard ? "bg-bad" : "bg-warn") : "bg-accent";
  const text = max === null ? `${show(value)}, no limit` : `${show(value)} of ${show(max)}${word && ` ${word}`}`;
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuenow={value}
      {...(max === null ? {} : { "aria-valuemax": max })}
      aria-valuetext={text}
      className="flex items-center gap-2"
    >
      <span className="w-16 shrink-0 truncate text-faint" title={label}>
        {label}
      </span>
      <span className="h-1.5 flex-1 overflow-hidden rounded-full bg-raised">
        <span className={`block h-full rounded-full ${colour}`} style={{ width: `${share * 100}%` }} />
      </span>
      <span className={`w-34 shrink-0 text-right whitespace-nowrap ${isFull && isHard ? "font-semibold text-bad" : "text-soft"}`}>
        {text}
      </span>
    </div>
  );
}

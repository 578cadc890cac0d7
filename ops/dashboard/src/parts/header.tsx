/** The top line: the name, what there is in numbers, and whether the server is still there. */

import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useSyncExternalStore } from "react";

import { hasKeys, onKeysChange, setKeys } from "../api/keys";
import type { Connection } from "../api/live";
import { useTenants } from "../api/queries";
import { dropToken } from "../api/token";
import type { World } from "../api/types";
import { useElsewhere } from "../time/elsewhere";
import { count } from "../time/format";
import { useMoment } from "../time/moment";

/** Moves the whole page to a tenant's server, or to the one in front, at a point of its log. */
export type Enter = (tenant: string | null, point: string | null) => void;

interface Props {
  world: UseQueryResult<World>;
  enter: Enter;
}

export function Header({ world, enter }: Props) {
  const { connection } = useMoment();
  const { data } = world;
  return (
    <header className="flex flex-wrap items-center gap-x-5 gap-y-1 px-3 pt-2 pb-1">
      <h1 className="flex items-center gap-2 font-semibold">
        <Mark />
        sockerless
      </h1>
      <Chooser world={world} enter={enter} />
      {data !== undefined && <Numbers world={data} />}
      <span className="flex-1" />
      <Line connection={connection} />
      <Keys />
      <button type="button" onClick={() => dropToken(null)} className="text-soft hover:text-ink hover:underline">
        Sign out
      </button>
    </header>
  );
}

/** Whose server the page shows, where there is more than one. */
function Chooser({ world, enter }: Props) {
  const { tenant } = useMoment();
  const { data: tenants = [] } = useTenants();
  const moment = useElsewhere(world);
  if (tenants.length === 0 && tenant === null) return null;
  // One in the address may be gone.
  const isGone = tenant !== null && tenants.every(({ name }) => name !== tenant);
  return (
    <span className="flex items-center gap-1.5 text-soft">
      <span aria-hidden>tenant</span>
      <select
        aria-label="tenant"
        value={tenant ?? ""}
        onChange={({ target: { value } }) => enter(value === "" ? null : value, moment ?? null)}
        className="max-w-48 rounded border border-line bg-panel px-1.5 py-0.5 font-medium text-ink"
      >
        <option value="">none (in front)</option>
        {isGone && <option value={tenant}>{tenant}</option>}
        {tenants.map(({ name, up }) => (
          <option key={name} value={name}>
            {up ? name : `${name} (down)`}
          </option>
        ))}
      </select>
    </span>
  );
}

function Keys() {
  const isOn = useSyncExternalStore(onKeysChange, hasKeys);
  return (
    <button
      type="button"
      aria-pressed={isOn}
      title="l: live; t: to the slider; /: to the filter"
      onClick={() => setKeys(!isOn)}
      className={`rounded-full border px-2 ${isOn ? "border-accent text-accent" : "border-line text-soft"}`}
    >
      Keys
    </button>
  );
}

function Numbers({ world }: { world: World }) {
  const running = world.containers.filter((one) => one.state === "running").length;
  const waiting = world.pools.reduce((sum, pool) => sum + pool.waiting, 0);
  const unhealthy = world.containers.filter((one) => one.health === "unhealthy").length;
  return (
    <dl className="flex flex-wrap gap-x-4 text-soft">
      <Figure value={world.containers.length} word={world.containers.length === 1 ? "container" : "containers"} />
      <Figure value={running} word="running" />
      <Figure value={waiting} word="waiting" />
      {unhealthy > 0 && <Figure value={unhealthy} word="unhealthy" tone="text-bad" />}
      <Figure value={world.pods.length} word={world.pods.length === 1 ? "pod" : "pods"} />
      <Figure value={world.pools.length} word={world.pools.length === 1 ? "pool" : "pools"} />
    </dl>
  );
}

function Figure({ value, word, tone = "text-ink" }: { value: number; word: string; tone?: string }) {
  return (
    <div className="flex flex-row-reverse gap-1">
      <dt>{word}</dt>
      <dd className={`font-semibold ${tone}`}>{count(value)}</dd>
    </div>
  );
}

function Line({ connection }: { connection: Connection }) {
  const { state, reason, live } = connection;
  const [tone, text]: [string, ReactNode] =
    state === "connected"
      ? ["bg-good", "connected"]
      : state === "connecting"
        ? ["bg-warn beat", "connecting…"]
        : ["bg-bad beat", `connection lost: ${reason ?? ""}; trying again`];
  return (
    <>
      <p role="status" aria-label="connection" className="flex items-center gap-2 text-soft">
        <span aria-hidden className={`size-2 rounded-full ${tone}`} />
        <span className={state === "lost" ? "text-bad" : ""}>{text}</span>
      </p>
      {live !== null && state === "connected" && (
        <span className="text-faint">record {count(live.head.seq)}</span>
      )}
    </>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className="size-4.5">
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <g className="fill-panel">
        <rect x="7" y="8" width="18" height="4" rx="1.5" />
        <rect x="7" y="14" width="18" height="4" rx="1.5" opacity=".8" />
        <rect x="7" y="20" width="11" height="4" rx="1.5" opacity=".6" />
      </g>
    </svg>
  );
}

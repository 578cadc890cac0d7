/** The pools: what runs in them, what waits and in which place, and what they have together. */

import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";

import { byId, type Container, type Pool, type World } from "../api/types";
import { age, bytes, count, cpus, short } from "../time/format";
import { Empty, Meter, Panel, Shown } from "./panel";

/** Those that wait and are listed at first; the rest at a click. */
const QUEUE_SHOWN = 6;

interface Props {
  world: UseQueryResult<World>;
  now: number;
  select: (id: string) => void;
  setFilter: (text: string) => void;
}

export function Pools({ world, now, select, setFilter }: Props) {
  return (
    <Panel title="Pools" note={world.data && count(world.data.pools.length)} className="shrink-0 lg:max-h-[46%]">
      <Shown result={world}>
        {({ pools, backend, containers }) => {
          if (pools.length === 0) return <Empty>There are no pools. “sockerless pool add” makes one.</Empty>;
          const known = byId(containers);
          return (
            <ul className="min-h-0 divide-y divide-line overflow-y-auto">
              {pools.map((pool) => (
                <li key={pool.name} aria-label={`pool ${pool.name}`} className="flex flex-col gap-1 px-2.5 py-2">
                  <Title pool={pool} backend={backend} setFilter={setFilter} />
                  <Meter label="running" value={pool.running} max={pool.running_max} show={count} />
                  <Meter label="queue" value={pool.waiting} max={pool.queue_max} show={count} isHard />
                  {pool.nano_cpus !== null && (
                    <Meter label="CPUs" value={pool.used_nano_cpus} max={pool.nano_cpus} show={cpus} />
                  )}
                  {pool.memory_bytes !== null && (
                    <Meter label="memory" value={pool.used_memory_bytes} max={pool.memory_bytes} show={bytes} />
                  )}
                  <Queue pool={pool} known={known} now={now} select={select} />
                </li>
              ))}
            </ul>
          );
        }}
      </Shown>
    </Panel>
  );
}

interface TitleProps {
  pool: Pool;
  backend: string;
  setFilter: (text: string) => void;
}

function Title({ pool, backend, setFilter }: TitleProps) {
  const { name, draining, containers, tenants } = pool;
  return (
    <div className="flex flex-wrap items-baseline gap-x-2">
      <button type="button" onClick={() => setFilter(name)} title="show its containers" className="font-semibold">
        {name}
      </button>
      <span className="text-faint">on {backend}</span>
      <span className="text-faint">
        {count(containers)} {containers === 1 ? "container" : "containers"}
      </span>
      {tenants.length > 0 && (
        <span className="truncate text-faint" title={tenants.join(", ")}>
          for {tenants.join(", ")}
        </span>
      )}
      {draining && <span className="rounded bg-raised px-1.5 font-medium text-warn">drains</span>}
    </div>
  );
}

interface QueueProps {
  pool: Pool;
  known: Map<string, Container>;
  now: number;
  select: (id: string) => void;
}

function Queue({ pool, known, now, select }: QueueProps) {
  const [isWhole, setWhole] = useState(false);
  const { queue } = pool;
  if (queue.length === 0) return null;
  const shown = isWhole ? queue : queue.slice(0, QUEUE_SHOWN);
  return (
    <ol aria-label={`queue of ${pool.name}`} className="mt-0.5 max-h-48 overflow-y-auto">
      {shown.map((id, place) => {
        const { name, since } = known.get(id) ?? { name: short(id), since: null };
        return (
          <li key={id} className="flex items-baseline gap-2">
            <span className="w-7 shrink-0 text-right text-faint">#{place + 1}</span>
            <button type="button" onClick={() => select(id)} className="min-w-0 flex-1 truncate text-left hover:underline">
              {name}
            </button>
            {since !== null && <span className="text-faint">waits {age(since, now)}</span>}
          </li>
        );
      })}
      {shown.length < queue.length && (
        <li>
          <button type="button" onClick={() => setWhole(true)} className="pl-9 text-accent">
            {count(queue.length - shown.length)} more
          </button>
        </li>
      )}
    </ol>
  );
}

/** One container: what is known of it, its output, and what the Docker API says of it. */

import type { UseQueryResult } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";

import { useInspect } from "../api/queries";
import type { Container, World } from "../api/types";
import { readAddress, writeAddress } from "../time/address";
import { age, dayAndClock, short } from "../time/format";
import { Logs } from "./logs";
import { Empty, Shown } from "./panel";
import { Tree } from "./tree";
import { HealthWord, StateWord } from "./words";

interface Props {
  id: string;
  world: UseQueryResult<World>;
  now: number;
  close: () => void;
}

const TABS = ["logs", "inspect"] as const;
type Tab = (typeof TABS)[number];

export function Details({ id, world, now, close }: Props) {
  const [tab, setTab] = useState<Tab>(() => (readAddress().tab === "inspect" ? "inspect" : "logs"));
  const one = world.data?.containers.find((container) => container.id === id);
  const run = useRun(one);
  const choose = (next: Tab) => {
    setTab(next);
    writeAddress({ tab: next });
  };
  // There are two: both arrows lead to the other one.
  const turn = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = tab === "logs" ? "inspect" : "logs";
    choose(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <section
      aria-label="details"
      className="flex max-h-[60dvh] min-h-0 flex-col overflow-hidden lg:max-h-none lg:basis-1/2 rounded-md border border-line bg-panel"
    >
      <header className="flex flex-wrap items-center gap-x-3 border-b border-line px-2.5 py-1">
        <h2 className="font-semibold">{one?.name ?? short(id)}</h2>
        {one !== undefined && <StateWord one={one} />}
        <span className="flex-1" />
        <div role="tablist" className="flex gap-1" onKeyDown={turn}>
          {TABS.map((name) => (
            <button
              key={name}
              id={`tab-${name}`}
              type="button"
              role="tab"
              aria-selected={tab === name}
              aria-controls="tab-panel"
              tabIndex={tab === name ? 0 : -1}
              onClick={() => choose(name)}
              className={`rounded px-2 py-0.5 ${tab === name ? "bg-raised font-medium" : "text-soft"}`}
            >
              {name}
            </button>
          ))}
        </div>
        <button type="button" aria-label="close" title="Esc" onClick={close} className="px-1 text-base text-soft">
          ×
        </button>
      </header>
      {one !== undefined && <Facts one={one} now={now} />}
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} className="flex min-h-0 flex-1 flex-col">
        {one === undefined && world.data !== undefined ? (
          <Empty>There is no such container at this moment.</Empty>
        ) : tab === "logs" ? (
          <Logs id={id} run={run} />
        ) : (
          <Inspect id={id} />
        )}
      </div>
    </section>
  );
}

/** Names the last run that was seen: its output goes on where another begins. */
function useRun(one: Container | undefined): string | null {
  const last = useRef<string | null>(null);
  const runs = one !== undefined && ["running", "paused", "stopping"].includes(one.state);
  if (runs) last.current = one.since;
  return last.current;
}

function Facts({ one, now }: { one: Container; now: number }) {
  return (
    <dl className="flex flex-wrap gap-x-4 border-b border-line px-2.5 py-1 text-soft">
      <Fact name="id" value={<span className="font-mono">{short(one.id)}</span>} />
      <Fact name="image" value={one.image} />
      <Fact name="created" value={<span title={dayAndClock(one.created)}>{age(one.created, now)} ago</span>} />
      {one.health !== null && <Fact name="health" value={<HealthWord health={one.health} />} />}
      {one.pool !== null && <Fact name="pool" value={one.pool} />}
      {one.pod !== null && <Fact name="pod" value={one.pod} />}
      {one.restarts > 0 && <Fact name="restarts" value={one.restarts} />}
      {one.ports.length > 0 && <Fact name="ports" value={one.ports.join(", ")} />}
      {one.trouble !== null && <Fact name="trouble" value={<span className="text-bad">{one.trouble}</span>} />}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className="flex gap-1.5">
      <dt className="text-faint">{name}</dt>
      <dd className="text-ink">{value}</dd>
    </div>
  );
}

function Inspect({ id }: { id: string }) {
  const inspect = useInspect(id);
  return (
    <Shown result={inspect}>
      {(value) => (
        <div className="min-h-0 flex-1 overflow-auto px-2.5 py-2 font-mono text-[12px]">
          <Tree value={value} />
        </div>
      )}
    </Shown>
  );
}

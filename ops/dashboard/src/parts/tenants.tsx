/** The tenants: who has a server of their own, whether it is up, what runs there, and what waits. */

import type { UseQueryResult } from "@tanstack/react-query";

import { useSummary, useTenants } from "../api/queries";
import type { Tenant, World } from "../api/types";
import { useElsewhere } from "../time/elsewhere";
import { count } from "../time/format";
import { useMoment } from "../time/moment";
import type { Enter } from "./header";
import { Meter, Panel, Shown } from "./panel";

interface Props {
  world: UseQueryResult<World>;
  enter: Enter;
}

export function Tenants({ world, enter }: Props) {
  const tenants = useTenants();
  const moment = useElsewhere(world);
  if (tenants.data === undefined || tenants.data.length === 0) return null;
  return (
    <Panel title="Tenants" note={count(tenants.data.length)} className="max-h-[60dvh] shrink-0 lg:max-h-[40%]">
      <Shown result={tenants}>
        {(all) => (
          <ul className="min-h-0 divide-y divide-line overflow-y-auto">
            {all.map((tenant) => (
              <Line key={tenant.name} tenant={tenant} moment={moment} enter={enter} />
            ))}
          </ul>
        )}
      </Shown>
    </Panel>
  );
}

interface LineProps {
  tenant: Tenant;
  /** The point of its log that belongs to the page's moment, once that is known. */
  moment: string | null | undefined;
  enter: Enter;
}

function Line({ tenant, moment, enter }: LineProps) {
  const { name, members, up } = tenant;
  const { data, error, isPlaceholderData } = useSummary(tenant, moment);
  const summary = up && error === null ? data : undefined;
  const queues = summary?.pools.filter((pool) => pool.queue_max > 0 || pool.waiting > 0) ?? [];
  return (
    <li aria-label={`tenant ${name}`} className={`flex flex-col gap-1 px-2.5 py-2 ${isPlaceholderData ? "opacity-55" : ""}`}>
      <div className="flex flex-wrap items-baseline gap-x-2">
        <button
          type="button"
          onClick={() => enter(name, moment ?? null)}
          title="move all of this page to its server"
          className="font-semibold hover:underline"
        >
          {name}
        </button>
        <Up isUp={up} />
        {summary !== undefined && (
          <span className="text-soft">
            {count(summary.running)} of {count(summary.containers)} running
          </span>
        )}
        <span className="min-w-0 truncate text-faint" title={members.join(", ")}>
          {members.join(", ")}
        </span>
      </div>
      {up && error !== null && <p className={moment === null ? "text-bad" : "text-soft"}>{error.message}</p>}
      {queues.map((pool) => (
        <Meter key={pool.name} label={pool.name} value={pool.waiting} max={pool.queue_max} show={count} word="wait" isHard />
      ))}
    </li>
  );
}

/** Whether a server is up is no record of any log, so it is told of the present alone. */
function Up({ isUp }: { isUp: boolean }) {
  const { point } = useMoment();
  if (point !== null && isUp) return null;
  const text = point === null ? (isUp ? "up" : "down") : "down now";
  return <span className={isUp ? "text-good" : "font-medium text-bad"}>{text}</span>;
}

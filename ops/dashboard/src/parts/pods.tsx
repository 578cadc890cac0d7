/** The pods, and the containers that are in them. */

import type { UseQueryResult } from "@tanstack/react-query";

import { byId, type Container, type Pod, type World } from "../api/types";
import { age, count, dayAndClock } from "../time/format";
import { Empty, Panel, Shown } from "./panel";
import { stateText } from "./words";

interface Props {
  world: UseQueryResult<World>;
  now: number;
  select: (id: string) => void;
}

export function Pods({ world, now, select }: Props) {
  return (
    <Panel title="Pods" note={world.data && count(world.data.pods.length)} className="shrink-0 lg:max-h-[26%]">
      <Shown result={world}>
        {({ pods, containers }) => {
          if (pods.length === 0) return <Empty>There are no pods. “podman --remote pod create” makes one.</Empty>;
          const known = byId(containers);
          return (
            <ul className="min-h-0 divide-y divide-line overflow-y-auto">
              {pods.map((pod) => (
                <Line key={pod.id} pod={pod} known={known} now={now} select={select} />
              ))}
            </ul>
          );
        }}
      </Shown>
    </Panel>
  );
}

interface LineProps {
  pod: Pod;
  known: Map<string, Container>;
  now: number;
  select: (id: string) => void;
}

function Line({ pod, known, now, select }: LineProps) {
  const members = pod.containers.flatMap((id) => known.get(id) ?? []);
  const running = members.filter((one) => one.state === "running").length;
  return (
    <li aria-label={`pod ${pod.name}`} className="px-2.5 py-1.5">
      <div className="flex items-baseline gap-2">
        <span className="font-semibold">{pod.name}</span>
        <span className="text-soft">
          {running} of {members.length} running
        </span>
        {pod.removing && <span className="text-warn">goes</span>}
        <span className="flex-1" />
        <time dateTime={pod.created} title={dayAndClock(pod.created)} className="text-faint">
          {age(pod.created, now)}
        </time>
      </div>
      <div className="flex flex-wrap gap-x-2 text-faint">
        {members.map((one) => (
          <button
            key={one.id}
            type="button"
            title={stateText(one)}
            onClick={() => select(one.id)}
            className="text-soft hover:underline"
          >
            {one.name}
            {one.id === pod.holder ? " (holds)" : ""}
          </button>
        ))}
        {pod.shares.length > 0 && <span>share {pod.shares.join(", ")}</span>}
      </div>
    </li>
  );
}

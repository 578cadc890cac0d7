/** States and health in words and colours. */

import type { Container, State } from "../api/types";

const TONES: Record<State, string> = {
  created: "bg-faint",
  starting: "bg-busy beat",
  running: "bg-good",
  stopping: "bg-warn beat",
  paused: "bg-busy",
  restarting: "bg-warn beat",
  removing: "bg-warn beat",
  exited: "bg-faint",
  dead: "bg-bad",
};

/** Says where a container is in its life. */
export function stateText(one: Container): string {
  if (one.position !== null) return `waits, #${one.position}`;
  if (one.state === "exited" && one.exit_code !== null) {
    return one.oom_killed ? `exited ${one.exit_code}, out of memory` : `exited ${one.exit_code}`;
  }
  return one.state;
}

export function StateWord({ one }: { one: Container }) {
  const isWaiting = one.position !== null;
  const failed = one.state === "exited" && one.exit_code !== 0 && one.exit_code !== null;
  const tone = isWaiting ? "bg-warn" : failed ? "bg-bad" : TONES[one.state];
  return (
    <span className="flex min-w-0 items-center gap-1.5" title={stateText(one)}>
      <span aria-hidden className={`size-2 shrink-0 rounded-full ${tone}`} />
      <span className="truncate">{stateText(one)}</span>
    </span>
  );
}

const HEALTH = { healthy: "text-good", starting: "text-busy", unhealthy: "font-semibold text-bad" };

export function HealthWord({ health }: { health: Container["health"] }) {
  if (health === null) return <span className="text-faint">–</span>;
  return <span className={HEALTH[health]}>{health}</span>;
}

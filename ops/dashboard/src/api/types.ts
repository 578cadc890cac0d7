/** What the server tells the page; the other side is `api/ops/src/page/`. */

/** A record of the log, and its time. */
export interface Point {
  seq: number;
  time: string;
}

export type State =
  | "created"
  | "starting"
  | "running"
  | "stopping"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead";

export interface Container {
  id: string;
  name: string;
  image: string;
  state: State;
  health: "starting" | "healthy" | "unhealthy" | null;
  since: string | null;
  created: string;
  exit_code: number | null;
  oom_killed: boolean;
  restarts: number;
  pool: string | null;
  position: number | null;
  pod: string | null;
  ports: string[];
  trouble: string | null;
}

export interface Pod {
  id: string;
  name: string;
  created: string;
  removing: boolean;
  shares: string[];
  containers: string[];
  holder: string | null;
}

export interface Pool {
  name: string;
  running_max: number | null;
  queue_max: number;
  nano_cpus: number | null;
  memory_bytes: number | null;
  tenants: string[];
  draining: boolean;
  containers: number;
  running: number;
  waiting: number;
  used_nano_cpus: number;
  used_memory_bytes: number;
  /** The containers that wait, in their order. */
  queue: string[];
}

/** Finds containers by their ids. */
export function byId(containers: Container[]): Map<string, Container> {
  return new Map(containers.map((one) => [one.id, one]));
}

/** The state at a record: everything in it is of that one record. */
export interface World {
  at: Point;
  backend: string;
  containers: Container[];
  pods: Pod[];
  pools: Pool[];
}

/** The state at a record in numbers. */
export interface Summary {
  at: Point;
  containers: number;
  running: number;
  pools: Omit<Pool, "queue">[];
}

/** Who has a server of their own behind this one. */
export interface Tenant {
  name: string;
  members: string[];
  /** Whether its server answers. */
  up: boolean;
}

export interface LogRecord {
  seq: number;
  time: string | null;
  kind: string;
  who: string | null;
  command: string | null;
  container: string | null;
  name: string | null;
  refused: string | null;
  events: string[];
  exit_code: number | null;
}

/** Which records can be looked at. */
export interface Range {
  first: number;
  head: Point;
  marks: Point[];
}

/** How far the log has come. */
export interface Live {
  first: number;
  head: Point;
  now: string;
}

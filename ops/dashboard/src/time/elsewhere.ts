/** The moment as other servers' logs know it. */

import type { UseQueryResult } from "@tanstack/react-query";

import type { World } from "../api/types";
import { hasTime, isNumber } from "./format";
import { useMoment } from "./moment";

/** A record's number means nothing in another log, its time does. It is not there until the server has told it. */
export function useElsewhere(world: UseQueryResult<World>): string | null | undefined {
  const { point } = useMoment();
  if (point === null || !isNumber(point)) return point;
  const at = world.isPlaceholderData ? undefined : world.data?.at;
  return at !== undefined && hasTime(at.time) ? at.time : undefined;
}

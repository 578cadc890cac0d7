/** The time by which ages are told. */

import { useEffect, useState } from "react";

import type { World } from "../api/types";
import { useMoment } from "./moment";

/** At the present it is the server's time, which goes on; in the past the time of the record, which stays. */
export function useNow(world: World | undefined): number {
  const { point, connection } = useMoment();
  const [tick, setTick] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setTick(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, []);
  if (point !== null && world !== undefined) return Date.parse(world.at.time);
  return tick + connection.aheadMs;
}

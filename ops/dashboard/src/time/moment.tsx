/** What the whole page looks at: whose server, and when, which is now or a record of the past. */

import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";

import { type Connection, useConnection } from "../api/live";
import { readAddress, writeAddress } from "./address";

/** While the slider is moved nothing is asked for until it rests for so long: a point of a long log takes a while. */
const REST_MS = 120;

export interface Moment {
  /** Whose server is looked at; null for the one in front. */
  tenant: string | null;
  connection: Connection;
  /** The point as it is asked for; null for the present. */
  point: string | null;
  /** Where the slider is, which goes ahead of the point while it moves. */
  wanted: string | null;
  /** Looks at a point once the slider rests. */
  seek: (point: string | null) => void;
  /** Looks at a point at once. */
  look: (point: string | null) => void;
}

const MomentContext = createContext<Moment | null>(null);

export function MomentProvider({ tenant, children }: { tenant: string | null; children: ReactNode }) {
  const connection = useConnection(tenant);
  const [point, setPoint] = useState<string | null>(() => readAddress().at);
  const [wanted, setWanted] = useState<string | null>(point);
  const timer = useRef<number | undefined>(undefined);

  const look = useCallback((next: string | null) => {
    window.clearTimeout(timer.current);
    setWanted(next);
    setPoint(next);
  }, []);
  const seek = useCallback((next: string | null) => {
    window.clearTimeout(timer.current);
    setWanted(next);
    timer.current = window.setTimeout(() => setPoint(next), next === null ? 0 : REST_MS);
  }, []);

  useEffect(() => writeAddress({ at: point }), [point]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const moment = useMemo(
    () => ({ tenant, connection, point, wanted, seek, look }),
    [tenant, connection, point, wanted, seek, look],
  );
  return <MomentContext.Provider value={moment}>{children}</MomentContext.Provider>;
}

export function useMoment(): Moment {
  const moment = useContext(MomentContext);
  if (moment === null) throw new Error("there is no moment outside of its provider");
  return moment;
}

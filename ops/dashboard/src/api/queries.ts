/** What the page asks for, at the moment that it looks at. */

import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { useMoment } from "../time/moment";
import { get, isAway, pageOf } from "./client";
import type { LogRecord, Range, Summary, Tenant, World } from "./types";

/** Records that are listed beside the state. */
const RECORDS = 150;

/** The past stays as it is, so it is asked for once; a few points of it are kept for whoever goes back and forth. */
const PAST_KEPT_MS = 120_000;

const PRESENT_KEPT_MS = 5_000;

/** How often the scale of the slider is made anew. */
const SCALE_EVERY_MS = 15_000;

/** How often it is asked what tenants there are, and what each has: no line tells of their logs here. */
const TENANTS_EVERY_MS = 5_000;

/** The path of something of a tenant, or of the server in front, at a moment. */
export function at(tenant: string | null, point: string | null, path: string): string {
  const moment = point === null ? "" : `/at/${encodeURIComponent(point)}`;
  return `${pageOf(tenant)}${moment}${path}`;
}

export function useWorld(): UseQueryResult<World> {
  return useAtMoment<World>("/world");
}

export function useRecords(): UseQueryResult<LogRecord[]> {
  return useAtMoment<LogRecord[]>(`/records?count=${RECORDS}`);
}

/** What the Docker API says of a container. */
export function useInspect(id: string): UseQueryResult<unknown> {
  return useAtMoment<unknown>(`/containers/${id}/json`);
}

export function useRange(): UseQueryResult<Range> {
  const { tenant, connection } = useMoment();
  return useQuery({
    queryKey: ["range", tenant, connection.times],
    queryFn: ({ signal }) => get<Range>(at(tenant, null, "/range"), signal),
    refetchInterval: SCALE_EVERY_MS,
    placeholderData: keepPreviousData,
    enabled: connection.state === "connected",
  });
}

/** Who has a server of their own behind the one that this page is from. */
export function useTenants(): UseQueryResult<Tenant[]> {
  const { connection } = useMoment();
  return useQuery({
    queryKey: ["tenants", connection.times],
    queryFn: ({ signal }) => get<Tenant[]>(at(null, null, "/tenants"), signal),
    // There are none until the server starts anew, where there are none.
    refetchInterval: ({ state }) => (state.data?.length === 0 ? false : TENANTS_EVERY_MS),
    placeholderData: keepPreviousData,
  });
}

/** What a tenant has in numbers at a point of its log; nothing is asked where it is not known, or its server is down. */
export function useSummary({ name, up }: Tenant, point: string | null | undefined): UseQueryResult<Summary> {
  const isPast = point !== null;
  return useQuery({
    queryKey: ["summary", point, name],
    queryFn: ({ signal }) => get<Summary>(at(name, point ?? null, "/summary"), signal),
    enabled: up && point !== undefined,
    staleTime: isPast ? Number.POSITIVE_INFINITY : 0,
    gcTime: isPast ? PAST_KEPT_MS : PRESENT_KEPT_MS,
    refetchInterval: isPast ? false : TENANTS_EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/**
 * Asks for something at the moment, and again when the server is back; at the present also whenever the log has grown since.
 *
 * The answer before stays until the next is there; `isPlaceholderData` tells that it is not of the moment.
 */
function useAtMoment<T>(path: string): UseQueryResult<T> {
  const { tenant, point, connection } = useMoment();
  const isPast = point !== null;
  const whole = at(tenant, null, path);
  const result = useQuery<T>({
    queryKey: ["at", point, whole],
    queryFn: ({ signal }) => get<T>(at(tenant, point, path), signal),
    staleTime: isPast ? Number.POSITIVE_INFINITY : 0,
    gcTime: isPast ? PAST_KEPT_MS : PRESENT_KEPT_MS,
    // Of the same thing only: what another container, or another tenant, was is nothing to show in the meantime.
    placeholderData: (before, query) => (query?.queryKey[2] === whole ? before : undefined),
    // Each answer is a whole one; comparing ten thousand containers with those of before costs more than drawing some.
    structuralSharing: false,
  });
  const { error, isFetching, refetch } = result;
  const asked = useRef("");
  const isConnected = connection.state === "connected";
  // What was told of the past stays true.
  const isDone = isPast && !isAway(error);
  const growth = isPast ? `${connection.times}` : `${connection.times} ${connection.live?.head.seq ?? 0}`;
  useEffect(() => {
    if (isDone || !isConnected || isFetching || asked.current === growth) return;
    asked.current = growth;
    void refetch();
  }, [isDone, isConnected, isFetching, growth, refetch]);
  return result;
}

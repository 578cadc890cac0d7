/** The table of containers: sorted and narrowed down here, and drawn only as far as it is seen. */

import type { UseQueryResult } from "@tanstack/react-query";
import {
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type Row,
  type SortingState,
  type Table,
  useReactTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";

import type { Container, World } from "../api/types";
import { age, count, dayAndClock, short } from "../time/format";
import { Empty, Panel, Shown } from "./panel";
import { HealthWord, StateWord, stateText } from "./words";

const ROW_PX = 28;

/** Rows that are drawn beyond what is seen, so that scrolling shows no gap. */
const OVERSCAN = 12;

const GRID =
  "grid grid-cols-[minmax(7rem,1.3fr)_minmax(8rem,1.6fr)_minmax(8rem,1.6fr)_minmax(4rem,0.7fr)_minmax(4rem,0.7fr)_5.5rem_5.5rem] items-center gap-x-3 px-2.5";

interface Props {
  world: UseQueryResult<World>;
  now: number;
  selected: string | null;
  select: (id: string | null) => void;
  filter: string;
  setFilter: (text: string) => void;
}

export function Containers(props: Props) {
  const { world, filter, setFilter } = props;
  const all = world.data?.containers.length ?? 0;
  return (
    <Panel
      title="Containers"
      note={all > 0 ? count(all) : undefined}
      className="max-h-[60dvh] lg:max-h-none lg:min-h-44 lg:flex-1"
      actions={<Filter filter={filter} setFilter={setFilter} />}
    >
      <Shown result={world}>{(data) => <List {...props} rows={data.containers} />}</Shown>
    </Panel>
  );
}

function Filter({ filter, setFilter }: { filter: string; setFilter: (text: string) => void }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5 max-sm:w-full">
      {["running", "waits", "exited"].map((word) => (
        <button
          key={word}
          type="button"
          aria-pressed={filter === word}
          onClick={() => setFilter(filter === word ? "" : word)}
          className={`rounded-full border px-2 ${filter === word ? "border-accent text-accent" : "border-line text-soft"}`}
        >
          {word}
        </button>
      ))}
      <input
        id="filter"
        type="search"
        aria-label="filter containers"
        aria-keyshortcuts="/"
        title="from anywhere: /"
        placeholder="name, image, pool…"
        value={filter}
        spellCheck={false}
        onChange={(event) => setFilter(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && setFilter("")}
        className="w-56 rounded border border-line bg-ground max-sm:w-0 max-sm:flex-1 px-2 py-0.5 placeholder:text-faint"
      />
    </span>
  );
}

const column = createColumnHelper<Container>();

/** What a filter looks at: every word of it has to be somewhere in here. */
function wordsOf(one: Container): string {
  const words = [one.name, one.image, one.id, stateText(one), one.health, one.pool, one.pod];
  return words.filter(Boolean).join(" ").toLowerCase();
}

function matches(row: Row<Container>, _: string, wanted: string): boolean {
  const words = wordsOf(row.original);
  return wanted.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}

function useContainerTable(rows: Container[], filter: string): Table<Container> {
  const [sorting, setSorting] = useState<SortingState>([]);
  const columns = useMemo(
    () => [
      column.accessor(stateText, { id: "state", header: "State", cell: ({ row }) => <StateWord one={row.original} /> }),
      column.accessor("name", { header: "Name", cell: ({ row }) => <Name one={row.original} /> }),
      column.accessor("image", { header: "Image", cell: (cell) => <Text text={cell.getValue()} /> }),
      column.accessor((one) => one.pool ?? "", { id: "pool", header: "Pool", cell: (cell) => <Text text={cell.getValue()} /> }),
      column.accessor((one) => one.pod ?? "", { id: "pod", header: "Pod", cell: (cell) => <Text text={cell.getValue()} /> }),
      column.accessor((one) => one.health ?? "", { id: "health", header: "Health", cell: ({ row }) => <HealthWord health={row.original.health} /> }),
      // The newest first is the shortest first.
      column.accessor((one) => (one.since === null ? 0 : -Date.parse(one.since)), { id: "since", header: "Since" }),
    ],
    [],
  );
  return useReactTable({
    data: rows,
    columns,
    state: { sorting, globalFilter: filter.trim() },
    onSortingChange: setSorting,
    sortDescFirst: false,
    globalFilterFn: matches,
    // One column is enough: the filter looks at the whole row.
    getColumnCanGlobalFilter: (one) => one.id === "name",
    getRowId: (one) => one.id,
    getCoreRowModel: getCoreRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
}

function List({ rows, now, selected, select, filter }: Props & { rows: Container[] }) {
  const table = useContainerTable(rows, filter);
  const shown = table.getRowModel().rows;
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => shown[index]?.id ?? index,
    overscan: OVERSCAN,
  });
  const [focused, setFocused] = useState<string | null>(selected);
  const drawn = virtual.getVirtualItems();
  // The tabulator comes to one row; from there the arrows go on.
  const entry = drawn.find(({ key }) => key === focused) ?? drawn[0];
  const move = (event: KeyboardEvent<HTMLDivElement>, index: number) => {
    const next = placeAfter(event.key, index, shown.length);
    const row = next === null ? undefined : shown[next];
    if (next === null || row === undefined) return;
    event.preventDefault();
    virtual.scrollToIndex(next);
    // It may not be drawn before it is scrolled to.
    requestAnimationFrame(() => document.getElementById(`row-${row.id}`)?.focus());
  };
  if (rows.length === 0) return <Empty>There are no containers. “docker run” makes one.</Empty>;
  return (
    <div
      role="grid"
      aria-label="containers"
      aria-rowcount={shown.length + 1}
      className="flex min-h-0 flex-1 flex-col overflow-x-auto *:min-w-[44rem]"
    >
      <Heads table={table} />
      {shown.length === 0 && <Empty>No container matches “{filter}”.</Empty>}
      <div ref={scroll} role="rowgroup" className="min-h-0 flex-1 overflow-y-auto">
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {drawn.map(({ index, key, start }) => {
            const row = shown[index];
            if (row === undefined) return null;
            const { id, since } = row.original;
            const isOpen = id === selected;
            return (
              <div
                key={row.id}
                id={`row-${id}`}
                role="row"
                tabIndex={key === entry?.key ? 0 : -1}
                aria-rowindex={index + 2}
                aria-selected={isOpen}
                data-name={row.original.name}
                onFocus={() => setFocused(id)}
                onClick={() => select(isOpen ? null : id)}
                onKeyDown={(event) => {
                  if (event.key === "Enter") select(isOpen ? null : id);
                  else move(event, index);
                }}
                className={`${GRID} absolute inset-x-0 cursor-pointer border-b border-line/60 ${isOpen ? "bg-raised" : "hover:bg-raised/60"}`}
                style={{ height: ROW_PX, transform: `translateY(${start}px)` }}
              >
                {row.getVisibleCells().map((cell) => (
                  <div role="gridcell" key={cell.id} className="min-w-0">
                    {cell.column.id === "since" ? (
                      <Since since={since} now={now} />
                    ) : (
                      flexRender(cell.column.columnDef.cell, cell.getContext())
                    )}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The place that a key leads to, where it leads anywhere. */
function placeAfter(key: string, index: number, length: number): number | null {
  switch (key) {
    case "ArrowDown":
      return index + 1;
    case "ArrowUp":
      return index - 1;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}

function Heads({ table }: { table: Table<Container> }) {
  return (
    <div role="rowgroup" className="border-b border-line">
      {table.getHeaderGroups().map((group) => (
        <div role="row" key={group.id} className={GRID} style={{ height: ROW_PX }}>
          {group.headers.map(({ id, column: { columnDef, getIsSorted, getToggleSortingHandler } }) => {
            const order = getIsSorted();
            return (
              <div
                role="columnheader"
                key={id}
                aria-sort={order === "asc" ? "ascending" : order === "desc" ? "descending" : "none"}
              >
                <button type="button" onClick={getToggleSortingHandler()} className="text-faint hover:text-ink">
                  {String(columnDef.header)} {order === "asc" ? "↑" : order === "desc" ? "↓" : ""}
                </button>
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

function Name({ one }: { one: Container }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5" title={`${one.name}, ${short(one.id)}`}>
      <span className="truncate font-medium">{one.name}</span>
      {one.trouble !== null && (
        <span role="img" aria-label={one.trouble} title={one.trouble} className="text-bad">
          !
        </span>
      )}
    </span>
  );
}

function Text({ text }: { text: string }) {
  return (
    <span className="block truncate text-soft" title={text}>
      {text === "" ? <span className="text-faint">–</span> : text}
    </span>
  );
}

function Since({ since, now }: { since: string | null; now: number }) {
  if (since === null) return <span className="text-faint">–</span>;
  return (
    <time dateTime={since} title={dayAndClock(since)} className="text-soft">
      {age(since, now)}
    </time>
  );
}

/** JSON as a tree whose parts fold. */

/** Parts that are open at first: deep enough for what is looked for most. */
const OPEN_DEPTH = 2;

interface Props {
  value: unknown;
  name?: string;
  depth?: number;
}

export function Tree({ value, name, depth = 0 }: Props) {
  const label = name === undefined ? null : <span className="text-accent">{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className="whitespace-pre-wrap break-all" style={{ paddingLeft: depth * 14 }}>
        {label}
        <Leaf value={value} />
      </div>
    );
  }
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const brackets = isList ? "[]" : "{}";
  if (entries.length === 0) {
    return (
      <div style={{ paddingLeft: depth * 14 }}>
        {label}
        <span className="text-faint">{brackets}</span>
      </div>
    );
  }
  const inside = entries.map(([key, part]) => (
    <Tree key={key} value={part} depth={depth + 1} {...(isList ? {} : { name: key })} />
  ));
  if (depth === 0) return <>{inside}</>;
  return (
    <details open={depth < OPEN_DEPTH}>
      <summary style={{ paddingLeft: depth * 14 }}>
        {label}
        <span className="text-faint">
          {brackets[0]}
          {entries.length}
          {brackets[1]}
        </span>
      </summary>
      {inside}
    </details>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") return <span>{value === "" ? '""' : value}</span>;
  if (value === null) return <span className="text-faint">null</span>;
  return <span className={value === false ? "text-faint" : "text-busy"}>{String(value)}</span>;
}

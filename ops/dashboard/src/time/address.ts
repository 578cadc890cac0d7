/** What is looked at stands behind the `#`, so that a reload and a link show the same. */

export interface Address {
  /** Whose server; the one in front where it is none. */
  tenant: string | null;
  /** The point of the past. */
  at: string | null;
  /** The container whose details are open. */
  container: string | null;
  /** Which of the details. */
  tab: string | null;
}

const FIELDS = ["tenant", "at", "container", "tab"] as const;

export function readAddress(): Address {
  const fields = new URLSearchParams(location.hash.slice(1));
  const [tenant, at, container, tab] = FIELDS.map((name) => fields.get(name));
  return { tenant: tenant ?? null, at: at ?? null, container: container ?? null, tab: tab ?? null };
}

/** Changes some fields; nothing is added to the history, for a slider would fill it. */
export function writeAddress(change: Partial<Address>): void {
  const address = { ...readAddress(), ...change };
  const fields = new URLSearchParams();
  for (const name of FIELDS) {
    const value = address[name];
    if (value !== null) fields.set(name, value);
  }
  const text = fields.toString();
  history.replaceState(null, "", text === "" ? location.pathname : `#${text}`);
}

/**
 * The token that this tab shows to the server.
 *
 * It comes behind the `#` of a link, or is typed in. It is kept for this tab and this origin alone, and never in a cookie,
 * which other ports of the host would be sent too.
 */

const KEY = "sockerless.token";

type Listener = () => void;

const listeners = new Set<Listener>();
let refusal: string | null = null;

/** Takes the token out of the address, so that it is in no history and in no link that is passed on. */
export function takeFromAddress(): void {
  const fields = new URLSearchParams(location.hash.slice(1));
  const given = fields.get("token");
  if (given === null) return;
  fields.delete("token");
  const rest = fields.toString();
  history.replaceState(null, "", rest === "" ? location.pathname : `#${rest}`);
  setToken(given);
}

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function setToken(text: string): void {
  // What cannot stand in a header is none, and would be told as a server that is away.
  if (!/^[\x21-\x7e]+$/.test(text.trim())) return dropToken("this is no token");
  sessionStorage.setItem(KEY, text.trim());
  refusal = null;
  tell();
}

/** Forgets the token, and keeps why it was not good. */
export function dropToken(message: string | null): void {
  sessionStorage.removeItem(KEY);
  refusal = message;
  tell();
}

export function whyDropped(): string | null {
  return refusal;
}

export function onTokenChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}

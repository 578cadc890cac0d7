/**
 * Whether keys without a modifier do something: they get in the way of whoever speaks to the machine, and can be switched off.
 *
 * It is kept for this origin, and all its tabs follow.
 */

const KEY = "sockerless.keys";

const OFF = "off";

const listeners = new Set<() => void>();

export function hasKeys(): boolean {
  return localStorage.getItem(KEY) !== OFF;
}

export function setKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, OFF);
  for (const listener of listeners) listener();
}

export function onKeysChange(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/** Numbers and times as people read them. */

const COUNT = new Intl.NumberFormat("en");
const WHOLE_NUMBER = /^\d+$/;
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export function count(number: number): string {
  return COUNT.format(number);
}

/** Whether a point is a record's number, and no time or age. */
export function isNumber(point: string): boolean {
  return WHOLE_NUMBER.test(point);
}

/** `15:02:11`, here. */
export function clock(time: string): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

/** `15:02:11.123`, here. */
export function exactClock(time: string): string {
  return `${clock(time)}.${String(new Date(time).getMilliseconds()).padStart(3, "0")}`;
}

/** `27 Nov 2026, 15:02:11.123`, here. */
export function dayAndClock(time: string): string {
  return `${DAY.format(new Date(time))}, ${exactClock(time)}`;
}

/** Whether a record has a time; the first of a log, which the server makes for itself, have none. */
export function hasTime(time: string): boolean {
  return Date.parse(time) > 0;
}

/** How long ago it was: `12 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function age(time: string, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(time)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 || days > 9 ? `${days} d` : `${days} d ${hours % 24} h`;
}

export function bytes(number: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let left = number;
  let unit = 0;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${Number(left.toFixed(left < 10 ? 1 : 0))} ${units[unit]}`;
}

export function cpus(nano: number): string {
  return String(Number((nano / 1e9).toFixed(2)));
}

export function short(id: string): string {
  return id.slice(0, 12);
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

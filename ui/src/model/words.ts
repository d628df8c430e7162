// Numbers, dates and counted nouns in the viewer's own language.

const NUMBER = new Intl.NumberFormat();

export const number = (value: number): string => NUMBER.format(value);

export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

export function percent(share: number | null): string {
  if (share === null) return "-";
  const value = share * 100;
  return `${value > 0 && value < 1 ? "<1" : value > 99 && value < 100 ? "99" : Math.round(value)} %`;
}

const FAR_MS = 300 * 86_400_000; // from here on a day without its year may be taken for another
const HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const SECOND = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const YEAR = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

const known = (at: string | number | null | undefined): Date | null => {
  if (at === null || at === undefined) return null;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date;
};

/** "16:40", with the day when it is not today; the day with its year when it is far away. */
export function time(at: string | number | null | undefined, now = Date.now()): string {
  const date = known(at);
  if (date === null) return "-";
  if (date.toDateString() === new Date(now).toDateString()) return HOUR.format(date);
  return (Math.abs(date.getTime() - now) < FAR_MS ? DAY : YEAR).format(date);
}

/** "16:40:07". */
export function exact(at: string | number | null | undefined): string {
  const date = known(at);
  return date === null ? "-" : SECOND.format(date);
}

export function day(at: string | number | null | undefined): string {
  const date = known(at);
  return date === null ? "-" : DAY.format(date);
}

/** What the server says of a campaign, in a place where it stands alone: "resting between messages" -> "Resting between messages." */
export const sentence = (said: string): string =>
  `${said.slice(0, 1).toUpperCase()}${said.slice(1)}${/[.!?…]$/.test(said) ? "" : "."}`;

/** The cause alone, where badge, banner and clock beside it say the rest: that it waits, that it looks again, and when. */
export const causeOf = (said: string): string =>
  said.replace(/^Waiting for (?:connection|the sender)\.\.\. /, "").replace(/; it looks again in .*$/s, "");

// Times as a clock on the wall of another zone shows them, for fields that know no zone.

/** Chromium calls some places as they were called before. */
const TODAY: Record<string, string> = {
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Europe/Kiev": "Europe/Kyiv",
};
const today = (zone: string): string => TODAY[zone] ?? zone;

/** Of this browser. */
export const HERE = (): string => today(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");

/** All that this browser knows, the given one among them. */
export function zones(also: string): string[] {
  const known = Intl.supportedValuesOf("timeZone");
  return [...new Set([also, "UTC", ...known.map(today)])].sort();
}

/** "2026-05-01T16:40" on a wall in that zone; a zone that this browser does not know is read as UTC. */
export function wallTime(at: string | number | Date, zone: string): string {
  const form: Intl.DateTimeFormatOptions = {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  };
  const parts: Record<string, string> = {};
  for (const each of formatter(zone, form).formatToParts(new Date(at))) parts[each.type] = each.value;
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

function formatter(zone: string, form: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...form, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...form, timeZone: "UTC" });
  }
}

/** The moment at which a wall in that zone shows this. An hour that is skipped in spring is the one after it. */
export function atWall(shown: string, zone: string): Date {
  const wanted = Date.parse(`${shown}Z`);
  let at = wanted;
  // The wall shows no seconds: those of the moment itself are added.
  for (let round = 0; round < 2; round += 1) at += wanted - Date.parse(`${wallTime(at, zone)}Z`) - (at % 60_000);
  return new Date(at);
}

// The frames of the event stream. Facts are durable and chained by cursors; snapshots are absolute and replace.

import type { HelloFrame, PingFrame, StorageFrame } from "@/api/schema";

export interface Fact {
  cursor: string;
  topic: string;
  kind: string;
  body: Record<string, unknown>;
  at: string | null;
}

export interface Snap {
  v?: number;
  [field: string]: unknown;
}

/** Only `cursor` is relied upon: a server of another version may say less. */
export type Hello = Partial<HelloFrame> & Pick<HelloFrame, "cursor">;

export interface Batch {
  from: string;
  cursor: string;
  facts: Fact[];
  snap: Record<string, Snap>;
}

export type { StorageFrame as Storage };

export type Ping = Partial<PingFrame>;

type Raw = Record<string, unknown>;

/** A fact as an object, or as [cursor, topic, kind, body]. */
function fact(raw: unknown): Fact {
  if (Array.isArray(raw)) {
    const [cursor, topic, kind, body, at] = raw as [string, string, string, Raw, string?];
    return { cursor: String(cursor), topic, kind, body: body ?? {}, at: at ?? null };
  }
  const told = raw as Raw;
  return {
    cursor: String(told.cursor),
    topic: String(told.topic),
    kind: String(told.kind),
    body: (told.body as Raw) ?? {},
    at: (told.at as string | undefined) ?? null,
  };
}

/** `last`: the id of the frame, its cursor afterwards. */
export function batch(data: Raw, last: string): Batch {
  const facts = ((data.facts as unknown[]) ?? []).map(fact);
  const from = String(data.from);
  const cursor = last || (data.cursor as string | undefined) || facts.at(-1)?.cursor || from;
  return { from, cursor, facts, snap: (data.snap as Record<string, Snap> | undefined) ?? {} };
}

/** The id in "campaign:0192...". */
export const subject = (topic: string): string => topic.slice(topic.indexOf(":") + 1);
export const family = (topic: string): string => topic.split(":", 1)[0] ?? topic;

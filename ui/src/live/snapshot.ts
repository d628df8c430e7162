// The copy of what is known that survives a reload while the server is away (R3). Wiped at sign-out.

import type { Campaign } from "@/model/campaign";
import { type Book, EMPTY } from "./book";

const PREFIX = "homing.snapshot.v1.";
const LARGEST = 1_000_000;
const MOST = 200;

export interface Failure {
  seq: number;
  address: string | null;
  reason: string | null;
  words: string | null;
  code: string | null;
}

interface Kept {
  book: Pick<Book, "campaigns" | "cursor" | "epoch" | "asOf">;
  failures: Record<string, Failure[]>;
}

export class Snapshot {
  failures: Record<string, Failure[]> = {};

  constructor(private readonly workspace: string) {}

  load(): Book {
    try {
      const kept = JSON.parse(localStorage.getItem(PREFIX + this.workspace) ?? "null") as Kept | null;
      if (!kept) return EMPTY;
      this.failures = kept.failures ?? {};
      // The cursor is not taken over: a page that opens reads everything anew and follows from there.
      return { ...EMPTY, campaigns: kept.book.campaigns, asOf: kept.book.asOf };
    } catch {
      return EMPTY;
    }
  }

  save(book: Book): void {
    const newest = Object.values(book.campaigns)
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, MOST);
    for (const most of [MOST, 50, 10]) {
      const text = JSON.stringify(this.cut(book, newest.slice(0, most)));
      if (text.length > LARGEST) continue;
      try {
        localStorage.setItem(PREFIX + this.workspace, text);
        return;
      } catch {
        // full: try with less
      }
    }
  }

  private cut(book: Book, campaigns: Campaign[]): Kept {
    const ids = new Set(campaigns.map((each) => each.id));
    const failures = Object.fromEntries(Object.entries(this.failures).filter(([id]) => ids.has(id)));
    const { cursor, epoch, asOf } = book;
    return {
      book: { campaigns: Object.fromEntries(campaigns.map((each) => [each.id, each])), cursor, epoch, asOf },
      failures,
    };
  }

  static wipe(): void {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  }
}

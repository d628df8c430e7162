// What a person wants done, kept until the server has answered: a click is never lost to a cut line, and never done twice.

import { again } from "@/api/client";
import { isAway, Problem } from "@/api/problem";
import { words } from "@/words/frame";

export interface Wish {
  key: string;
  at: number;
  method: "POST" | "PATCH" | "PUT" | "DELETE";
  route: string;
  body?: unknown;
  /** What to call it: "Pause Diwali offer". */
  label: string;
  campaign?: string;
  verb?: string;
  /** The campaign's version when it was clicked; a wish that asks is put to the person again when it has changed. */
  control?: number;
  /** `silent`: may be replayed whatever happened since (pause, drafts). `ask`: only when nothing has changed and it is young. */
  replay: "silent" | "ask";
  /** Why it waits for the person's word. */
  asks?: string;
}

export const OLD_MS = 600_000;
export const AGAIN_MS = 3_000;
/** The first try of an act is still being worked on over there. */
export const IN_FLIGHT = "idempotency_in_flight";

export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface Answer {
  wish: Wish;
  body?: unknown;
  problem?: Problem;
}

/** Reads the campaign's version now; null: cannot be told. */
export type Version = (campaign: string) => Promise<number | null>;

export class Outbox {
  private wishes: Wish[];
  private readonly heardBy = new Set<() => void>();
  private readonly answersTo = new Set<(answer: Answer) => void>();
  private sending = false;

  constructor(
    private readonly shelf: Shelf,
    private readonly name: string,
    private readonly send: (wish: Wish) => Promise<unknown> = ({ method, route, body, key }) =>
      again({ method, route, body, key }),
    private readonly version: Version = async () => null,
    private readonly now: () => number = Date.now,
    private readonly later: (call: () => void, ms: number) => void = (call, ms) => void setTimeout(call, ms),
  ) {
    this.wishes = this.read();
  }

  list(): readonly Wish[] {
    return this.wishes;
  }

  readonly subscribe = (hear: () => void): (() => void) => {
    this.heardBy.add(hear);
    return () => this.heardBy.delete(hear);
  };

  onAnswer(hear: (answer: Answer) => void): () => void {
    this.answersTo.add(hear);
    return () => this.answersTo.delete(hear);
  }

  /** Written down first, then sent. */
  put(wish: Wish): void {
    this.wishes = [...this.read(), wish];
    this.write();
    void this.replay();
  }

  /** The person says yes to one that asks: it counts as clicked now. */
  confirm(key: string, control?: number): void {
    this.wishes = this.read().map((each) => {
      if (each.key !== key) return each;
      const { asks: _asked, ...rest } = each;
      return { ...rest, at: this.now(), ...(control === undefined ? {} : { control }) };
    });
    this.write();
    void this.replay();
  }

  drop(key: string): void {
    this.wishes = this.read().filter((each) => each.key !== key);
    this.write();
  }

  /** Another tab has changed the shelf. */
  reread(): void {
    this.wishes = this.read();
    this.tell();
  }

  /** In order, one after the other; stops at the first that nobody answers. */
  async replay(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      for (let next = this.next(); next; next = this.next()) if (!(await this.deliver(next))) break;
    } finally {
      this.sending = false;
    }
  }

  private next(): Wish | undefined {
    return this.wishes.find((each) => !each.asks);
  }

  private async deliver(wish: Wish): Promise<boolean> {
    try {
      const doubt = await this.doubt(wish);
      if (doubt !== null) {
        this.ask(wish, doubt);
        return true;
      }
      const body = await this.send(wish);
      this.drop(wish.key);
      this.answer({ wish, body });
    } catch (error) {
      if (isAway(error)) return false;
      if (error instanceof Problem && error.code === IN_FLIGHT) {
        // It was heard once and nobody knows what became of it, as when the server died: asked again until it is known.
        this.later(() => void this.replay(), AGAIN_MS);
        return false;
      }
      const problem = error instanceof Problem ? error : new Problem(0, "bug", String(error));
      if (problem.status === 412) {
        this.ask(wish, words.changedMeanwhile);
        return true;
      }
      this.drop(wish.key);
      this.answer({ wish, problem });
    }
    return true;
  }

  /** Why it must not simply be replayed now. */
  private async doubt(wish: Wish): Promise<string | null> {
    if (wish.replay === "silent") return null;
    const age = this.now() - wish.at;
    if (age > OLD_MS) return words.clickedAgo(Math.round(age / 60_000));
    if (wish.campaign === undefined || wish.control === undefined || age < 5_000) return null;
    const current = await this.version(wish.campaign);
    return current !== null && current !== wish.control ? words.changedMeanwhile : null;
  }

  private ask(wish: Wish, asks: string): void {
    this.wishes = this.read().map((each) => (each.key === wish.key ? { ...each, asks } : each));
    this.write();
  }

  private read(): Wish[] {
    try {
      return JSON.parse(this.shelf.getItem(this.name) ?? "[]") as Wish[];
    } catch {
      return [];
    }
  }

  private write(): void {
    try {
      this.shelf.setItem(this.name, JSON.stringify(this.wishes));
    } catch {
      // storage full or forbidden: what is in memory is still sent
    }
    this.tell();
  }

  private tell(): void {
    for (const hear of this.heardBy) hear();
  }

  private answer(answer: Answer): void {
    for (const hear of this.answersTo) hear(answer);
  }
}

/** A key of its own for each click. */
export function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

// Files on their way to the server: one after the other, each with a key of its own, so that each arrives once however often
// the line is cut. They live as long as the page: a file is too large to be written down here.

import { isAway, Problem } from "@/api/problem";
import { IN_FLIGHT } from "./queue";

export type Going<T> = T & {
  key: string;
  state: "waiting" | "sending" | "cut" | "failed";
  share: number;
  /** Why it was refused. */
  words?: string;
};

type Send<T, Made> = (going: Going<T>, onProgress: (share: number) => void) => Promise<Made>;

/** `done`: told of each file that arrived, in the order of arriving. */
export class Files<T extends object, Made = unknown> {
  private items: readonly Going<T>[] = [];
  private busy = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly send: Send<T, Made>,
    private readonly newKey: () => string,
    private readonly done: (made: Made) => void = () => undefined,
  ) {}

  readonly list = (): readonly Going<T>[] => this.items;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(...wanted: T[]): void {
    const fresh = wanted.map((each): Going<T> => ({ ...each, key: this.newKey(), state: "waiting", share: 0 }));
    this.set([...this.items, ...fresh]);
    void this.work();
  }

  /** The line is back, or a person said so of one: what was cut goes on with the key that it had. */
  again(key?: string): void {
    this.set(
      this.items.map((each) =>
        (key ? each.key === key : each.state === "cut") && each.state !== "sending"
          ? { ...each, state: "waiting", share: 0 }
          : each,
      ),
    );
    void this.work();
  }

  drop(key: string): void {
    this.set(this.items.filter((each) => each.key !== key));
  }

  private async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (let next = this.next(); next; next = this.next()) await this.one(next);
    this.busy = false;
  }

  private next(): Going<T> | undefined {
    return this.items.find((each) => each.state === "waiting");
  }

  private async one(going: Going<T>): Promise<void> {
    this.change(going.key, { state: "sending", share: 0 });
    try {
      const made = await this.send(going, (share) => this.change(going.key, { share }));
      this.drop(going.key);
      this.done(made);
    } catch (error) {
      this.change(going.key, { state: isCut(error) ? "cut" : "failed", words: (error as Error).message });
    }
  }

  private change(key: string, changes: Partial<Omit<Going<object>, "key">>): void {
    this.set(this.items.map((each) => (each.key === key ? { ...each, ...changes } : each)));
  }

  private set(items: readonly Going<T>[]): void {
    this.items = items;
    for (const each of this.listeners) each();
  }
}

/** Nobody said no: away, a fault over there, or the first try is still being worked on. */
const isCut = (error: unknown): boolean =>
  isAway(error) || (error instanceof Problem && (error.status >= 500 || error.code === IN_FLIGHT));

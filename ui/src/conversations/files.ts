// Answers with a file, on their way to the server: one after the other, each with a key of its own, so that each is sent once
// however often the line is cut. They live as long as the page: a file is too large to be written down here.

import { isAway, Problem } from "@/api/problem";

export interface FileAnswer {
  key: string;
  address: string;
  file: File;
  text: string;
  channel: "whatsapp" | "email";
  sender?: string | undefined;
  subject?: string | undefined;
  state: "waiting" | "sending" | "cut" | "failed";
  share: number;
  /** Why it was refused. */
  words?: string;
}

export type Wanted = Omit<FileAnswer, "key" | "state" | "share" | "words">;
type Send = (of: FileAnswer, onProgress: (share: number) => void) => Promise<unknown>;

export class FileAnswers {
  private items: readonly FileAnswer[] = [];
  private busy = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly send: Send,
    private readonly newKey: () => string,
  ) {}

  readonly list = (): readonly FileAnswer[] => this.items;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(wanted: Wanted): void {
    this.set([...this.items, { ...wanted, key: this.newKey(), state: "waiting", share: 0 }]);
    void this.work();
  }

  /** The line is back: what was cut goes on with the key that it had. */
  again(): void {
    this.set(this.items.map((each) => (each.state === "cut" ? { ...each, state: "waiting", share: 0 } : each)));
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

  private next(): FileAnswer | undefined {
    return this.items.find((each) => each.state === "waiting");
  }

  private async one(of: FileAnswer): Promise<void> {
    this.change(of.key, { state: "sending", share: 0 });
    try {
      await this.send(of, (share) => this.change(of.key, { share }));
      this.drop(of.key);
    } catch (error) {
      const cut = isAway(error) || (error instanceof Problem && error.status >= 500);
      this.change(of.key, { state: cut ? "cut" : "failed", words: (error as Error).message });
    }
  }

  private change(key: string, changes: Partial<FileAnswer>): void {
    this.set(this.items.map((each) => (each.key === key ? { ...each, ...changes } : each)));
  }

  private set(items: readonly FileAnswer[]): void {
    this.items = items;
    for (const each of this.listeners) each();
  }
}

// Files on their way to the library: one after the other, each with a key of its own. What is cut waits for the line.

import { isAway, Problem } from "@/api/problem";

export interface Medium {
  id: string;
  name: string;
  content_type: string;
  size_bytes: number;
  width: number | null;
  height: number | null;
  url: string;
  path: string;
  created_at: string | null;
}

export interface Going {
  key: string;
  name: string;
  file: Blob;
  state: "waiting" | "sending" | "cut" | "failed";
  share: number;
  words?: string;
}

type Send = (going: Going, onProgress: (share: number) => void) => Promise<Medium>;

/** `done`: told of each file that arrived, in the order of arriving. */
export class Uploads {
  private items: Going[] = [];
  private busy = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly send: Send,
    private readonly newKey: () => string,
    private readonly done: (made: Medium) => void = () => undefined,
  ) {}

  list = (): readonly Going[] => this.items;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(files: Iterable<File>): void {
    const fresh = [...files].map(
      (file): Going => ({ key: this.newKey(), name: file.name, file, state: "waiting", share: 0 }),
    );
    this.set([...this.items, ...fresh]);
    void this.work();
  }

  /** The line is back, or a person said so: what was cut goes on with the key that it had. */
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

  private next(): Going | undefined {
    return this.items.find((each) => each.state === "waiting");
  }

  private async one(going: Going): Promise<void> {
    this.change(going.key, { state: "sending", share: 0 });
    try {
      const made = await this.send(going, (share) => this.change(going.key, { share }));
      this.drop(going.key);
      this.done(made);
    } catch (error) {
      // 409: the first try is still being worked on over there.
      const cut = isAway(error) || (error instanceof Problem && error.status === 409);
      this.change(going.key, { state: cut ? "cut" : "failed", words: (error as Error).message });
    }
  }

  private change(key: string, changes: Partial<Going>): void {
    this.set(this.items.map((each) => (each.key === key ? { ...each, ...changes } : each)));
  }

  private set(items: Going[]): void {
    this.items = items;
    for (const each of this.listeners) each();
  }
}

/** How a picture stands in the HTML of a message. */
export function tagOf(of: Medium): string {
  const alt = of.name.replace(/\.[a-z0-9]{2,5}$/i, "").replace(/["<>&{}]/g, " ");
  if (of.width === null) return `<a href="${of.url}">${alt}</a>`;
  const width = Math.min(of.width, 600);
  return `<img src="${of.url}" alt="${alt}" width="${width}" style="max-width:100%;height:auto">`;
}

/** Whether only this machine can see it: recipients could not. */
export function isOnlyHere(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}

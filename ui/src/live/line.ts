// The one line of this browser to the server: an event stream, or a long-poll where something in between holds streams
// back. It never gives up, it says which link is down, and it comes back with its own cursor, so that nothing is missed.

import { ask, path, workspace } from "@/api/client";
import { Problem } from "@/api/problem";
import { type Batch, batch, type Hello, type Ping, type Storage } from "./frame";
import { backoff, HELLO_MS, isSilent } from "./silence";

export type Cause = "device" | "server" | "silent";

export interface Link {
  status: "connecting" | "open" | "lost" | "signed-out";
  cause: Cause | null;
  since: number | null;
  next: number | null;
  transport: "stream" | "poll";
  tries: number;
}

export interface Hearer {
  hello(told: Hello): void;
  batch(told: Batch): void;
  ping(told: Ping): void;
  reset(): void;
  storage(told: Storage): void;
  link(now: Link): void;
}

const NAMES = ["hello", "batch", "ping", "reset", "storage", "bye"] as const;
type Name = (typeof NAMES)[number];

const STREAM_AGAIN_MS = 300_000;
const POLL_WAIT_S = 25;

export class Line {
  link: Link = { status: "connecting", cause: null, since: null, next: null, transport: "stream", tries: 0 };
  attending = false;
  private source: EventSource | null = null;
  private poll: AbortController | null = null;
  private heard = 0;
  private timers = new Set<ReturnType<typeof setTimeout>>();
  private watch: ReturnType<typeof setInterval> | null = null;
  private pollUntil = 0;
  private stopped = true;

  constructor(
    private readonly hearer: Hearer,
    private readonly cursor: () => string | null,
    private readonly attendant: string,
  ) {}

  start(): void {
    this.stopped = false;
    addEventListener("offline", this.onOffline);
    addEventListener("online", this.tryNow);
    document.addEventListener("visibilitychange", this.onVisible);
    this.watch = setInterval(this.look, 500);
    if (navigator.onLine) this.connect();
    else this.lost("device");
  }

  stop(): void {
    this.stopped = true;
    removeEventListener("offline", this.onOffline);
    removeEventListener("online", this.tryNow);
    document.removeEventListener("visibilitychange", this.onVisible);
    if (this.watch) clearInterval(this.watch);
    this.close();
  }

  /** At once: the device says that it is back, the page became visible, or a person said so. */
  readonly tryNow = (): void => {
    if (this.stopped || this.link.status === "open") return;
    this.connect();
  };

  private readonly onOffline = (): void => this.lost("device");
  private readonly onVisible = (): void => {
    if (document.visibilityState === "visible" && this.link.status === "lost") this.tryNow();
  };

  private readonly look = (): void => {
    if (this.link.status === "open" && isSilent(this.heard, Date.now(), this.attending) && !this.poll)
      this.lost("silent");
  };

  private set(change: Partial<Link>): void {
    this.link = { ...this.link, ...change };
    this.hearer.link(this.link);
  }

  private later(act: () => void, ms: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }

  private close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.source?.close();
    this.source = null;
    this.poll?.abort();
    this.poll = null;
  }

  private lost(cause: Cause): void {
    this.close();
    const wait = backoff(this.link.tries, Math.random());
    const since = this.link.since ?? Date.now();
    this.set({ status: "lost", cause, since, next: Date.now() + wait, tries: this.link.tries + 1 });
    if (!this.stopped) this.later(() => this.connect(), wait);
  }

  private opened(transport: Link["transport"]): void {
    this.heard = Date.now();
    if (this.link.status !== "open" || this.link.transport !== transport)
      this.set({ status: "open", cause: null, since: null, next: null, transport, tries: 0 });
  }

  private connect(): void {
    this.close();
    if (this.link.status === "lost") this.set({ next: null });
    if (Date.now() < this.pollUntil) void this.longPoll();
    else this.stream();
  }

  private stream(): void {
    const source = new EventSource(
      path("/events", { after: this.cursor(), attendant: this.attendant, workspace: workspace() }),
    );
    this.source = source;
    let greeted = false;
    this.later(() => greeted || void this.onNoHello(source), HELLO_MS);
    for (const name of NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (this.source !== source) return;
        greeted = true;
        this.take(name, JSON.parse(event.data), event.lastEventId);
      });
    }
    source.onerror = () => {
      if (this.source === source) void this.onBroken();
    };
  }

  private take(name: Name, data: Record<string, unknown>, id: string): void {
    this.opened("stream");
    this.hear(name, data, id);
  }

  private hear(name: Name, data: Record<string, unknown>, id: string): void {
    if (name === "hello") this.hearer.hello(data as unknown as Hello);
    else if (name === "batch") this.onBatch(batch(data, id));
    else if (name === "ping") this.hearer.ping(data as Ping);
    else if (name === "storage") this.hearer.storage(data as unknown as Storage);
    else if (name === "reset") this.hearer.reset();
    else if (name === "bye") this.lost("server");
  }

  /** A chain that does not hold means that something was missed: come back with our own cursor. */
  private onBatch(told: Batch): void {
    const own = this.cursor();
    if (own !== null && told.facts.length > 0 && told.from !== own) {
      this.connect();
      return;
    }
    this.hearer.batch(told);
  }

  /** A stream that breaks has no status code: one plain question tells a server that is away from one that wants a login. */
  private async onBroken(): Promise<void> {
    this.close();
    if (!navigator.onLine) return this.lost("device");
    this.lost("server");
    await this.whoAmI();
  }

  private async whoAmI(): Promise<void> {
    try {
      await ask(path("/campaigns", { limit: 1 }), {}, 3_000);
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403) && !this.stopped) {
        this.close();
        this.set({ status: "signed-out", cause: null, next: null });
      }
    }
  }

  /** No hello in 3 s: a proxy holds the stream back, or the server is frozen. A short question tells which. */
  private async onNoHello(source: EventSource): Promise<void> {
    if (this.source !== source) return;
    try {
      await ask(path("/events", { after: this.cursor(), wait: 0 }), {}, HELLO_MS);
    } catch {
      if (this.source === source) this.lost(navigator.onLine ? "silent" : "device");
      return;
    }
    if (this.source !== source) return;
    this.pollUntil = Date.now() + STREAM_AGAIN_MS;
    this.connect();
  }

  private async longPoll(): Promise<void> {
    const control = new AbortController();
    this.poll = control;
    let first = true;
    while (this.poll === control && Date.now() < this.pollUntil) {
      const wait = this.attending ? 1 : first ? 0 : POLL_WAIT_S;
      const query = { after: this.cursor(), wait, attendant: this.attendant };
      try {
        const init = { signal: control.signal };
        const { body } = await ask<Record<string, unknown>>(path("/events", query), init, (wait + 6) * 1000);
        if (this.poll !== control) return;
        this.polled(body, first);
        first = false;
      } catch (error) {
        if (this.poll !== control) return;
        this.poll = null;
        return error instanceof Problem && error.status === 401 ? void this.whoAmI() : this.lost("server");
      }
    }
    if (this.poll === control && !this.stopped) this.connect();
  }

  /** The answer holds the same frames as the stream; an older server tells facts alone. */
  private polled(body: Record<string, unknown>, first: boolean): void {
    this.opened("poll");
    const frames = body.frames as { event: Name; data: Record<string, unknown>; id?: string }[] | undefined;
    if (frames) {
      for (const { event, data, id } of frames) if (event !== "hello" || first) this.hear(event, data, id ?? "");
    } else {
      if (first) this.hearer.hello({ cursor: String(body.cursor) });
      this.onBatch(batch(body, String(body.cursor)));
    }
    if (body.storage) this.hearer.storage(body.storage as Storage);
  }
}

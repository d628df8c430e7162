// Puts the live layer together: line, leader, book, local copy. One instance a tab; views read it with `useLive`.

import { get, path, workspace } from "@/api/client";
import { Problem } from "@/api/problem";
import { type Campaign, isAlive } from "@/model/campaign";
import { acknowledge, attendant } from "./attend";
import { at, type Book, withCampaign, withList, without, withSnap } from "./book";
import { type Batch, type Fact, family, type Hello, type Ping, type Storage, subject } from "./frame";
import { type Channel, elect } from "./leader";
import { Line, type Link } from "./line";
import { type Failure, Snapshot } from "./snapshot";

export interface Restored {
  at: number;
  events: number;
}

export interface Live {
  book: Book;
  link: Link;
  storage: Storage | null;
  restored: Restored | null;
  /** Campaigns that this browser attends, as the server's pings say. */
  attending: string[];
  version: string | null;
  /** The server runs another version than the page: offer to reload, never do it. */
  newer: boolean;
  leads: boolean;
  /** Climbs with every fact about a topic, so that lists know when to read anew. */
  ticks: Record<string, number>;
}

type Message =
  | { kind: "ask" }
  | { kind: "try" }
  | { kind: "state"; live: Omit<Live, "leads"> }
  | { kind: "facts"; facts: Fact[] };

const REFRESH_MS = 400;
const WATCH_MS = 1_000; // so often whoever runs and brings no snapshots is read
const LIST = 200;
const RESTORED_MS = 4_000;

export class LiveLayer {
  private live: Live;
  private readonly heardBy = new Set<() => void>();
  private readonly factsTo = new Set<(facts: Fact[]) => void>();
  private readonly snapshot: Snapshot;
  private readonly line: Line;
  private channel: Channel<Message> | null = null;
  private wanted = new Set<string>();
  private refreshing: ReturnType<typeof setTimeout> | null = null;
  private watching: ReturnType<typeof setInterval> | null = null;
  private saving: ReturnType<typeof setTimeout> | null = null;
  private snapped: Record<string, number> = {};
  private ahead = 0;
  private wasLost = false;
  private sinceLost = 0;

  constructor(private readonly scope: string = workspace() ?? "default") {
    this.snapshot = new Snapshot(this.scope);
    this.line = new Line(this, () => this.live.book.cursor, attendant());
    this.live = {
      book: this.snapshot.load(),
      link: this.line.link,
      storage: null,
      restored: null,
      attending: [],
      version: null,
      newer: false,
      leads: false,
      ticks: {},
    };
  }

  start(): void {
    this.channel = elect<Message>(
      this.scope,
      () => this.lead(),
      (message) => this.onMessage(message),
    );
    this.channel.say({ kind: "ask" });
    addEventListener("pagehide", this.save);
    // What this device says of itself needs no relay.
    addEventListener("offline", this.onDevice);
    addEventListener("online", this.onDevice);
  }

  stop(): void {
    this.line.stop();
    this.channel?.close();
    removeEventListener("pagehide", this.save);
    if (this.watching) clearInterval(this.watching);
  }

  // ---- reading

  readonly subscribe = (hear: () => void): (() => void) => {
    this.heardBy.add(hear);
    return () => this.heardBy.delete(hear);
  };

  readonly state = (): Live => this.live;

  onFacts(hear: (facts: Fact[]) => void): () => void {
    this.factsTo.add(hear);
    return () => this.factsTo.delete(hear);
  }

  failures(id: string): Failure[] {
    return this.snapshot.failures[id] ?? [];
  }

  keepFailures(id: string, failures: Failure[]): void {
    this.snapshot.failures[id] = failures.slice(0, 200);
    this.saveSoon();
  }

  // ---- acting

  readonly tryNow = (): void => {
    if (this.live.leads) this.line.tryNow();
    else this.channel?.say({ kind: "try" });
  };

  /** A campaign that this tab has read, or that an act has answered. */
  took(campaign: Omit<Campaign, "as_of">): void {
    this.setBook(withCampaign(this.live.book, campaign, Date.now()));
    this.relay();
  }

  removed(id: string): void {
    this.setBook(without(this.live.book, id));
    this.relay();
  }

  refresh(id: string): void {
    this.wanted.add(id);
    this.refreshing ??= setTimeout(() => void this.read(), REFRESH_MS);
  }

  // ---- leading

  private lead(): void {
    this.set({ leads: true });
    this.line.start();
    this.watching = setInterval(() => this.watchRunning(), WATCH_MS);
  }

  /** What has no facts (rate, waiting, time left) is read while something runs, unless snapshots bring it. */
  private watchRunning(): void {
    if (this.live.link.status !== "open") return;
    const now = Date.now();
    for (const each of Object.values(this.live.book.campaigns))
      if (each.state === "sending" && now - (this.snapped[each.id] ?? 0) > 3_000) this.refresh(each.id);
  }

  private async read(): Promise<void> {
    const ids = [...this.wanted];
    this.wanted.clear();
    this.refreshing = null;
    await Promise.all(ids.map((id) => this.readOne(id)));
    this.relay();
  }

  private async readOne(id: string): Promise<void> {
    try {
      const told = await get<Omit<Campaign, "as_of">>(path(`/campaigns/${id}`));
      this.setBook(withCampaign(this.live.book, told, Date.now()));
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.setBook(without(this.live.book, id));
    }
  }

  private async readAll(): Promise<void> {
    try {
      const page = await get<{ items: Omit<Campaign, "as_of">[]; next: string | null }>(
        path("/campaigns", { limit: LIST }),
      );
      this.setBook(withList(this.live.book, page.items, page.next === null, Date.now()));
      this.relay();
    } catch {
      // The line itself says when the server is away, and reads again when it is back.
    }
  }

  // ---- hearing (the leader only)

  hello(told: Hello): void {
    if (told.now) this.ahead = new Date(told.now).getTime() - Date.now();
    const anew = told.epoch !== undefined && this.live.book.epoch !== null && told.epoch !== this.live.book.epoch;
    const cursor = anew || this.live.book.cursor === null ? told.cursor : this.live.book.cursor;
    this.setBook({ ...this.live.book, cursor, epoch: told.epoch ?? this.live.book.epoch });
    const known = this.live.version;
    const version = told.version ?? null;
    this.set({ version, newer: this.live.newer || (known !== null && version !== null && known !== version) });
    void this.readAll();
  }

  batch(told: Batch): void {
    let book = at(this.live.book, told.cursor);
    const now = Date.now();
    for (const [id, snap] of Object.entries(told.snap)) {
      if (book.campaigns[id]) this.snapped[id] = now;
      else this.refresh(id);
      book = withSnap(book, id, snap, now, this.ahead);
    }
    if (this.wasLost) this.sinceLost += told.facts.length;
    this.setBook(book);
    this.onOwnFacts(told.facts);
    if (told.facts.length > 0) this.channel?.say({ kind: "facts", facts: told.facts });
    this.relay();
  }

  ping(told: Ping): void {
    const attending = told.attend ?? [];
    this.line.attending = attending.length > 0;
    if (attending.length > 0) acknowledge(told.n, attending);
    if (attending.join() !== this.live.attending.join()) {
      this.set({ attending });
      this.relay();
    }
  }

  reset(): void {
    this.setBook({ ...this.live.book, cursor: null });
    this.line.tryNow();
    void this.readAll();
  }

  storage(told: Storage): void {
    this.set({ storage: told.activity ? told : null });
    this.relay();
  }

  link(link: Link): void {
    if (link.status === "lost") this.wasLost = true;
    this.set({ link });
    if (link.status === "open" && this.wasLost) this.comeBack();
    this.relay();
  }

  /** Said a moment after the line is open, so that it can say how much was caught up. */
  private comeBack(): void {
    this.sinceLost = 0;
    const restored = { at: Date.now(), events: 0 };
    this.set({ restored });
    setTimeout(() => {
      this.wasLost = false;
      if (this.live.restored) this.set({ restored: { ...restored, events: this.sinceLost } });
      this.relay();
    }, 600);
    setTimeout(() => {
      this.set({ restored: null });
      this.relay();
    }, RESTORED_MS);
  }

  private onOwnFacts(facts: Fact[]): void {
    const ticks = { ...this.live.ticks };
    for (const fact of facts) {
      if (family(fact.topic) === "campaign") this.refresh(subject(fact.topic));
      ticks[fact.topic] = (ticks[fact.topic] ?? 0) + 1;
      ticks[family(fact.topic)] = (ticks[family(fact.topic)] ?? 0) + 1;
    }
    if (facts.length > 0) this.set({ ticks });
    for (const hear of this.factsTo) hear(facts);
  }

  // ---- the other tabs

  private onMessage(message: Message): void {
    if (message.kind === "ask") this.relay();
    else if (message.kind === "try") this.tryIfLeading();
    // What another tab has read or done reaches the leader too; the others take over what the leader says.
    else if (this.live.leads && navigator.locks) this.mergeState(message);
    else if (message.kind === "facts") for (const hear of this.factsTo) hear(message.facts);
    else if (message.live.link.status !== "connecting" || message.live.book.fresh)
      this.set({ ...message.live, leads: this.live.leads });
  }

  private tryIfLeading(): void {
    if (this.live.leads) this.line.tryNow();
  }

  private mergeState(message: Message): void {
    if (message.kind === "state") this.merge(message.live.book);
  }

  private merge(theirs: Book): void {
    let book = this.live.book;
    for (const each of Object.values(theirs.campaigns)) {
      const own = book.campaigns[each.id];
      if (!own || each.control > own.control) book = withCampaign(book, each, each.as_of);
    }
    if (book !== this.live.book) this.setBook(book);
  }

  private relay(): void {
    const { leads: _own, ...live } = this.live;
    this.channel?.say({ kind: "state", live });
  }

  // ---- this tab

  private readonly onDevice = (): void => {
    if (this.live.leads || navigator.onLine) return;
    this.set({ link: { ...this.live.link, status: "lost", cause: "device", since: Date.now(), next: null } });
  };

  private setBook(book: Book): void {
    if (book === this.live.book) return;
    this.set({ book });
    if (this.live.leads) this.saveSoon();
  }

  private set(change: Partial<Live>): void {
    this.live = { ...this.live, ...change };
    for (const hear of this.heardBy) hear();
  }

  private saveSoon(): void {
    this.saving ??= setTimeout(() => {
      this.saving = null;
      this.save();
    }, 500);
  }

  private readonly save = (): void => {
    if (this.live.book.fresh) this.snapshot.save(this.live.book);
  };

  /** Those that move or could. */
  alive(): Campaign[] {
    return Object.values(this.live.book.campaigns).filter(isAlive);
  }
}

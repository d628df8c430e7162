// One tab of a browser holds the line, the others listen to it. Web Locks elect it: when it closes, the next one leads.

export interface Channel<Message> {
  say(message: Message): void;
  close(): void;
}

const NAME = "homing-live";

/** Calls `lead` once this tab is the leader; `hear` with what other tabs say. Without Web Locks (plain http) each tab leads. */
export function elect<Message>(scope: string, lead: () => void, hear: (message: Message) => void): Channel<Message> {
  const name = `${NAME}.${scope}`;
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  if (channel) channel.onmessage = (event: MessageEvent<Message>) => hear(event.data);
  const leaving = new AbortController();
  if (navigator.locks) {
    navigator.locks
      .request(name, { signal: leaving.signal }, () => {
        lead();
        return new Promise<void>((done) => leaving.signal.addEventListener("abort", () => done()));
      })
      .catch(() => undefined);
  } else lead();
  return {
    say: (message) => channel?.postMessage(message),
    close: () => {
      leaving.abort();
      channel?.close();
    },
  };
}

/** Whether this page has what only https or localhost gives: service worker, one line per browser, notifications. */
export const isSecure = (): boolean => globalThis.isSecureContext === true;

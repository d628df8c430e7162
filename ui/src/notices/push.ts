// This browser, told while no page is open: asks the browser for a subscription and the server to keep it.

import { act, get, path } from "@/api/client";
import type { SubscriptionBody } from "@/api/schema";
import { words } from "@/words/notices";

export interface PushBrowser {
  id: string;
  agent: string;
  endpoint: string;
  created_at: string | null;
  told_at: string | null;
}

export interface Pushed {
  public_key: string;
  items: PushBrowser[];
}

export const readPushed = () => get<Pushed>(path("/notifications/push"));

export const canPush = (): boolean =>
  "serviceWorker" in navigator && "PushManager" in window && typeof Notification !== "undefined";

export async function here(): Promise<PushSubscription | null> {
  if (!canPush()) return null;
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Throws with words for a person when the browser refuses. */
export async function startPush(publicKey: string): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") throw new Error(words.browserForbids);
  const registration = await navigator.serviceWorker.ready;
  const old = await registration.pushManager.getSubscription();
  await old?.unsubscribe();
  const made = await registration.pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: bytes(publicKey) })
    .catch(() => {
      throw new Error(words.pushSilent);
    });
  await act({
    method: "POST",
    route: "/notifications/push",
    body: { ...(made.toJSON() as SubscriptionBody), agent: nameOf() },
  });
}

/** Forgets this browser there and here; also when somebody signs out of it. */
export async function stopPush(): Promise<void> {
  const mine = await here();
  if (!mine) return;
  const known = (await readPushed()).items.find((each) => each.endpoint === mine.endpoint);
  if (known) await act({ method: "DELETE", route: `/notifications/push/${known.id}` });
  await mine.unsubscribe();
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** "Firefox on Linux": enough to know it again in a list. */
function nameOf(): string {
  const agent = navigator.userAgent;
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /Chrom/.test(agent)
        ? "Chrome"
        : words.aBrowser;
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0];
  return system ? words.browserOn(browser, system) : browser;
}

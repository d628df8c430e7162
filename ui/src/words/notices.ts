// The words of the banner under the header and of the bell.

import { count } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  storageRefuses: "The server's storage refuses to be written",
  waitingForConnection: "Waiting for connection...",
  cause: {
    device: "This device has no network.",
    server: "The server does not answer: it is stopped, restarting, or the way to it is cut.",
    silent: "The server does not answer: the line is open, and nothing comes.",
  },
  tryingNow: "trying now",
  nextTry: (seconds: number) => `next try in ${seconds} s`,
  connectionLost: "Connection Lost",
  clicksWait: (many: number) => `${count(many, "click")} will be sent when it is back.`,
  since: (at: string, next: string) => `since ${at}, ${next}`,
  tryNow: "Try now",
  autoPaused: (name: string) => `"${name}" is auto-paused and goes on by itself at the next recipient.`,
  othersGoOn: (many: number) =>
    `${many === 1 ? "The campaign" : count(many, "campaign")} on the server goes on without this page.`,
  nothingLost: "Nothing is lost: what you see is the last copy.",
  nextCheck: (left: string, at: string) => `next check in ${left}, at ${at}`,
  seconds: (many: number) => `${many} s`,
  restored: "Connection Restored!",
  caughtUp: (events: number) => `Caught up, ${count(events, "event")}, none missed.`,
  cannotReach: "the server cannot reach the provider",
  waits: (why: string, name: string, others: number) =>
    `${why} "${name}" ${others > 0 ? `and ${others} more wait` : "waits"}. Nobody is lost, and no attempt is counted.`,
  notices: "Notices",
  someNew: (many: number) => `Notices, ${many} new`,
  browserForbids: "The browser forbids notices of this page. Allow them in its own settings for this address.",
  pushSilent: "The browser's push service did not answer. Some browsers have none; e-mail still works.",
  aBrowser: "Browser",
  browserOn: (browser: string, system: string) => `${browser} on ${system}`,
  nothingYet: "Nothing yet. The end of a campaign, and whatever needs you, is told here.",
};

export type NoticeWords = typeof english;

export const words = inLanguage("notices", english);

// The words of the first screen: what runs, what needs somebody, the first steps, how the machine is.

import { count, number } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  home: "Home",
  needsYou: "Needs you",
  sendingNow: "Sending now",
  next: "Next",
  lately: "Lately",
  allQuiet: "All quiet. Nothing runs, and nothing needs you.",
  asOf: (at: string) => `As of ${at}.`,
  look: "Look",
  seeWhy: "See why",
  decide: "Decide",
  mend: "Mend",
  goOn: "Go on",
  paused: {
    no_connection: "waits for you: the provider could not be reached for too long",
    sender_down: "waits for you: its sender is down",
    too_many_failures: "was stopped: too many failed",
    sender_limit: "waits: the sender's limit is reached",
    canary: "has sent its first few and waits for your approval",
    restored: "is a restored copy and waits for you",
    missed_start: "has missed its time and waits for you",
    watcher_gone: "is auto-paused: nobody watches it",
  } as Record<string, string>,
  imports: {
    uploading: "has not all of its file yet",
    mapping: "waits for you: which column is what",
    checking: "is checked and waits for your start",
    paused: "waits for you",
  } as Record<string, string>,
  health: { down: "down", blocked: "blocked" } as Record<string, string>,
  ofCampaign: (name: string, why: string) => `"${name}" ${why}.`,
  waits: (name: string, why: string) => `"${name}" waits. ${why}`,
  standsStill: (name: string) => `"${name}" stands still.`,
  uncertain: (many: number, name: string) =>
    `${count(many, "recipient")} of "${name}" ${many === 1 ? "is" : "are"} uncertain.`,
  senderIs: (name: string, health: string) => `The sender "${name}" is ${health}.`,
  waitForIt: (names: string[]) =>
    `${names.map((each) => `"${each}"`).join(", ")} ${names.length === 1 ? "waits" : "wait"} for it.`,
  ofImport: (file: string, why: string) => `The import of ${file || "an upload"} ${why}.`,
  noWorker: "No worker runs: nothing is sent until one does (homing worker).",
  atWork: (workers: number) => `${count(workers, "worker")} at work`,
  senders: (many: number, down: number) => `${count(many, "sender")}${down > 0 ? `, ${number(down)} not up` : ""}`,
  lastHeard: "as last heard",
  threeSteps: "Three steps to your first campaign",
  addSender: "Add a sender",
  importContacts: "Import contacts",
  writeAndSend: "Write and send",
  done: "done",
  nothingLeaves: "Nothing leaves before you press Send and have seen who gets it.",
  zone: "Time zone",
  whatZoneIsFor: "Of starts and sending hours; Settings > Workspaces changes it",
  keepZone: "Save",
  zoneIs: (zone: string) => `Times are given in ${zone}`,
  whatASenderIs: "A sender is the mail account that messages leave through. Without one at hand, run",
  catchesAll: "in a terminal: it catches all of it.", // behind the command
};

export type HomeWords = typeof english;

export const words = inLanguage("home", english);

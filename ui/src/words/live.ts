// The words of a campaign's own page: how far, how fast, who failed and why, what can be done, and the report.

import { count, number } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  campaigns: "Campaigns",
  noSuchCampaign: "There is no such campaign",
  whereItMayBe: "It may have been removed, or belong to another workspace.",
  noCopy: "No copy of it is kept here.",
  asOf: (at: string, place: string) => `As of ${at}. Place in the queue: ${place}.`,
  shows: {
    sent: "Sent",
    failed: "Failed",
    uncertain: "Uncertain",
    open: "Remaining",
    skipped: "Skipped",
    report: "Report",
    log: "Log",
  },

  // the switches
  runsOnServer: "It runs on the server: every browser may be closed.",
  onServer: "On the server",
  watchedBy: { here: "While I watch: this browser", there: "While I watch: another browser" },
  pause: "Pause",
  resume: "Resume",
  approve: "Approve the rest",
  viaCloud: "Send via Cloud",
  watchHere: "Watch from here",
  edit: "Edit",
  cancel: "Cancel",
  cancelAsk: (name: string) => `Cancel "${name}"?`,
  whatCancelDoes: (open: string) =>
    `Those who got it keep it. The ${open} that remain will never get it from this campaign. This cannot be taken back.`,
  keepIt: "Keep it",
  cancelCampaign: "Cancel the campaign",

  // how far and how fast
  settled: (many: string, all: string) => `${many} of ${all}`,
  soFar: "so far", // while the audience is still being counted
  leftAndEnds: (left: string, end: string) => `${left} left · ends ${end}`,
  preparing: (recipients: number) =>
    `Preparing ${count(recipients, "recipient")}: each gets a place in the ledger before anybody gets a mail.`,
  doneAfter: (at: string, duration: string) => `Done ${at}, after ${duration}`,
  starts: (at: string) => `Starts ${at}`,
  started: (at: string) => `Started ${at}`,
  notStarted: "Not started",
  percentOf: (name: string, percent: number) => `${name}: ${percent} percent`, // said aloud
  audienceIs: (many: string) => `audience ${many}`,
  parts: {
    sent: (many: string) => `${many} sent`,
    failed: (many: string) => `${many} failed`,
    skipped: (many: string) => `${many} skipped`,
    cancelled: (many: string) => `${many} cancelled`,
    uncertain: (many: string) => `${many} uncertain`,
    open: (many: string) => `${many} remaining`,
  },
  balanced: "balanced",
  notBalanced: "does not add up yet",
  countedRows: (attempts: string) => `Counted from the rows: balanced, ${attempts} attempts.`,
  countRows: "Count the rows",
  byChannel: (channel: "email" | "whatsapp", sent: string, all: string) =>
    `${channel === "email" ? "E-mail" : "WhatsApp"}: ${sent} of ${all} sent`,

  // why it does not move
  toSender: (name: string) => `To the sender "${name}"`,
  getMovingOf: (name: string) => `Get it moving: ${name}`,
  standsStill: "It stands still",
  nothingMoved: "Nothing has moved for a while.",
  nobodyLost: (open: string) => `Nobody is lost: ${open} remain in the ledger, and nobody will get it twice.`,
  lookAgain: "Look again now",
  getMoving: "Get it moving",
  goesOnByItself: "It goes on by itself.",
  next: (at: string) => `Next: ${at}.`,
  nextLook: (at: string) => `Next look: ${at}.`,
  waits: { whatsapp: "Sending waits", mixed: "What goes by WhatsApp waits" },
  notDone: "Not done",
  restoring: (waits: string, device: string, attempt: string | null) =>
    `${waits}: ${device} is being restored${attempt ? ` (attempt ${attempt})` : ""}. The campaign goes on by itself.`,
  notConnected: (waits: string, device: string, why: string) => `${waits}: ${device} is not connected. ${why}`,
  reconnect: "Reconnect now",
  scanQr: "Scan QR Code",
  toDevice: "To the device",

  // who failed
  nobodyFailed: "Nobody failed",
  canSucceed: (many: number) => `${count(many, "recipient")} can succeed.`,
  retryAll: (many: string) => `Retry all ${many}`,
  nothingMore: "The provider said nothing more.",
  temporary: "temporary",
  forGood: "for good",
  hide: "Hide",
  show: "Show",
  retry: (many: string) => `Retry ${many}`,

  // of whom nobody can say
  nobodyUncertain: "Nobody is uncertain",
  handedOver: (many: number) =>
    `${count(many, "message was", "messages were")} handed over, and the answer never came. Homing does not guess: a later receipt settles it, or you do.`,
  decideAll: "Decide all",
  decide: "Decide",
  placeOf: (seq: number) => `no. ${seq}`,
  decisions: {
    sent: { name: "Mark sent", what: "It was seen to arrive." },
    failed: { name: "Mark failed", what: "It was seen not to arrive." },
    "send-again": { name: "Send again knowingly", what: "Whoever has it already gets it twice." },
  },
  leaveIt: "Leave it",

  // recipients, and what happened to one of them
  nobodyHere: "Nobody here now",
  recipients: "Recipients",
  heads: {
    place: "No.",
    recipient: "Recipient",
    why: "Why",
    attempts: "Attempts",
    provider: "Provider's words",
    when: "When",
  },
  showMore: "Show more",
  ends: {
    sending: "On its way",
    accepted: "Accepted",
    refused: "Refused",
    deferred: "Asked to come back later",
    uncertain: "Handed over; the answer never came",
    withdrawn: "Proved not to have left",
  } as Record<string, string>,
  attempt: (which: number, end: string) => `Attempt ${which}: ${end}`,
  by: (whom: string) => `by ${whom}`,
  toldLater: (what: string) => `Told later: ${what}`,
  decided: (what: string) => `Decided: ${what}`,
  numbered: (seq: number) => `No. ${seq}`,
  nothingTried: "Nothing was tried yet: it waits for its turn.",
  messageId: (id: string) => `Message-ID ${id}`,

  // the log
  nothingHappened: "Nothing has happened yet",
  events: {
    "campaign.created": "Saved as a draft",
    "campaign.edited": "Changed",
    "campaign.changed": "Changed",
    "campaign.planned": "Everybody has a place in the ledger",
    "campaign.started": "Started",
    "campaign.scheduled": "Scheduled",
    "campaign.paused": "Paused",
    "campaign.resumed": "Resumed",
    "campaign.reopened": "Sends again",
    "campaign.completed": "Completed",
    "campaign.cancelled": "Cancelled",
    "campaign.approved": "Approved",
    "campaign.finished": "Waiting ended",
    "campaign.waiting": "Waits",
    "campaign.moving": "Moves again",
    "deliveries.retried": "Failed ones queued again",
    "deliveries.resolved": "Uncertain ones decided",
  } as Record<string, string>,
  ofRecipients: (many: number) => count(many, "recipient"),
  ofRecipientsAs: (many: number, as: string) => `${count(many, "recipient")} as ${as}`,

  // the end
  over: (state: "completed" | "cancelled", sent: number, failed: number, uncertain: number) =>
    `${state === "completed" ? "Completed" : "Cancelled"}: ${number(sent)} sent, ${number(failed)} failed${uncertain > 0 ? `, ${number(uncertain)} uncertain` : ""}`,
  resultsStay: "The results stay here. Each recipient has a line in the export.",
  export: "Export",
  noneCanSucceed: "None of the failed can succeed",
  retryFailed: (many: string) => `Retry Failed? ${many} can succeed`,

  // the report
  figures: {
    sent: "sent",
    delivered: "delivered",
    bounced: "bounced",
    complained: "complained",
    unsubscribed: "unsubscribed",
    opened: "opened",
    clicked: "clicked",
    failed: "failed",
    skipped: "skipped",
    people: "people",
  },
  notCounted: "Opens and clicks were not counted: a campaign counts them when it is told to, before it starts.",
  aboutOpens: "Opens are a guess: some programs load images for their users, others load none.",
  channels: { email: "E-mail", whatsapp: "WhatsApp" },
  tables: {
    channel: { title: "By channel", head: "channel" },
    domain: { title: "By domain", head: "domain" },
    hour: { title: "Over time", head: "hour" },
    link: { title: "Links", head: "link" },
  },
};

export type LiveWords = typeof english;

export const words = inLanguage("live", english);

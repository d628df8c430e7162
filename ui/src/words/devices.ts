// The words of linked WhatsApp devices: how one stands and why, what helps, how a phone is linked.

import { inLanguage } from "./language";

const SCAN = "Scan QR Code. What is queued waits, nobody is failed.";

const english = {
  status: {
    connected: "Connected",
    reconnecting: "Reconnecting...",
    qr_pending: "Scan QR Code",
    disconnected: "Disconnected",
  },
  attempt: (attempt: number, of: number, left: number) =>
    `${attempt} of ${of}, ${left > 0 ? `next in ${left} s` : "trying now"}`,
  loggedOutHere: (at: string) => `Logged out here at ${at}. ${SCAN}`,
  sessionMissing: `Its session is not on this machine any more. ${SCAN}`,
  locked: (at: string) =>
    `WhatsApp unlinked it at ${at}. The number may be locked or banned: look at the phone first. Then: ${SCAN}`,
  unlinked: (at: string) => `Unlinked from the phone at ${at}. ${SCAN}`,
  banEnds: (why: string, at: string) => `${why} It ends ${at}; then it goes on by itself.`,
  restrictedUntil: (why: string, at: string) => `${why} Until ${at}.`,
  notDone: "Not done",
  notLinkedYet: "WhatsApp, not linked yet",
  cannotRun: "This machine cannot run it yet:", // before a command
  scan: "Scan QR Code",
  reconnect: "Reconnect now",
  takeBack: "Take it back",
  moreAbout: (name: string) => `More about ${name}`,
  rename: "Rename, pace and limits",
  logOut: "Log out",
  takeOut: "Take out of use",
  restored: "Restored devices",
  restoring: "Restoring WhatsApp connections...",
  areRestored: "WhatsApp connections restored",
  hide: "Hide",
  isRestoring: (name: string) => `Restoring: ${name}`,
  cameOut: (name: string, how: string) => `${name}: ${how}`,
  asksForScan: "asks for a scan",
  attempts: "Attempts to reconnect",
  secondsAnd: (how: string) => `seconds, ${how}`, // behind a number
  step: { done: "in vain", now: "waited for now", later: "to come" },
  connect: (name: string) => `Connect WhatsApp: ${name}`,
  close: "Close",
  howFar: "How far it is",
  stages: ["Starting", "Scan QR Code", "Scanned, linking", "Connected"],
  cannotLink: "It cannot be linked now",
  connected: "Connected",
  closesItself: (phone: string | null, name: string) => `${phone ?? ""}, "${name}". This window closes by itself.`,
  useCode: "Use a code instead",
  offline: "Offline: the code is hidden until the server is back.",
  noCode: "No code after 15 seconds. Is a worker running, and does this machine reach WhatsApp?",
  risk: "The risk: this is no official interface. WhatsApp may ban the number. Use one that you can do without, write to people who know you, keep the pace.",
  howto: {
    open: "Open WhatsApp on your phone",
    settings: "Settings, Linked devices, Link a device",
    type: "Choose to link with the phone number, and type the code",
    point: "Point the phone at this code",
  },
  phoneNumber: "The phone's number",
  getCode: "Get a code",
  notScanned: "No code was scanned in time",
  notLinked: "It was not linked",
  codesLive: "Codes live 160 seconds in all.",
  newCode: "Show a new code",
  oneMoreThing: "Linked devices need one more thing on the server",
  runThere: "Run this there, then start Homing again. Everything else works without it:", // before a command
  qrCode: (which: number | null) => `QR code ${which} to scan with the phone`,
  linking: "Scanned. The phone and Homing are linking.",
  comesSoon: "A code comes in a moment.",
  codeLeft: (left: string) => `this code ${left}, then a new one by itself`,
  codeOver: "The code is over. Get a new one.",
  goodFor: (left: string) => `good for ${left}`,
};

export type DeviceWords = typeof english;

export const words = inLanguage("devices", english);

// The words of what is checked before a campaign starts, and of the test to yourself.

import { count } from "@/model/words";
import { inLanguage } from "./language";

type Way = "email" | "whatsapp";

const WAY: Record<Way, string> = { email: "e-mail", whatsapp: "WhatsApp" };

const english = {
  sign: { ok: "ok", warn: "warning", red: "to mend" },
  chooseWho: "Choose who gets it.",
  nobodyReachable: "Nobody of the audience can be reached.",
  willGetIt: (people: number) => `${count(people, "person", "people")} will get it`,
  ofWay: (way: Way, said: string) => `${way === "email" ? "E-mail" : "WhatsApp"}: ${said}`,
  nobodyBy: (way: Way) => `Nobody of the audience gets it by ${WAY[way]}.`,
  chooseSender: "Choose a sender.",
  senderTrouble: (name: string, health: string, detail: string | null) =>
    `The sender ${name ? `${name} ` : ""}is ${health}: ${detail ?? "see Senders"}`, // without a name: the only one
  senderIs: (name: string, health: string) => `Sender ${name} is ${health}`,
  sayFrom: "Say who it is from.",
  timePassed: "The set time has passed: it starts at once.",
  writeSubject: "Write a subject.",
  writeMessage: "Write a message.",
  textFromHtml: "A text part is made from the HTML",
  nameTemplate: "Name the template.",
  wantsInHeader: {
    image: "The template wants a picture in its header.",
    video: "The template wants a video in its header.",
    document: "The template wants a document in its header.",
  },
  templatesForCloud: "Templates are for the Cloud API: choose such a sender, or write a text.",
  tooLong: "The text is too long.",
  freeTextReaches: "Free text reaches only people who wrote in the last 24 hours; to others use a template.",
  sameWords: "Everybody gets the very same words: name them at least ({{ first_name }}), or it looks like spam.",
  readRisk: "Read the risk under Sender and pacing, and say so.",
  checkForEverybody: "Check the message for everybody",
  notKnownOf: (variable: string, many: string, fallback: string) =>
    `${variable} is not known of ${many}: they read "${fallback}"`,
  testTo: "Send a test to",
  testBy: (way: Way) => `Send a test by ${WAY[way]} to`,
  sendTest: "Send test",
  notSent: (why: string) => `Not sent: ${why}`,
  lookAtPhone: "Handed over. Look at the phone.",
  lookIntoMailbox: "Handed over. Look into the mailbox.",
};

export type CheckWords = typeof english;

export const words = inLanguage("checks", english);

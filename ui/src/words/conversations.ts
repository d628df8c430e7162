// The words of the conversations: the list, one of them with its receipts, the box to answer.

import { number } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  conversations: "Conversations",
  asLastHeard: "As last heard. Answers are kept and sent once the server is back.",
  landHere: "Replies will land here",
  whenSomebodyWrites: "When somebody writes to one of your WhatsApp numbers, it appears here within a second.",
  search: "Search conversations",
  nameNumberWords: "Name, number or words",
  whoWrote: "Who wrote",
  nobodyFound: "Nobody found.",
  messages: "Messages",
  choose: "Choose a conversation.",
  fromYou: "You:", // before what you wrote
  unread: "unread", // behind a number
  back: "Back to all conversations",
  oldestFirst: "Messages, oldest first",
  nothingWritten: "Nothing was written yet.",
  keptUntilBack: "kept until the server is back",
  onItsWay: "on its way",
  notSent: (why: string | undefined) => `not sent: ${why}`,
  keptWhileOpen: "kept while this page stays open, until the server is back",
  drop: "Drop",
  campaign: "Campaign", // before its name
  email: "E-mail",
  whatsapp: "WhatsApp",
  receipt: {
    queued: "waiting",
    claimed: "waiting",
    sending: "sending",
    sent: "sent",
    delivered: "delivered",
    read: "read",
    uncertain: "uncertain",
    failed: "not sent",
    bounced: "returned",
    skipped: "not sent",
    cancelled: "cancelled",
  } as Record<string, string>,
  nextTry: (at: string) => `next try ${at}`,
  connectDevice: "Connect a device",
  newCampaign: "New campaign",
  freeTextUntil: (at: string) => `Free text may go until ${at}: 24 hours after their last message.`,
  answerTo: (name: string) => `Answer to ${name}`,
  answerBy: "Answer by",
  subject: "Subject",
  subjectTo: (address: string) => `Subject of the e-mail to ${address}`,
  kilobytes: (many: number) => `${number(many)} kB`,
  takeOut: (file: string) => `Take ${file} out`,
  tooHeavy: "A file has at most 16 MB.",
  file: "File of the answer",
  addFile: "Add a picture, a video or a document",
  yourAnswer: "Your answer",
  answerThrough: (sender: string) => `Answer through ${sender}`,
  nothingCanBeSent: "Nothing can be sent to them now",
  atMost: (letters: number) => `At most ${letters} characters`,
  send: "Send",
};

export type ConversationWords = typeof english;

export const words = inLanguage("conversations", english);

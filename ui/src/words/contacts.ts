// The words of contacts and of segments: the table, one contact with its past, and the stored questions.

import { count } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  contacts: "Contacts",
  everybody: "Everybody",
  segments: "Segments",
  import: "Import",
  importContacts: "Import contacts",
  addContact: "Add contact",
  changeContact: "Change contact",
  searchContacts: "Search contacts",
  emailPhoneOrName: "E-mail, phone or name",
  listOrSegment: "List or segment",
  everyList: "Every list",
  lists: "Lists",
  listOf: (name: string, members: string) => `${name} (${members})`,
  ticked: (many: string) => `${many} ticked`,
  sendMessage: "Send a message",
  remove: "Remove",
  removed: (many: number) => `${count(many, "contact")} removed`,
  notRemoved: "Not removed",
  writeToSegment: "Write to this segment",
  writeToList: "Write to this list",
  nobodyKnown: "Nobody is known yet",
  bringFile: "Bring a CSV file. Doubles are found, rejects are named, and nothing is lost when the line breaks.",
  nobodyFound: "Nobody found",
  tickAll: "Tick all shown",
  tick: (whom: string) => `Tick ${whom}`,
  name: "Name",
  email: "E-mail",
  phone: "Phone",
  more: "More",
  open: "Open",
  changeOf: (whom: string) => `Change ${whom}`,
  showMore: "Show more",

  // one of them, being written
  saved: "Saved",
  added: "Contact added",
  withCountry: "With its country: +94 77 123 4567",
  oneALine: "One a line, as city: Colombo",
  putOnList: "Put on the list",
  close: "Close",
  save: "Save",

  // one of them, with its past
  noSuchContact: "There is no such contact",
  whereItMayBe: "It may have been removed, or belong to another workspace.",
  getsNothing: (why: string, since: string) => `gets nothing: ${why}, since ${since}`,
  nothingSent: "Nothing was sent to this contact yet",
  messages: "Messages",
  campaign: "Campaign",
  state: "State",
  why: "Why",
  when: "When",
  whatHappened: "What happened",

  // segments
  segment: "Segment",
  newSegment: "New segment",
  noSegments: "No segments yet",
  whatASegmentIs:
    "A segment is a question that is asked anew each time: who lives in Bonn, who got the last letter and did not open it, who has heard nothing for 30 days.",
  segmentRemoved: (name: string) => `The segment ${name} is removed`,
  segmentKept: (name: string) => `The segment ${name} is kept`,
  people: (many: number) => count(many, "person", "people"),
  moreAbout: (name: string) => `More about ${name}`,
  writeToThem: "Write to them",
  seeWho: "See who it is now",
  change: "Change",
  whoBelongs: "Who belongs to it",
  howTestsRead:
    'Tests are joined with and, or, not and brackets. Texts stand in quotes: city = "Bonn", name starts with "An", plan in ("gold", "silver"), vip is set.',
  notSaved: "Not saved",
  whomItFinds: "Whom it finds",
  whomItFindsNow: "Whom it finds now",
  serverCounts: "The server counts them, and it is away.",
  writeATest: "Write a test, or take one from the list.",
  cannotBeRead: "It cannot be read yet.",
  counting: "Counting...",
  andOthers: (many: number) => `and ${count(many, "other")}`,
  addTest: "Add a test",
  whatIsKnown: "What is known of them",
  whereTheyAre: "Where they are",
  whatWasSent: "What was sent to them",
};

export type ContactWords = typeof english;

export const words = inLanguage("contacts", english);

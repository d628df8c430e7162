// The words of why a recipient failed or is uncertain.

import { inLanguage } from "./language";

const english = {
  none: "no reason given",
  of: {
    bad_address: "no such mailbox",
    mailbox_unknown: "no such mailbox",
    mailbox_full: "mailbox full",
    too_big: "message too large",
    content: "content refused",
    policy: "refused by the receiver's policy",
    routing: "the domain takes no mail",
    greylisted: "asked to come back later",
    suppressed: "on the suppression list",
    unsubscribed: "unsubscribed",
    no_consent: "no consent given",
    no_address: "has no address",
    connection_lost: "the connection died after the message was handed over",
    timeout: "no answer in time after the message was handed over",
    torn_reply: "the answer was cut off",
    garbage: "the answer made no sense",
    by_person: "decided by a person",
  } as Record<string, string>,
};

export type ReasonWords = typeof english;

export const words = inLanguage("reasons", english);

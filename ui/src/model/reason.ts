// Why a recipient failed or is uncertain, in words; and whether another try can help.

const WORDS: Record<string, string> = {
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
};

/** For good: the receiving server says that this mailbox does not exist. `Retry all` leaves these alone. */
const FOR_GOOD = new Set(["bad_address", "mailbox_unknown", "suppressed", "unsubscribed"]);

/** In words; a reason that nobody listed is shown as it is, without its underscores. */
export function reasonWords(reason: string | null): string {
  if (!reason) return "no reason given";
  return WORDS[reason] ?? reason.replaceAll("_", " ");
}

export function canSucceed(reason: string | null): boolean {
  return !FOR_GOOD.has(reason ?? "");
}

// Why a recipient failed or is uncertain, in words; and whether another try can help.

import { words } from "@/words/reasons";

/** For good: the receiving server says that this mailbox does not exist. `Retry all` leaves these alone. */
const FOR_GOOD = new Set(["bad_address", "mailbox_unknown", "suppressed", "unsubscribed"]);

/** In words; a reason that nobody listed is shown as it is, without its underscores. */
export function reasonWords(reason: string | null): string {
  if (!reason) return words.none;
  return words.of[reason] ?? reason.replaceAll("_", " ");
}

export function canSucceed(reason: string | null): boolean {
  return !FOR_GOOD.has(reason ?? "");
}

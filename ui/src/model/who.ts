// Who did something, for people: the log names "user:01a2...", nobody reads that.

import { words } from "@/words/people";

export interface Reader {
  id?: string | null;
}

/** `by`: as the server writes it; `me`: who reads. */
export function who(by: string | null | undefined, me: Reader | null | undefined): string {
  const [kind = "", ...rest] = (by ?? "").split(":");
  const name = rest.join(":");
  switch (kind) {
    case "user":
      return me?.id && me.id === name ? words.you : words.somebodyElse;
    case "token":
      return words.aProgram;
    case "cli":
      return name ? words.atTheCommandLine(name) : words.theCommandLine;
    case "local":
      return words.atThisMachine;
    case "engine":
      return words.homing;
    default:
      return by ?? "";
  }
}

// Who did something, for people: the log names "user:01a2...", nobody reads that.

export interface Reader {
  id?: string | null;
}

/** `by`: as the server writes it; `me`: who reads. */
export function who(by: string | null | undefined, me: Reader | null | undefined): string {
  const [kind = "", ...rest] = (by ?? "").split(":");
  const name = rest.join(":");
  switch (kind) {
    case "user":
      return me?.id && me.id === name ? "you" : "somebody else here";
    case "token":
      return "a program, by the API";
    case "cli":
      return name ? `${name}, at the command line` : "the command line";
    case "local":
      return "somebody at this machine";
    case "engine":
      return "Homing";
    default:
      return by ?? "";
  }
}

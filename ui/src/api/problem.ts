// An answer that is no success: application/problem+json (RFC 9457), or no answer at all.

import { words } from "@/words/frame";

export interface Fault {
  pointer: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: readonly Fault[] = [],
  ) {
    super(detail);
    this.name = "Problem";
  }

  /** What is wrong with one field of a form, by JSON pointer. */
  at(pointer: string): string | undefined {
    return this.errors.find((fault) => fault.pointer === pointer)?.detail;
  }
}

/** Nobody answered: the line is cut, or the server is away. Nothing is known about what became of the request. */
export class NoAnswer extends Problem {
  /** `late`: it was waited for in vain; else the line was cut or nobody listens. */
  constructor(readonly late = false) {
    super(0, "no_answer", words.noAnswer);
    this.name = "NoAnswer";
  }
}

/** Away for now: the act may be tried again just as it is. */
export const isAway = (error: unknown): boolean =>
  error instanceof Problem &&
  (error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504);

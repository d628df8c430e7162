// The words of who did something.

import { inLanguage } from "./language";

const english = {
  you: "you",
  somebodyElse: "somebody else here",
  aProgram: "a program, by the API",
  theCommandLine: "the command line",
  atThisMachine: "somebody at this machine",
  homing: "Homing",
  atTheCommandLine: (name: string) => `${name}, at the command line`,
};

export type PeopleWords = typeof english;

export const words = inLanguage("people", english);

// The language of the page. Each room's words stand in one catalogue (words/ROOM.ts), in English; another language is a module of the
// same shape, so that the compiler names each word that it lacks.

import type { CampaignWords } from "./campaigns";
import type { CheckWords } from "./checks";
import type { ComposerWords } from "./composer";
import type { ContactWords } from "./contacts";
import type { ConversationWords } from "./conversations";
import type { DeviceWords } from "./devices";
import type { FrameWords } from "./frame";
import type { HomeWords } from "./home";
import type { ImportedWords } from "./imported";
import type { ImportWords } from "./imports";
import type { LiveWords } from "./live";
import type { LoginWords } from "./login";
import type { MediaWords } from "./media";
import type { NoticeWords } from "./notices";
import type { PeopleWords } from "./people";
import type { ReasonWords } from "./reasons";
import type { SenderWords } from "./senders";
import type { SettingsWords } from "./settings";
import type { TemplateWords } from "./templates";
import type { WizardWords } from "./wizard";

/** What a language says, by room. */
export interface Catalogues {
  campaigns: CampaignWords;
  checks: CheckWords;
  composer: ComposerWords;
  contacts: ContactWords;
  conversations: ConversationWords;
  devices: DeviceWords;
  frame: FrameWords;
  home: HomeWords;
  imported: ImportedWords;
  imports: ImportWords;
  live: LiveWords;
  login: LoginWords;
  media: MediaWords;
  notices: NoticeWords;
  people: PeopleWords;
  reasons: ReasonWords;
  senders: SenderWords;
  settings: SettingsWords;
  templates: TemplateWords;
  wizard: WizardWords;
}

interface Language extends Partial<Catalogues> {
  /** How the words of a room that it lacks are said. */
  otherwise?: <Words>(english: Words) => Words;
}

const invented = () => import("./invented");

/** By BCP 47 tag: how a language is fetched. English is what the page is written in; the X ones are for tests. */
const LANGUAGES: Record<string, () => Promise<Language>> = { "en-XA": invented, "ar-XB": invented };
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

let spoken: Partial<Catalogues> = {};
let otherwise: Language["otherwise"];

/** The words of a room in the language that was learnt, whenever one is asked for. */
export function inLanguage<Room extends keyof Catalogues>(room: Room, english: Catalogues[Room]): Catalogues[Room] {
  const now = () => spoken[room] ?? otherwise?.(english) ?? english;
  return new Proxy(english, { get: (_, word) => now()[word as keyof Catalogues[Room]] });
}

/** The first of these that there is, else English. */
export async function learn(
  wanted: readonly string[],
  languages: Record<string, () => Promise<Language>> = LANGUAGES,
): Promise<string> {
  for (const tag of wanted) {
    const base = tag.split("-", 1)[0] ?? tag;
    const fetched = languages[tag] ?? languages[base];
    if (!fetched && base === "en") break;
    if (!fetched) continue;
    const found = await fetched();
    spoken = found;
    otherwise = found.otherwise;
    return languages[tag] ? tag : base;
  }
  spoken = {};
  otherwise = undefined;
  return "en";
}

export const directionOf = (tag: string): "ltr" | "rtl" =>
  RIGHT_TO_LEFT.has(tag.split("-", 1)[0] ?? tag) ? "rtl" : "ltr";

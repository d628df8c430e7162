// Approved templates: what one wants, and how it reads with its values.

import type { AtWhatsApp, ButtonKind } from "@/reading/numbers";

export type Values = string[] | Record<string, string>;
/** In degrees; texts, for they may come from the contact. */
export type Place = { latitude: string; longitude: string; name?: string; address?: string };
/** `place`: which button, from 1. */
export type ButtonValue = { place: number; kind: ButtonKind; value: string };

/** A fresh set of values: a list where the variables are numbered, an object where they have names. */
export function empty(of: AtWhatsApp, part: "header" | "body", old?: Values): Values | undefined {
  const wanted = of.variables[part];
  if (wanted.length === 0) return undefined;
  const before = (place: number, name: string) => (Array.isArray(old) ? old[place] : old?.[name]) ?? "";
  return of.named
    ? Object.fromEntries(wanted.map((name, place) => [name, before(place, name)]))
    : wanted.map((name, place) => before(place, name));
}

export const given = (values: Values | undefined, place: number, name: string): string =>
  (Array.isArray(values) ? values[place] : values?.[name]) ?? "";

/** The same values with one of them changed. */
export function withValue(values: Values | undefined, place: number, name: string, value: string): Values {
  if (values && !Array.isArray(values)) return { ...values, [name]: value };
  const list = [...(values ?? [])];
  while (list.length <= place) list.push("");
  return list.with(place, value);
}

/** The text of a part with its parameters in their places. */
export function filled(text: string, parameters: { parameter_name?: string; text: string }[]): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
    const found = parameters.find((each) => each.parameter_name === name) ?? parameters[Number(name) - 1];
    return found?.text ?? whole;
  });
}

/** What is given to a template beside its name. */
export interface Filling {
  header?: Values | undefined;
  body?: Values | undefined;
  location?: Place | undefined;
  buttons?: ButtonValue[] | undefined;
}

/** One field to fill: a variable, a part of the place, or a button (from 1). */
export type Spot =
  | { part: "header" | "body"; place: number; name: string }
  | { part: "location"; name: keyof Place }
  | { part: "button"; place: number; kind: ButtonKind };

/** All fields that a template has, in the order in which a phone shows them. */
export function spots(of: AtWhatsApp): Spot[] {
  const variables = (part: "header" | "body") => of.variables[part].map((name, place): Spot => ({ part, place, name }));
  const places: Spot[] = of.location ? PLACE.map((name) => ({ part: "location", name })) : [];
  const buttons = of.button_kinds.flatMap((kind, n): Spot[] => (kind ? [{ part: "button", place: n + 1, kind }] : []));
  return [...variables("header"), ...places, ...variables("body"), ...buttons];
}
const PLACE = ["latitude", "longitude", "name", "address"] as const;

export function valueAt(of: Filling, at: Spot): string {
  if (at.part === "location") return of.location?.[at.name] ?? "";
  if (at.part === "button") return of.buttons?.find((each) => each.place === at.place)?.value ?? "";
  return given(of[at.part], at.place, at.name);
}

/** The same filling with one field changed; a button that is left empty is not given. */
export function withSpot<T extends Filling>(of: T, at: Spot, value: string): T {
  if (at.part === "location") {
    const place = { latitude: "", longitude: "", ...of.location, [at.name]: value };
    for (const name of ["name", "address"] as const) if (!place[name]) delete place[name];
    return { ...of, location: place };
  }
  if (at.part === "button") {
    const others = (of.buttons ?? []).filter((each) => each.place !== at.place);
    const all = value ? [...others, { place: at.place, kind: at.kind, value }] : others;
    return { ...of, buttons: all.sort((a, b) => a.place - b.place) };
  }
  return { ...of, [at.part]: withValue(of[at.part], at.place, at.name, value) };
}

/** What another template keeps of what was typed for the last one. */
export function kept(next: AtWhatsApp, of: Filling): Filling {
  const buttons = (of.buttons ?? []).filter((each) => next.button_kinds[each.place - 1] === each.kind);
  return {
    header: empty(next, "header", of.header),
    body: empty(next, "body", of.body),
    location: next.location ? of.location : undefined,
    buttons: buttons.length > 0 ? buttons : undefined,
  };
}

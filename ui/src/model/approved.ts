// Approved templates: what one wants, and how it reads with its values.

import type { AtWhatsApp } from "@/reading/numbers";

export type Values = string[] | Record<string, string>;

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

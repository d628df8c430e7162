// Tests to begin with, in the language of filters: it is the same in every language of the page.

export interface Known {
  fields: Map<string, string>;
  list: string | undefined;
  campaign: string | undefined;
}

/** Made of what this workspace has: its fields, a list, a campaign. */
export function tests({ fields, list = "Customers", campaign = "Spring" }: Known) {
  return {
    known: [
      ...[...fields].slice(0, 6).map(([name, value]) => `${name} = ${quoted(value)}`),
      'domain = "gmail.com"',
      "phone is set",
    ],
    where: [`on list ${quoted(list)}`, `not on list ${quoted(list)}`],
    sent: [
      `got ${quoted(campaign)}`,
      `did not get ${quoted(campaign)}`,
      `opened ${quoted(campaign)}`,
      `failed in ${quoted(campaign)}`,
      "no message for 30 days",
    ],
  };
}

/** A test behind what is written already. */
export function joined(before: string, test: string): string {
  return before && !/(\(|\b(and|or|not))$/.test(before) ? `${before} and ${test}` : `${before} ${test}`.trim();
}

const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

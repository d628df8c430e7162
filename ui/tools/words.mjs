// The words of the page stand in catalogues (src/words), and none beside them.
// Words of tests, comments, the language of filters, and messages to begin with (content, not page) are none of it. Exit 1 when one is found.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const TAGS = [
  /\s(?:label|placeholder|title|description|aria-label|alt)="[^"]*[A-Za-z]{2}[^"]*"/, // an attribute
  />[^<>{}=;()&]*[A-Za-z]{2,}[^<>{}=;()&]*</, // between two tags
  /^\s+[A-Z][a-z]+(?: [a-z]+)*[.:?!]?(?: ?\{.*\}.*)?$/, // a line of text between two tags
  /^\s+[A-Z][a-z']*[,.?]? (?:[a-z`]|[A-Z][a-z]+ )/, // one of several lines of it
  />(?! \| )[^<>{}=;():]*[A-Za-z]{2,}[^<>{}=;():]*\{/, // before something in it
  /\}(?! (?:else|from|catch|finally|as|satisfies) )[^<>{}=;()?:&"'`]*[A-Za-z]{2,}[^<>{}=;()?:&"'`]*[<{]/, // and behind it
];
const TEXTS = [
  /(?<!className=|key=)\{`[^`]*[A-Za-z]{3,} [^`]*`\}/, // a sentence with something in it
  /\bsay\("/, // a notice
  /"[A-Z][A-Za-z']*[,:]? [a-z][^"]*"|"[A-Z][a-z]+ [A-Z][a-z]+[^"]*"/, // a sentence, or a name of several words
  /`[A-Z][a-z']+[,:]? (?:[a-z]|\$\{)[^`]*`/,
  /(?<!className=)"[a-z]+,? [a-z]+,? [a-z]+[^"]*"|`[^`]*\} [a-z]{2,} [a-z]{2,}[^`]*`/, // a part of a sentence
  /\b(?:label|hint|title|words|name): "[A-Z]/, // a word in a table
  /[?:] "[A-Z][a-z]+[.?!]*"/, // one of two words
];
const CONTENT = ["content/sample.ts", "content/blocks/beginnings.ts", "contacts/segments/filters.ts", "model/design.ts"];
const NAMES = /["'>](?:Homing|Edge|Firefox|Chrome|Safari|SendGrid|Amazon SES|[A-Z]{2,})["'<]|^\s*Homing$|fontFamily/; // the same in all languages
const FORMS = /placeholder="(?:https:\/\/|name@example\.org|<mjml> \.\.\. <\/mjml>|Hello \{\{ first_name \}\}|\{\{ first_name \}\}|spring_offer|en_US)"|"<p>Hello \{\{|" Confirm with"|new Error\("no /; // in no language, or for nobody

const root = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(root, { recursive: true })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|^words\/|^api\/schema/.test(name) && !CONTENT.includes(name));

const found = [];
for (const name of files) {
  const source = readFileSync(root + name, "utf8").split("\nconst BEGINNING = ")[0];
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|(?<=[;,{]) \/\/ .*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ""));
  for (const [place, line] of code.replaceAll(/<code>[^<{]*<\/code>/g, "").split("\n").entries()) {
    if (FORMS.test(line) || NAMES.test(line)) continue;
    const tag = name.endsWith(".tsx") && !/=>|Partial<|useState<|extends /.test(line) && TAGS.some((kind) => kind.test(line.replaceAll(/`[^`]*`/g, "``")));
    if (tag || TEXTS.some((kind) => kind.test(line))) found.push(`src/${name}:${place + 1}: ${line.trim()}`);
  }
}
for (const each of found) console.error(each);
if (found.length > 0) console.error("these words belong in src/words");
process.exit(found.length > 0 ? 1 : 0);

// In rooms whose words stand in a catalogue (src/words) none may stand beside it. A room that is done is named here, for good.
// Words of tests, comments and messages to begin with (content, not page) are none of it. Exit 1 when one is found.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DONE = ["content", "content/blocks", "start", "campaigns/list", "campaigns/recurring", "notices"];

const KINDS = [
  /\s(?:label|placeholder|title|description|aria-label|alt)="[^"]*[A-Za-z]{2}[^"]*"/, // an attribute
  /\{`[^`]*[A-Za-z]{3,} [^`]*`\}/, // a sentence with something in it
  />[^<>{}=;()]*[A-Za-z]{2,}[^<>{}=;()]*</, // between two tags
  /^\s+[A-Z][a-z]+(?: [a-z]+)*[.:?!]?(?: \{.*\})?$/, // a line of text between two tags
  /\bsay\("/, // a notice
];
const FORMS = /placeholder="(?:https:\/\/|<mjml> \.\.\. <\/mjml>|Hello \{\{ first_name \}\})"/; // what is written, in no language

const found = [];
for (const room of DONE) {
  const folder = fileURLToPath(new URL(`../src/${room}/`, import.meta.url));
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".tsx"))) {
    const source = readFileSync(folder + name, "utf8");
    const code = source.split("\nconst BEGINNING = ")[0].replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ""));
    for (const [place, line] of code.split("\n").entries())
      if (KINDS.some((kind) => kind.test(line)) && !FORMS.test(line) && !/=>|Partial<|useState<|extends /.test(line))
        found.push(`src/${room}/${name}:${place + 1}: ${line.trim()}`);
  }
}
for (const each of found) console.error(each);
if (found.length > 0) console.error("these words belong in src/words");
process.exit(found.length > 0 ? 1 : 0);

// The types of the API, from its description (docs/reference/openapi.json), into src/api/schema.ts.
// usage: types.mjs [--check]; with it nothing is written, and a file that is not what it should be is exit code 1.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const told = JSON.parse(readFileSync(fileURLToPath(new URL("../../docs/reference/openapi.json", import.meta.url)), "utf8"));
const file = fileURLToPath(new URL("../src/api/schema.ts", import.meta.url));
const BASE = "/api/v1";

const nameOf = (ref) => ref.split("/").at(-1);
const quoted = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const words = (of, indent) => (of.description ? `${indent}/** ${of.description.replaceAll("*/", "* /").split(/\s+/).join(" ")} */\n` : "");
const grouped = (type) => (type.includes(" | ") ? `(${type})` : type);

function typeOf(of, indent) {
  if (of.$ref) return nameOf(of.$ref);
  if (of.const !== undefined) return JSON.stringify(of.const);
  if (of.enum) return of.enum.map((each) => JSON.stringify(each)).join(" | ");
  const either = of.anyOf ?? of.oneOf;
  if (either) return [...new Set(either.map((each) => typeOf(each, indent)))].join(" | ");
  if (Array.isArray(of.type)) return of.type.map((type) => typeOf({ ...of, type }, indent)).join(" | ");
  if (of.type === "array") {
    if (of.prefixItems) return `[${of.prefixItems.map((each) => typeOf(each, indent)).join(", ")}]`;
    return `${grouped(typeOf(of.items ?? {}, indent))}[]`;
  }
  if (of.type === "object") return of.properties ? fields(of, indent) : `Record<string, ${valuesOf(of, indent)}>`;
  return { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" }[of.type] ?? "unknown";
}

const valuesOf = (of, indent) =>
  typeof of.additionalProperties === "object" ? typeOf(of.additionalProperties, indent) : "unknown";

function fields(of, indent) {
  const inner = `${indent}  `;
  const lines = Object.entries(of.properties).map(([name, each]) => {
    const optional = of.required?.includes(name) ? "" : "?";
    return `${words(each, inner)}${inner}${quoted(name)}${optional}: ${typeOf(each, inner)};\n`;
  });
  if (of.additionalProperties === true) lines.push(`${inner}[option: string]: unknown;\n`);
  return `{\n${lines.join("")}${indent}}`;
}

function schemas() {
  return Object.entries(told.components.schemas).map(([name, of]) => `${words(of, "")}export type ${name} = ${typeOf(of, "")};\n`);
}

const json = (of) => of?.content?.["application/json"]?.schema;

/** What a route takes and gives. A body that is not described is a file, or none; an answer that is not described is unknown. */
function routes() {
  const found = {};
  for (const [path, methods] of Object.entries(told.paths)) {
    if (!path.startsWith(`${BASE}/`)) continue;
    // Of one method a route matches others too that go deeper: a type cannot say "up to the next slash".
    const route = path.slice(BASE.length).replaceAll(/\{[^}]+\}/g, "${string}");
    for (const [method, of] of Object.entries(methods)) {
      const schema = json(of.requestBody);
      const body = schema ? typeOf(schema, "") : "Blob | FormData | undefined";
      const answer = Object.entries(of.responses).find(([code]) => code.startsWith("2"))?.[1];
      const told = json(answer);
      const gives = told?.$ref ? nameOf(told.$ref) : "unknown";
      found[method.toUpperCase()] ??= [];
      found[method.toUpperCase()].push({ route, body: schema && !of.requestBody.required ? `${body} | undefined` : body, gives });
    }
  }
  return Object.entries(found).map(([method, list]) => {
    const lines = list.map(({ route, body, gives }) => `  | { route: \`${route}\`; body: ${body}; gives: ${gives} }\n`);
    return `export type ${method} =\n${lines.join("")};\n`;
  });
}

const made = `// Made from docs/reference/openapi.json by tools/types.mjs; \`make docs\` writes both again.\n\n${[...schemas(), ...routes()].join("\n")}`;
let now = "";
try {
  now = readFileSync(file, "utf8");
} catch {}
if (now !== made) {
  if (process.argv.includes("--check")) {
    console.error("src/api/schema.ts is not what docs/reference/openapi.json says; run: make docs");
    process.exit(1);
  }
  writeFileSync(file, made);
  console.log("ui/src/api/schema.ts");
}

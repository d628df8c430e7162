// The budgets of the page, compressed as it is sent: first route <= 180 kB of JS and <= 30 kB of CSS, any later part <= 260 kB,
// all of it <= 1.5 MB on disk. Exit 1 when one is broken.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const folder = fileURLToPath(new URL("../../src/homing/web/static/", import.meta.url));
const html = readFileSync(`${folder}index.html`, "utf8");
const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((each) => each[1]);
const size = (name) => gzipSync(readFileSync(folder + name)).length / 1000;
const sum = (names) => names.reduce((total, name) => total + size(name), 0);
const parts = readdirSync(`${folder}assets`).map((name) => `assets/${name}`);
const later = parts.filter((name) => name.endsWith(".js") && !first.includes(name));
const found = [
  ["first route, JS kB gz", sum(first.filter((name) => name.endsWith(".js"))), 180],
  ["first route, CSS kB gz", sum(first.filter((name) => name.endsWith(".css"))), 30],
  ["largest later part, kB gz", Math.max(0, ...later.map(size)), 260],
  ["all on disk, kB", parts.reduce((total, name) => total + statSync(folder + name).size / 1000, 0), 1500],
];
for (const [name, value, most] of found) console.log(`${value <= most ? "ok  " : "OVER"} ${name}: ${value.toFixed(1)} of ${most}`);
process.exit(found.some(([, value, most]) => value > most) ? 1 : 0);

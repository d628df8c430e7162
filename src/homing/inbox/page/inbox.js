// The inbox's page. Mail is hostile: everything of it is written as text, and its HTML only ever lives in a sandboxed frame.
"use strict";

const $ = (id) => document.getElementById(id);
const PAGE = 100;
const MOST_SHOWN = 1000;
const state = { latest: 0, shown: [], open: null, campaign: "*", q: "", images: false, width: "wide", tab: null, chaos: null };
let turn = 0; // a filter was changed: answers to older questions are thrown away

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail || `${answer.status} ${answer.statusText}`);
  }
  return answer.status === 204 ? null : answer.json();
}

function question(extra) {
  const parts = new URLSearchParams({ limit: PAGE, q: state.q, ...extra });
  if (state.campaign !== "*") parts.set("campaign", state.campaign);
  return `/api/messages?${parts}`;
}

// ---- the list

function clock(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function size(bytes) {
  return bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function entry(message, fresh) {
  const mark = make("span", { className: "mark" });
  if (message.copy > 1) mark.append(make("span", { className: "tag twice", textContent: `copy ${message.copy}` }));
  else if (message.dropped) mark.append(make("span", { className: "tag cut", textContent: "no reply" }));
  else if (message.seq !== null) mark.textContent = `no. ${message.seq}`;
  const button = make(
    "button", { type: "button" },
    make("span", { className: "subject", textContent: message.subject || "(no subject)" }),
    make("time", { dateTime: message.at, textContent: clock(message.at) }),
    make("span", { className: "who", textContent: message.recipients.join(", ") }),
    mark,
  );
  if (message.id === state.open) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => show(message.id));
  const item = make("li", fresh ? { className: "new" } : {}, button);
  item.dataset.id = message.id;
  return item;
}

function put(messages, place) {
  const fresh = place === "top" && state.shown.length > 0;
  const items = messages.map((message) => entry(message, fresh));
  const ids = messages.map((message) => message.id);
  if (place === "top") { $("list").prepend(...items); state.shown.unshift(...ids); }
  else { $("list").append(...items); state.shown.push(...ids); }
  while (place === "top" && state.shown.length > MOST_SHOWN) { state.shown.pop(); $("list").lastElementChild.remove(); $("older").hidden = false; }
  $("empty").hidden = state.shown.length > 0;
}

function tell(news) {
  const { counts } = news;
  for (const name of ["accepted", "distinct", "twice", "refused", "greylisted", "dropped"]) {
    $(`n-${name}`).textContent = counts[name].toLocaleString();
    if ($(`c-${name}`) && name !== "twice") $(`c-${name}`).hidden = counts[name] === 0;
  }
  $("c-twice").classList.toggle("bad", counts.twice > 0);
  document.title = counts.accepted ? `(${counts.accepted.toLocaleString()}) Inbox · Homing` : "Inbox · Homing";
  $("smtp").textContent = news.smtp;
  $("live-words").textContent = news.chaos.down ? `${news.smtp} is down (chaos)` : `listening on ${news.smtp}`;
  $("live").classList.toggle("on", !news.chaos.down);
  campaigns(counts.by_campaign);
  switches(news.chaos);
}

function campaigns(parts) {
  const select = $("campaign");
  const wanted = ["*", ...Object.keys(parts).sort()];
  if (wanted.join("\n") === select.dataset.known) {
    for (const option of select.options) if (option.value !== "*") option.textContent = label(option.value, parts[option.value]);
    return;
  }
  select.dataset.known = wanted.join("\n");
  select.replaceChildren(...wanted.map((name) => make("option", { value: name, textContent: name === "*" ? "All campaigns" : label(name, parts[name]) })));
  select.value = state.campaign;
}

function label(name, part) {
  return `${name ? `Campaign ${name}` : "Other mail"} · ${part.distinct.toLocaleString()}`;
}

async function begin() {
  const mine = ++turn;
  const news = await ask(question({}));
  if (mine !== turn) return;
  $("list").replaceChildren();
  state.shown = [];
  put(news.messages, "end");
  state.latest = news.latest;
  $("older").hidden = news.messages.length < PAGE;
  tell(news);
}

async function look() {
  const mine = turn;
  const news = await ask(question({ after: state.latest }));
  if (mine !== turn) return;
  if (news.latest < state.latest) return begin(); // cleared, or another inbox
  if (news.messages.length >= PAGE) return begin(); // more than one page came at once: start over at the top
  put(news.messages, "top");
  state.latest = news.latest;
  tell(news);
}

async function live() {
  for (;;) {
    try {
      if (!document.hidden) await (state.latest || state.shown.length ? look() : begin());
    } catch {
      $("live").classList.remove("on");
      $("live-words").textContent = "no answer from the inbox, trying again";
    }
    await new Promise((done) => setTimeout(done, 1000));
  }
}

$("older").addEventListener("click", async () => {
  const news = await ask(question({ before: state.shown.at(-1) }));
  put(news.messages, "end");
  $("older").hidden = news.messages.length < PAGE;
});
$("clear").addEventListener("click", async () => { await ask("/api/messages", { method: "DELETE" }); close(); await begin(); });
$("campaign").addEventListener("change", (event) => { state.campaign = event.target.value; begin(); });
let typing;
$("q").addEventListener("input", (event) => { clearTimeout(typing); typing = setTimeout(() => { state.q = event.target.value.trim(); begin(); }, 200); });

// ---- one message

function close() {
  state.open = null;
  document.body.classList.remove("reading");
  $("view").replaceChildren(make("p", { className: "empty", textContent: "Choose a message." }));
  mark();
}

function mark() {
  for (const item of $("list").children) {
    if (Number(item.dataset.id) === state.open) item.firstElementChild.setAttribute("aria-current", "true");
    else item.firstElementChild.removeAttribute("aria-current");
  }
}

async function show(id) {
  state.open = id;
  state.images = false;
  mark();
  let message;
  try { message = await ask(`/api/messages/${id}`); }
  catch (error) { $("view").replaceChildren(make("p", { className: "empty", textContent: error.message })); return; }
  if (state.open !== id) return;
  const view = $("view");
  view.replaceChildren($("one").content.cloneNode(true));
  view.querySelector("h2").textContent = message.subject || "(no subject)";
  view.querySelector(".back").addEventListener("click", close);
  const facts = [
    ["From", message.from || message.envelope_from], ["To", message.recipients.join(", ")],
    ["Arrived", `${new Date(message.at).toLocaleString()} · ${size(message.size_bytes)}`],
  ];
  if (message.campaign !== null) facts.push(["Delivery", `${message.campaign}/${message.seq}${message.copy > 1 ? `, copy ${message.copy}` : ""}`]);
  if (message.dropped) facts.push(["Reply", "none: the line was cut after it was accepted (chaos)"]);
  view.querySelector(".facts").append(...facts.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]));
  const has = { html: message.has_html, text: message.text !== null, headers: true, attachments: message.attachments.length > 0, links: message.links.length > 0, raw: true };
  for (const tab of view.querySelectorAll("[role=tab]")) {
    tab.disabled = !has[tab.dataset.tab];
    const count = { attachments: message.attachments.length, links: message.links.length }[tab.dataset.tab];
    if (count) tab.textContent += ` ${count}`;
    tab.addEventListener("click", () => { state.tab = tab.dataset.tab; turnTo(message, state.tab); });
  }
  turnTo(message, has[state.tab] ? state.tab : has.html ? "html" : has.text ? "text" : "raw");
  document.body.classList.add("reading");
  if (matchMedia("(max-width: 760px)").matches) view.focus();
}

function turnTo(message, name) {
  for (const tab of $("view").querySelectorAll("[role=tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
  $("view").querySelector(".pane").replaceChildren(...panes[name](message));
}

function table(rows) {
  return make("table", { className: "grid" }, ...rows.map(([name, value]) => make("tr", {}, make("th", { scope: "row", textContent: name }), make("td", {}, value))));
}

const panes = {
  html(message) {
    const stage = make("div", { className: `stage ${state.width}` });
    // No allow-scripts, no allow-same-origin: what is inside can do nothing but be looked at.
    const frame = make("iframe", { title: "The message's HTML", sandbox: "", referrerPolicy: "no-referrer" });
    frame.src = `/messages/${message.id}/html${state.images ? "?images=true" : ""}`;
    stage.append(frame);
    const widths = make("span", { className: "widths", role: "group", ariaLabel: "Width" });
    for (const [name, words] of [["phone", "Phone"], ["tablet", "Tablet"], ["wide", "Full"]]) {
      const button = make("button", { type: "button", textContent: words, ariaPressed: String(state.width === name) });
      button.addEventListener("click", () => { state.width = name; turnTo(message, "html"); });
      widths.append(button);
    }
    const images = make("input", { type: "checkbox", checked: state.images });
    images.addEventListener("change", () => { state.images = images.checked; turnTo(message, "html"); });
    return [make("div", { className: "tools" }, widths, make("label", {}, images, " load remote images")), stage];
  },
  text: (message) => [make("pre", { textContent: message.text })],
  headers: (message) => [table(message.headers)],
  attachments: (message) => [table(message.attachments.map((part) => [
    size(part.size), make("a", { href: `/messages/${message.id}/attachments/${part.number}`, textContent: part.name, download: part.name }),
  ]))],
  links: (message) => [table(message.links.map((link) => [link.text || "(image)", make("code", { textContent: link.target })]))],
  raw(message) {
    const source = make("pre", { textContent: "…" });
    fetch(`/messages/${message.id}/raw`).then((answer) => answer.text()).then((text) => { source.textContent = text; }, (error) => { source.textContent = error.message; });
    return [source];
  },
};

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.metaKey || event.ctrlKey || event.altKey) return;
  const at = state.shown.indexOf(state.open);
  if (event.key === "Escape") close();
  else if (event.key === "j" && at + 1 < state.shown.length) show(state.shown[at + 1]);
  else if (event.key === "k" && at > 0) show(state.shown[at - 1]);
});

// ---- chaos

const SHARES = ["refuse", "drop", "greylist"];

function switches(chaos) {
  state.chaos = chaos;
  const on = [];
  for (const name of SHARES) {
    if (document.activeElement !== $(name)) $(name).value = Math.round(chaos[name] * 100);
    $(name).nextElementSibling.textContent = `${$(name).value} %`;
    $(name).closest("fieldset").classList.toggle("on", chaos[name] > 0);
    if (chaos[name] > 0) on.push(name);
  }
  const known = [...$("code").options].some((option) => Number(option.value) === chaos.code);
  if (!known) $("code").append(make("option", { value: chaos.code, textContent: chaos.code }));
  for (const name of ["code", "delay_ms", "at_dot"]) if (document.activeElement !== $(name)) $(name).value = String(chaos[name]);
  $("down").checked = chaos.down;
  $("delay_ms").closest("fieldset").classList.toggle("on", chaos.delay_ms > 0);
  $("down").closest("fieldset").classList.toggle("on", chaos.down);
  if (chaos.delay_ms) on.push("delay");
  if (chaos.down) on.push("down");
  $("chaos-state").textContent = on.length ? on.join(", ") : "off";
  document.body.classList.toggle("chaotic", on.length > 0);
}

async function throwSwitch(wishes) {
  $("chaos-error").textContent = "";
  try {
    switches(await ask("/api/chaos", { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wishes) }));
  } catch (error) {
    $("chaos-error").textContent = error.message;
  }
}

for (const name of SHARES) {
  $(name).addEventListener("input", () => { $(name).nextElementSibling.textContent = `${$(name).value} %`; });
  $(name).addEventListener("change", () => throwSwitch({ [name]: Number($(name).value) / 100 }));
}
$("code").addEventListener("change", () => throwSwitch({ code: Number($("code").value) }));
$("at_dot").addEventListener("change", () => throwSwitch({ at_dot: $("at_dot").value === "true" }));
$("delay_ms").addEventListener("change", () => throwSwitch({ delay_ms: Math.round(Number($("delay_ms").value)) || 0 }));
$("down").addEventListener("change", () => throwSwitch({ down: $("down").checked }));
$("chaos-calm").addEventListener("click", () => throwSwitch({ refuse: 0, drop: 0, greylist: 0, delay_ms: 0, down: false }));
$("chaos-open").addEventListener("click", () => {
  $("chaos").hidden = !$("chaos").hidden;
  $("chaos-open").setAttribute("aria-expanded", String(!$("chaos").hidden));
});

// `#chaos` and `#12` open the switches or a message at once.
if (location.hash === "#chaos") $("chaos-open").click();
else if (/^#\d+$/.test(location.hash)) show(Number(location.hash.slice(1)));
live();

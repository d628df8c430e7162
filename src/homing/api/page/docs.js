"use strict";
// Tries the API out from its own description; nothing is loaded from elsewhere.
const routes = document.getElementById("routes");
const model = document.getElementById("route");
const token = document.getElementById("token");
const find = document.getElementById("find");
let description = {};

const resolve = (schema) => (schema && schema.$ref ? description.components.schemas[schema.$ref.split("/").pop()] : schema) || {};

function example(schema, depth = 0) {
  const s = resolve(schema);
  if (s.examples) return s.examples[0];
  if (s.anyOf) return example(s.anyOf.find((each) => each.type !== "null"), depth);
  if (s.enum) return s.enum[0];
  if (s.const !== undefined) return s.const;
  if (s.type === "object" && s.properties && depth < 3) {
    const named = s.required || Object.keys(s.properties).slice(0, 8);
    return Object.fromEntries(named.map((name) => [name, example(s.properties[name], depth + 1)]));
  }
  return { string: "", integer: 1, number: 1, boolean: true, array: [], object: {} }[s.type] ?? null;
}

function field(parameter) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.append(`${parameter.name}${parameter.required ? " *" : ""}`, input);
  label.title = parameter.description || "";
  input.required = Boolean(parameter.required);
  input.dataset.name = parameter.name;
  input.dataset.in = parameter.in;
  return label;
}

function draw(path, method, operation) {
  const box = model.content.cloneNode(true);
  const pick = (selector) => box.querySelector(selector);
  pick(".method").textContent = method.toUpperCase();
  pick(".path").textContent = path;
  pick(".words").textContent = operation.summary || "";
  pick(".more").textContent = operation.description || "";
  for (const parameter of operation.parameters || []) pick(".fields").append(field(parameter));
  const [area, form, answer, curl] = ["textarea", "form", ".answer", ".curl"].map(pick);
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (content) {
    pick(".body").hidden = false;
    area.value = JSON.stringify(example(content.schema), null, 2);
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const request = wish(path, method, form, content ? area.value : null);
    curl.textContent = `curl -X ${method.toUpperCase()} ${location.origin}${request.url}`;
    answer.hidden = false;
    answer.textContent = "...";
    try {
      const got = await fetch(request.url, request.options);
      const text = await got.text();
      answer.textContent = `${got.status} ${got.statusText}\n\n${pretty(text)}`;
    } catch (error) {
      answer.textContent = `The server does not answer: ${error.message}`;
    }
  });
  return box;
}

function wish(path, method, form, body) {
  const query = new URLSearchParams();
  const headers = {};
  for (const input of form.querySelectorAll("input")) {
    const { name } = input.dataset;
    if (input.dataset.in === "path") path = path.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value && input.dataset.in === "query") query.set(name, input.value);
    else if (input.value) headers[name] = input.value;
  }
  if (path.endsWith("/events") && !query.has("wait")) query.set("wait", "5");
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  if (body !== null) headers["Content-Type"] = "application/json";
  const found = query.toString();
  return { url: found ? `${path}?${found}` : path, options: { method: method.toUpperCase(), headers, body } };
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function show() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  routes.replaceChildren();
  let group = "";
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const text = `${method} ${path} ${operation.summary} ${operation.description}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      const tag = (operation.tags || ["other"])[0];
      if (tag !== group) {
        group = tag;
        const head = document.createElement("h2");
        head.textContent = tag;
        routes.append(head);
      }
      routes.append(draw(path, method, operation));
    }
  }
}

find.addEventListener("input", show);
fetch("/api/v1/openapi.json")
  .then((got) => got.json())
  .then((found) => {
    description = found;
    show();
  })
  .catch((error) => {
    routes.textContent = `The description cannot be read: ${error.message}`;
  });

// Keeps the shell (the page and its hashed files) so that it opens while the server is away. It never touches /api.
const SHELL = "homing-shell-v1";
const OUTSIDE = ["/api/", "/socket.io/", "/u/", "/p/", "/v/", "/s/", "/healthz", "/readyz", "/metrics", "/t/", "/m/"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(["/", "/scheme.js", "/icon.svg"])));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

// Pages and what they are made of, as the page itself lists them after loading.
self.addEventListener("message", (event) => {
  if (event.data?.kind !== "keep") return;
  event.waitUntil(
    caches.open(SHELL).then(async (cache) => {
      const wanted = new Set(event.data.files);
      for (const request of await cache.keys()) {
        const path = new URL(request.url).pathname;
        if (path.startsWith("/assets/") && !wanted.has(path)) await cache.delete(request);
      }
      await Promise.all(
        [...wanted].map(async (path) => (await cache.match(path)) || cache.add(path).catch(() => undefined)),
      );
    }),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (OUTSIDE.some((prefix) => url.pathname.startsWith(prefix))) return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else event.respondWith(file(event.request));
});

// The newest page when the server answers, the kept one when it does not.
async function page(request) {
  const cache = await caches.open(SHELL);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(4000) });
    if (answer.ok && (answer.headers.get("content-type") || "").startsWith("text/html")) {
      await cache.put("/", answer.clone());
      return answer;
    }
    return answer.status < 500 ? answer : (await cache.match("/")) || answer;
  } catch {
    return (await cache.match("/")) || Response.error();
  }
}

async function file(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  const hashed = new URL(request.url).pathname.startsWith("/assets/");
  if (kept && hashed) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch {
    return kept || Response.error();
  }
}

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data ? event.data.json() : {};
  } catch {
    told = { body: event.data ? event.data.text() : "" };
  }
  const title = told.title || "Homing";
  const options = {
    body: told.body || "",
    tag: told.tag || told.id,
    icon: "/icon.svg",
    data: { url: told.url || "/" },
  };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = event.notification.data?.url || "/";
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((open) => {
      const [first] = open;
      if (first) return first.navigate(url.href).then((client) => (client || first).focus());
      return self.clients.openWindow(url.href);
    }),
  );
});

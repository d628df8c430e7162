// Registers the service worker and tells it which files this page is made of.

export function keepShell(): void {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker
    .register("/sw.js")
    .then(() => navigator.serviceWorker.ready)
    .then(async (found) => found.active?.postMessage({ kind: "keep", files: await files() }))
    .catch(() => undefined); // plain http, or forbidden: the page works without
}

/** Everything that the build made, also the screens that nobody has opened yet. */
async function files(): Promise<string[]> {
  const answer = await fetch("/files.json");
  return answer.ok ? ((await answer.json()) as string[]) : [];
}

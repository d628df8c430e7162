import { afterEach, expect, test, vi } from "vitest";
import { act, actFully, again } from "./client";

afterEach(() => vi.unstubAllGlobals());

test("an act gives what was answered, now and again later alike; only who asks for it all gets the ETag", async () => {
  const asked: [string, RequestInit][] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push([url, init]);
    return new Response('{"id":"c1"}', { headers: { ETag: '"4"' } });
  });
  const wish = { method: "POST", route: "/campaigns", body: { name: "A" }, key: "k" } as const;
  expect(await act(wish)).toEqual({ id: "c1" });
  expect(await again(wish)).toEqual({ id: "c1" });
  expect(await actFully(wish)).toMatchObject({ body: { id: "c1" }, etag: '"4"' });
  expect(asked.map(([url]) => url)).toEqual(Array(3).fill("/api/v1/campaigns"));
  expect(new Headers(asked[1]?.[1].headers).get("Idempotency-Key")).toBe("k");
});

import { expect, test } from "vitest";
import { type Matrix, tells } from "./choices";

const row = (event: string, browser: boolean) => ({
  event,
  words: event,
  app: true,
  browser,
  push: true,
  email: false,
  webhooks: 0,
});
const matrix: Matrix = {
  items: [row("campaign.completed", true), row("import", false), row("whatsapp", true)],
  email: null,
};

test("a kind is decided by its event or by its family", () => {
  expect(tells(matrix, "campaign.completed", "browser")).toBe(true);
  expect(tells(matrix, "import.completed", "browser")).toBe(false);
  expect(tells(matrix, "whatsapp-disconnected", "browser")).toBe(true);
  expect(tells(matrix, "campaign.paused", "browser")).toBe(false);
  expect(tells(undefined, "campaign.completed", "browser")).toBe(false);
});

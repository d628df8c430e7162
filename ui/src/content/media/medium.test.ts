import { expect, test } from "vitest";
import { isOnlyHere, type Medium, tagOf } from "./medium";

const made = (name: string): Medium => ({
  id: name,
  name,
  content_type: "image/png",
  size_bytes: 1,
  width: 1200,
  height: 300,
  url: `https://mail.example.org/m/${name}`,
  path: `/m/${name}`,
  created_at: null,
});

test("a picture stands in a message by its public address, and its name breaks nothing", () => {
  expect(tagOf({ ...made("a.png"), name: 'Our "logo" {{ x }}.png' })).toBe(
    '<img src="https://mail.example.org/m/a.png" alt="Our  logo     x   " width="600" style="max-width:100%;height:auto">',
  );
  expect(isOnlyHere("http://127.0.0.1:8700/m/x")).toBe(true);
  expect(isOnlyHere("https://mail.example.org/m/x")).toBe(false);
});

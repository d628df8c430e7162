import { expect, it } from "vitest";
import { tagOf } from "./media/medium";
import { pictured } from "./pictured";

it("puts a picture of the library into MJML, as it puts one into HTML", () => {
  const one = tagOf({ url: "https://mail.example.org/m/a.png", name: "logo.png", width: 1200 } as never);
  expect(pictured(`${one}\n${one}`)).toMatch(/^(<mj-image src="[^"]+" alt="logo" width="600px" \/>\n?){2}$/);
});

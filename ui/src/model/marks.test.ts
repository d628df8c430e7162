import { expect, test } from "vitest";
import { marked, readable, takenApart } from "./marks";

test("paragraphs, lines, lists and marks, with tags inside of them", () => {
  expect(takenApart('Dear **{{ name | default("*") }}**,\nhello\n\n- *one*\n- [two](https://a.test)')).toEqual([
    {
      list: false,
      lines: [
        [
          { is: "words", text: "Dear " },
          { is: "strong", within: [{ is: "tag", text: '{{ name | default("*") }}' }] },
          { is: "words", text: "," },
        ],
        [{ is: "words", text: "hello" }],
      ],
    },
    {
      list: true,
      lines: [
        [{ is: "leaning", within: [{ is: "words", text: "one" }] }],
        [{ is: "link", within: [{ is: "words", text: "two" }] }],
      ],
    },
  ]);
  expect(takenApart("2 * 3 * 4, a*b*c")).toEqual([
    { list: false, lines: [[{ is: "words", text: "2 * 3 * 4, a*b*c" }]] },
  ]);
});

test("a tag is read out as words", () => {
  const said = (name: string, fallback: string) => `${name} or ${fallback}`;
  expect(readable("{{ name }}", said)).toBe("name");
  expect(readable('{{ first_name | default("there") }}', said)).toBe("first_name or there");
  expect(readable("{% if city %}", said)).toBe("if city");
});

test("a mark goes around what is chosen, and a link asks for its address", () => {
  expect(marked("Dear you", 5, 8, "strong")).toEqual({ text: "Dear **you**", from: 7, to: 10 });
  expect(marked("", 0, 0, "leaning")).toEqual({ text: "*words*", from: 1, to: 6 });
  expect(marked("Look", 0, 4, "link")).toEqual({ text: "[Look](https://)", from: 7, to: 15 });
});

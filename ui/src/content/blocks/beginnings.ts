// Messages to begin with: what everybody has of variables, and the way out at the end.

import type { Design, Footer } from "@/model/design";

const footer = (id: string): Footer => ({
  id,
  kind: "footer",
  text: "You get this because you signed up.",
  link: "Unsubscribe",
});

export const EMPTY: Design = { blocks: [{ id: "b1", kind: "text", text: "", align: "left" }, footer("b2")] };

export const WELCOME: Design = {
  blocks: [
    {
      id: "b1",
      kind: "heading",
      text: 'Welcome, {{ first_name | default("friend") }}',
      level: 1,
      align: "left",
    },
    {
      id: "b2",
      kind: "text",
      text: "Good to have you with us. **Once a month** we write about what is new.",
      align: "left",
    },
    { id: "b3", kind: "button", text: "Have a look around", href: "https://example.com", align: "left" },
    footer("b4"),
  ],
};

// A message to begin with: one column, readable in every program, with the variables that everybody has.

import { WELCOME } from "./blocks/beginnings";

export const SAMPLE = {
  name: "Welcome",
  subject: 'Welcome, {{ first_name | default("friend") }}',
  preheader: "What you can expect from us",
  text: "",
  mjml: "",
  html: "",
  design: WELCOME,
};

// The words of the login and of the single-use links: the first owner, an invitation, a new password.

import { inLanguage } from "./language";

const english = {
  nobodyYet:
    "Nobody can sign in yet. `homing serve` prints a link in its terminal that makes the first owner; it is good once, for 30 minutes. Starting it again prints a new one.",
  email: "E-mail",
  password: "Password",
  code: "One-time code",
  ofDevice: "Of your device, or a recovery code",
  signIn: "Sign in",
  forgotten: "Forgotten? An owner can make a link for a new password, or on the server: homing user password.",
  greeting: {
    first_run: "You become the owner of this installation.",
    invite: "You were invited. Choose a password.",
    reset: "Choose a new password.",
  },
  linkIsOver: "This link is over",
  newLink:
    "It was used already, or is too old. For the first owner, start `homing serve` again: it prints a new one. For others, an owner makes a new one.",
  toLogin: "To the login",
  yourName: "Your name",
  howLong: "12 characters or more; a short sentence is fine",
  zone: "Time zone",
  whatZoneIsFor: "Of starts and sending hours; Settings > Workspaces changes it",
  becomeOwner: "Become the owner",
  saveAndSignIn: "Save and sign in",
};

export type LoginWords = typeof english;

export const words = inLanguage("login", english);

import { describe, expect, it } from "vitest";
import type { Sender } from "@/reading/rooms";
import type { Wishes } from "../drafts";
import {
  type Channel,
  chatOf,
  chosenOf,
  reached,
  shelved,
  tallyWords,
  theOnly,
  turned,
  waysOf,
  withChat,
  withSender,
} from "./ways";

const sender = (id: string, kind: string): Sender => ({
  id,
  name: `${id}'s name`,
  kind,
  settings: {},
  health: "up",
  detail: null,
  options: {},
  credentials_set_at: null,
  version: 1,
  created_at: null,
});
const MAIL = sender("mail", "smtp");
const PHONE = sender("phone", "whatsapp_cloud");
const SHOW = sender("show", "simulated");
const ALL = [SHOW, MAIL, PHONE];

function wishes(changes: Partial<Wishes>): Wishes {
  return {
    name: "",
    channel: "email",
    mode: "attended",
    audience: {},
    subject: "Hello",
    preheader: "",
    text: "The letter",
    html: "",
    whatsapp_template: null,
    whatsapp: null,
    prefer: null,
    senders: ["mail"],
    from: "",
    reply_to: "",
    start_at: null,
    window: null,
    canary: null,
    stop_if_failed: null,
    tracking: { opens: false, clicks: false },
    ...changes,
  };
}
const moved = (of: Wishes, to: Channel, shelf = shelved(of)): Wishes => ({ ...of, ...turned(of, to, ALL, shelf) });

describe("a campaign that goes by other channels", () => {
  it("gets a second, empty message, and is sent by the server", () => {
    const both = moved(wishes({}), "mixed", { text: "", whatsapp: null });
    expect([both.channel, both.prefer, both.mode]).toEqual(["mixed", ["whatsapp", "email"], "server"]);
    expect([both.text, both.senders, chatOf(both).text]).toEqual(["The letter", ["mail"], ""]);
  });

  it("keeps the words for WhatsApp as those for WhatsApp when an e-mail comes to them", () => {
    const template = { name: "offer", language: "en", body: [] };
    const chat = wishes({ channel: "whatsapp", text: "Hi", whatsapp_template: template, senders: ["phone"] });
    const both = { ...chat, ...turned(chat, "mixed", ALL, null) };
    expect(chatOf(both)).toEqual({ text: "Hi", whatsapp_template: template });
    expect([both.text, both.whatsapp_template, both.senders]).toEqual(["", null, ["phone"]]);
  });

  it("comes back to one channel with nothing that would make it one over both, and loses no words on the way", () => {
    const both = wishes({
      channel: "mixed",
      prefer: ["email", "whatsapp"],
      whatsapp: { text: "Hi", whatsapp_template: null },
      senders: ["mail", "phone"],
    });
    const mail = moved(both, "email");
    expect([mail.channel, mail.prefer, mail.whatsapp, mail.senders, mail.text]).toEqual([
      "email",
      null,
      null,
      ["mail"],
      "The letter",
    ]);
    const chat = moved(both, "whatsapp");
    expect([chat.text, chat.whatsapp, chat.prefer, chat.senders]).toEqual(["Hi", null, null, ["phone"]]);
    const back = { ...chat, ...turned(chat, "mixed", ALL, shelved(both)) };
    expect([back.text, chatOf(back).text]).toEqual(["The letter", "Hi"]);
    const again = { ...mail, ...turned(mail, "mixed", ALL, shelved(both)) };
    expect([again.text, chatOf(again).text]).toEqual(["The letter", "Hi"]);
    expect(turned(both, "mixed", ALL, null)).toEqual({});
  });
});

describe("two messages and two senders", () => {
  const both = wishes({ channel: "mixed", whatsapp: { text: "Hi", whatsapp_template: null }, senders: ["phone"] });

  it("changes one without the other", () => {
    expect(withChat(both, { text: "Hi you" })).toEqual({ whatsapp: { text: "Hi you", whatsapp_template: null } });
    expect(withChat(wishes({ channel: "whatsapp" }), { text: "Hi you" })).toEqual({ text: "Hi you" });
    expect(withSender(both, "email", "mail", ALL)).toEqual({ senders: ["phone", "mail"] });
    expect(withSender({ ...both, senders: ["phone", "mail"] }, "email", "show", ALL)).toEqual({
      senders: ["phone", "show"],
    });
    expect(withSender(wishes({}), "email", "show", ALL)).toEqual({ senders: ["show"] });
  });

  it("knows which sender is for which, by id or name; the simulated one is no second WhatsApp", () => {
    expect(chosenOf(both, ALL)).toEqual({ whatsapp: PHONE });
    expect(chosenOf({ ...both, senders: ["show", "phone's name"] }, ALL)).toEqual({ email: SHOW, whatsapp: PHONE });
    expect(chosenOf({ ...both, senders: ["show"] }, ALL)).toEqual({ email: SHOW });
    expect(chosenOf(wishes({ channel: "whatsapp", senders: ["show"] }), ALL)).toEqual({ whatsapp: SHOW });
  });
});

describe("who gets it by which", () => {
  const told = { total: 10, reachable: 7, without_address: 2, suppressed: 1, by: { whatsapp: 3, email: 4 } };

  it("is told in the order of preference, with who gets it by neither", () => {
    const both = wishes({ channel: "mixed", prefer: ["email", "whatsapp"] });
    expect(waysOf(both)).toEqual(["email", "whatsapp"]);
    expect(tallyWords(told, both, String)).toBe(
      "7 will get it: 4 by e-mail, 3 by WhatsApp · 3 by neither (2 without an address, 1 unsubscribed, suppressed or refused)",
    );
    expect([reached(told, both, "email"), reached(told, both, "whatsapp"), reached(null, both, "email")]).toEqual([
      4, 3, 0,
    ]);
  });

  it("says of one channel what it said before", () => {
    expect(tallyWords(told, wishes({}), String)).toBe(
      "7 will get it · 1 unsubscribed or suppressed · 2 without an e-mail address",
    );
    expect(reached(told, wishes({}), "email")).toBe(7);
  });
});

describe("the only sender that can be meant", () => {
  const down = (of: Sender): Sender => ({ ...of, health: "down" });
  const other = sender("other", "ses");

  it("is chosen when no other carries the channel, or when all others are in trouble", () => {
    expect(theOnly(wishes({ senders: [] }), [MAIL, PHONE])).toEqual(["mail"]);
    expect(theOnly(wishes({ senders: [] }), [down(MAIL)])).toEqual(["mail"]);
    expect(theOnly(wishes({ senders: [] }), [down(MAIL), other])).toEqual(["other"]);
    expect(theOnly(wishes({ channel: "mixed", senders: [] }), [MAIL, PHONE])).toEqual(["phone", "mail"]);
    expect(theOnly(wishes({ channel: "mixed", senders: ["mail"] }), [MAIL, PHONE])).toEqual(["mail", "phone"]);
  });

  it("is left to the person where there are two, none, or one chosen", () => {
    expect(theOnly(wishes({ senders: [] }), [MAIL, other])).toBeNull();
    expect(theOnly(wishes({ senders: [] }), [PHONE])).toBeNull();
    expect(theOnly(wishes({ senders: ["mail"] }), [MAIL])).toBeNull();
  });
});

// The message as a phone shows it, to one of them: made by the server from the real contact.

import { Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path } from "@/api/client";
import { Icon } from "@/marks/icons";
import { filled, type Place } from "@/model/approved";
import { marked } from "@/model/chat";
import { time } from "@/model/words";
import { type AtWhatsApp, useAccount } from "@/reading/numbers";
import { words } from "@/words/composer";
import { fileOf, type Approved as Told, type Wishes } from "../drafts";
import { listed } from "./Approved";
import type { Writing } from "./useDraft";
import { chatOf } from "./ways";

interface Built {
  text: string | null;
  media: { filename: string; content_type: string } | null;
  template: { name: string; language: { code: string } | string; components: Component[] } | null;
}

interface Component {
  type: string;
  index?: string;
  parameters: Parameter[];
}

interface Parameter {
  text?: string;
  parameter_name?: string;
  payload?: string;
  coupon_code?: string;
  location?: Place;
}

/** `number`: whose templates are known, so that one is shown as it will arrive. */
export function Phone({ writing, number = null }: { writing: Writing; number?: string | null }) {
  const account = useAccount(number).data;
  const [typed, setTyped] = useState("");
  const [contact] = useDebouncedValue(typed.trim(), 400);
  const { draft } = writing;
  const file = fileOf(draft)?.filename ?? "";
  const said = chatOf((draft ?? writing.wishes) as unknown as Wishes);
  const told = JSON.stringify(said);
  const written = Boolean(draft && draft.channel !== "email" && (said.text || file || said.whatsapp_template));
  const built = useQuery({
    queryKey: ["preview", draft?.id, draft?.control, "whatsapp", told, file, contact],
    queryFn: () => get<Built>(path(`/campaigns/${draft?.id}/preview`, { contact, channel: "whatsapp" })),
    enabled: written,
    retry: false,
    placeholderData: (old) => old,
  });
  return (
    <div>
      <TextInput
        size="xs"
        label={words.asThisContact}
        placeholder={words.theirNumber}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        mb={8}
      />
      <div className="phone" data-testid="phone">
        <div className="phone-head">
          <Icon name="left" size={14} /> {writing.wishes.name || words.you}
        </div>
        <div className="phone-body">
          {written && built.data ? (
            <Bubble of={built.data} as={listed(account, said.whatsapp_template as Told | null)} />
          ) : (
            <Text size="sm" className="phone-hint">
              {built.error ? built.error.message : words.previewAppears}
            </Text>
          )}
        </div>
      </div>
      {built.error && built.data && (
        <Text size="sm" c="red" role="status" mt={6}>
          {built.error.message}
        </Text>
      )}
    </div>
  );
}

function Bubble({ of, as }: { of: Built; as: AtWhatsApp | undefined }) {
  const given = (part: string) => of.template?.components.find((each) => each.type === part)?.parameters ?? [];
  const texts = (part: string) => given(part).map((each) => ({ ...each, text: said(each) }));
  const place = given("header").find((each) => each.location)?.location;
  return (
    <div className="bubble bubble-out" data-testid="bubble">
      {of.media && (
        <div className="bubble-file">
          <Icon
            name={
              of.media.content_type.startsWith("image/")
                ? "eye"
                : of.media.content_type.startsWith("video/")
                  ? "play"
                  : "templates"
            }
            size={20}
          />
          <span>{of.media.filename}</span>
        </div>
      )}
      {of.template && as && (
        <div data-testid="as-approved">
          {as.header && <b>{filled(as.header, texts("header"))}</b>}
          {place && <Pin at={place} />}
          <Marked text={filled(as.body, texts("body"))} />
          {as.footer && <div className="small dim">{as.footer}</div>}
          {as.buttons.map((each, n) => (
            <div key={each} className="small">
              [ {each} ] {tapped(of.template?.components, n)}
            </div>
          ))}
        </div>
      )}
      {of.template && !as && (
        <div>
          <b>{of.template.name}</b>
          {of.template.components.flatMap((each) =>
            each.parameters.map((value, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the place is the number of the variable
              <div key={`${each.type}${place}`} className="small">
                {each.type === "button" ? `[ ${Number(each.index) + 1} ]` : `{{${place + 1}}}`} {said(value)}
              </div>
            )),
          )}
        </div>
      )}
      {of.text && <Marked text={of.text} />}
      <span className="bubble-time">
        {time(Date.now())} <Icon name="done" size={12} />
      </span>
    </div>
  );
}

/** A value in words. */
function said({ text, payload, coupon_code, location }: Parameter): string {
  if (location) return [location.name, `${location.latitude}, ${location.longitude}`].filter(Boolean).join(" ");
  return text ?? payload ?? coupon_code ?? "";
}

/** What a button carries for this recipient. */
function tapped(components: Component[] | undefined, n: number): string {
  const found = components?.find((each) => each.type === "button" && each.index === String(n))?.parameters[0];
  return found ? said(found) : "";
}

function Pin({ at }: { at: Place }) {
  return (
    <div className="bubble-file" data-testid="pin">
      <Icon name="pin" size={20} />
      <span>
        {at.name ?? `${at.latitude}, ${at.longitude}`}
        {at.address && <span className="small"> {at.address}</span>}
      </span>
    </div>
  );
}

/** WhatsApp's own marks as they look; never as HTML. */
export function Marked({ text }: { text: string }) {
  return (
    <span className="bubble-text">
      {marked(text).map((part, place) => {
        const key = `${place}${part.text}`;
        if (part.kind === "bold") return <b key={key}>{part.text}</b>;
        if (part.kind === "italic") return <i key={key}>{part.text}</i>;
        if (part.kind === "struck") return <s key={key}>{part.text}</s>;
        return <span key={key}>{part.text}</span>;
      })}
    </span>
  );
}

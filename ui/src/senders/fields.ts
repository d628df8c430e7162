// The options of each kind of sender, under the names of the API, in the order of the form.

import { words } from "@/words/senders";

export interface Field {
  name: string;
  label: string;
  hint?: string;
  placeholder?: string;
  kind?: "text" | "password" | "choice" | "switch";
  choices?: { value: string; label: string }[];
  needed?: boolean;
}

interface Kind {
  value: string;
  label: string;
  fields: Field[];
}

const choices = (labels: Record<string, string>) => Object.entries(labels).map(([value, label]) => ({ value, label }));

/** The fields of all kinds that more than one of them has. */
function shared() {
  const { field } = words;
  const from: Field = { name: "from", ...field.from, placeholder: "Offers <offers@shop.example>" };
  const stopping: Field[] = [
    { name: "stop_words", ...field.stopWords, placeholder: "genug, basta" },
    { name: "start_words", ...field.startWords },
  ];
  /** For private gateways and for trials without the provider. */
  const address = (placeholder: string): Field => ({ name: "endpoint_url", ...field.endpoint, placeholder });
  return { from, stopping, address };
}

/** All kinds that there are, in the language of the page. */
export function kinds(): Kind[] {
  const { field, kinds: name } = words;
  const { from, stopping, address } = shared();
  return [
    {
      value: "smtp",
      label: name.smtp,
      fields: [
        from,
        { name: "host", ...field.host, placeholder: "smtp.example.org", needed: true },
        { name: "port", ...field.port, placeholder: "587" },
        { name: "tls", ...field.tls, kind: "choice", choices: choices(words.encryption) },
        { name: "user", ...field.user },
        { name: "password", ...field.password, kind: "password" },
        { name: "mailbox", ...field.mailbox },
        { name: "mailbox_password", ...field.mailboxPassword, kind: "password" },
      ],
    },
    {
      value: "sendgrid",
      label: name.sendgrid,
      fields: [
        from,
        { name: "api_key", ...field.apiKey, kind: "password", needed: true },
        { name: "event_key", ...field.eventKey },
        address("https://api.sendgrid.com"),
      ],
    },
    {
      value: "ses",
      label: name.ses,
      fields: [
        from,
        { name: "region", ...field.region, placeholder: "eu-central-1", needed: true },
        { name: "access_key_id", ...field.accessKeyId },
        { name: "secret_key", ...field.secretKey, kind: "password" },
        { name: "configuration_set", ...field.configurationSet },
        { name: "topic_arn", ...field.topic, placeholder: "arn:aws:sns:eu-central-1:123456789012:mail" },
        address("https://email.eu-central-1.amazonaws.com"),
      ],
    },
    {
      value: "whatsapp_linked",
      label: name.whatsapp_linked,
      fields: [
        { name: "daily_new", ...field.dailyNew },
        { name: "hours", ...field.hours, placeholder: "08:00-20:00" },
        ...stopping,
        { name: "proxy", ...field.proxy, placeholder: "http://proxy.example:3128" },
      ],
    },
    {
      value: "whatsapp_cloud",
      label: name.whatsapp_cloud,
      fields: [
        { name: "phone_number_id", ...field.phoneNumberId, placeholder: "1055501234", needed: true },
        { name: "api_key", ...field.accessToken, kind: "password", needed: true },
        { name: "app_secret", ...field.appSecret, kind: "password" },
        { name: "verify_token", ...field.verifyToken, kind: "password" },
        { name: "waba_id", ...field.wabaId },
        { name: "business", ...field.business },
        ...stopping,
        address("https://graph.facebook.com"),
      ],
    },
    { value: "simulated", label: name.simulated, fields: [from] },
  ];
}

/** Pace and limits of a kind: only e-mail has domains. */
export function limits(kind: string): Field[] {
  const { field } = words;
  const pacing: Field[] = [
    { name: "pacing", ...field.pacing, kind: "choice", choices: choices(words.pace) },
    { name: "delay", ...field.delay, placeholder: "1s-3s" },
    { name: "rest_every", ...field.restEvery, placeholder: "50" },
    { name: "rest", ...field.rest, placeholder: "30s-60s" },
    { name: "rate", ...field.rate, placeholder: "20/s, 90/m, 1000/h" },
    { name: "hourly", ...field.hourly },
    { name: "daily", ...field.daily },
  ];
  return kind.startsWith("whatsapp")
    ? pacing
    : [...pacing, { name: "per_domain", ...field.perDomain, placeholder: "60/m" }];
}

/** How long to wait for the network, and when to give up. */
export function network(): Field[] {
  const { field } = words;
  return [
    { name: "retries", ...field.retries, placeholder: "3" },
    { name: "backoff", ...field.backoff, placeholder: "1s" },
    { name: "backoff_cap", ...field.backoffCap, placeholder: "60s" },
    { name: "timeout", ...field.timeout, placeholder: "30s" },
    { name: "probe_timeout", ...field.probeTimeout, placeholder: "5s" },
    { name: "check_every", ...field.checkEvery, placeholder: "10s" },
    { name: "give_up_after", ...field.giveUpAfter, placeholder: "5m" },
    {
      name: "resume_when_back",
      ...field.resumeWhenBack,
      kind: "choice",
      choices: choices({ on: words.yes, off: words.no }),
    },
  ];
}

// The options of each kind of sender, under the names of the API, in the order of the form.

export interface Field {
  name: string;
  label: string;
  hint?: string;
  placeholder?: string;
  kind?: "text" | "password" | "choice" | "switch";
  choices?: { value: string; label: string }[];
  needed?: boolean;
}

const FROM: Field = {
  name: "from",
  label: "From",
  placeholder: "Offers <offers@shop.example>",
  hint: "Who the messages come from, unless a campaign says otherwise",
};

const WORDS: Field[] = [
  {
    name: "stop_words",
    label: "More words that mean STOP",
    placeholder: "genug, basta",
    hint: "Beside those of fifteen languages",
  },
  { name: "start_words", label: "More words that mean START" },
];

/** For private gateways and for trials without the provider. */
const ADDRESS = (placeholder: string): Field => ({ name: "endpoint_url", label: "Address of the API", placeholder });

export const KINDS: { value: string; label: string; fields: Field[] }[] = [
  {
    value: "smtp",
    label: "SMTP server",
    fields: [
      FROM,
      { name: "host", label: "Host", placeholder: "smtp.example.org", needed: true },
      { name: "port", label: "Port", placeholder: "587" },
      {
        name: "tls",
        label: "Encryption",
        kind: "choice",
        choices: [
          { value: "starttls", label: "STARTTLS (usual on 587)" },
          { value: "implicit", label: "TLS from the start (usual on 465)" },
          { value: "none", label: "None (this machine only)" },
        ],
      },
      { name: "user", label: "User" },
      { name: "password", label: "Password", kind: "password", hint: "Sealed, and never shown again" },
      { name: "mailbox", label: "Mailbox for bounces", hint: "imaps://USER@HOST/FOLDER; in USER %40 for @" },
      { name: "mailbox_password", label: "Its password", kind: "password", hint: "Sealed, and never shown again" },
    ],
  },
  {
    value: "sendgrid",
    label: "SendGrid",
    fields: [
      FROM,
      { name: "api_key", label: "API key", kind: "password", hint: "Sealed, and never shown again", needed: true },
      {
        name: "event_key",
        label: "Verification key of its events",
        hint: "From Mail Settings, Event Webhook. Without it nothing is heard of bounces.",
      },
      ADDRESS("https://api.sendgrid.com"),
    ],
  },
  {
    value: "ses",
    label: "Amazon SES",
    fields: [
      FROM,
      { name: "region", label: "Region", placeholder: "eu-central-1", needed: true },
      { name: "access_key_id", label: "Access key id" },
      { name: "secret_key", label: "Secret access key", kind: "password", hint: "Sealed, and never shown again" },
      {
        name: "configuration_set",
        label: "Configuration set",
        hint: "Where its events come from. Without it nothing is heard of bounces.",
      },
      {
        name: "topic_arn",
        label: "SNS topic of its events",
        placeholder: "arn:aws:sns:eu-central-1:123456789012:mail",
      },
      ADDRESS("https://email.eu-central-1.amazonaws.com"),
    ],
  },
  {
    value: "whatsapp_linked",
    label: "WhatsApp, your own phone by QR code",
    fields: [
      {
        name: "daily_new",
        label: "Messages a day at most",
        placeholder: "20 on the first day, growing to 150",
        hint: "Left empty it grows by itself: 20, 30, 45, ... 150. More is a risk for the number.",
      },
      {
        name: "hours",
        label: "Only between",
        placeholder: "08:00-20:00",
        hint: "In the time of the number's country; off: at any hour. Answers go at any hour.",
      },
      ...WORDS,
      {
        name: "proxy",
        label: "Proxy",
        placeholder: "http://proxy.example:3128",
        hint: "Only where the network asks for one",
      },
    ],
  },
  {
    value: "whatsapp_cloud",
    label: "WhatsApp Cloud API (Meta)",
    fields: [
      { name: "phone_number_id", label: "Phone number ID", placeholder: "1055501234", needed: true },
      { name: "api_key", label: "Access token", kind: "password", hint: "Sealed, and never shown again", needed: true },
      { name: "app_secret", label: "App secret", kind: "password", hint: "Webhooks are verified by it" },
      {
        name: "verify_token",
        label: "Verify token",
        kind: "password",
        hint: "What Meta repeats when it checks the webhook",
      },
      { name: "waba_id", label: "WhatsApp Business Account ID", hint: "Then its templates can be chosen" },
      { name: "business", label: "Business portfolio ID", hint: "For several accounts with one limit" },
      ...WORDS,
      ADDRESS("https://graph.facebook.com"),
    ],
  },
  { value: "simulated", label: "Simulated (sends nothing)", fields: [FROM] },
];

const PACING: Field[] = [
  {
    name: "pacing",
    label: "Pace",
    kind: "choice",
    choices: [
      { value: "off", label: "Off: as fast as allowed" },
      { value: "gentle", label: "Gentle: 1-3 s between two, a rest every 50" },
      { value: "steady", label: "Steady" },
      { value: "careful", label: "Careful: 8-20 s, 3-6 min of rest every 30-50 (WhatsApp)" },
    ],
  },
  { name: "delay", label: "Between messages", placeholder: "1s-3s" },
  { name: "rest_every", label: "Rest after every", placeholder: "50" },
  { name: "rest", label: "Rest for", placeholder: "30s-60s" },
  { name: "rate", label: "At most", placeholder: "20/s, 90/m, 1000/h" },
  { name: "hourly", label: "An hour at most" },
  { name: "daily", label: "A day at most" },
];

const PER_DOMAIN: Field = {
  name: "per_domain",
  label: "To each mail domain at most",
  placeholder: "60/m",
  hint: "Others go on meanwhile",
};

/** Pace and limits of a kind: only e-mail has domains. */
export const limits = (kind: string): Field[] => (kind.startsWith("whatsapp") ? PACING : [...PACING, PER_DOMAIN]);

export const NETWORK: Field[] = [
  { name: "retries", label: "Retries", placeholder: "3" },
  { name: "backoff", label: "First wait", placeholder: "1s" },
  { name: "backoff_cap", label: "Longest wait", placeholder: "60s" },
  { name: "timeout", label: "Timeout of a step", placeholder: "30s" },
  { name: "probe_timeout", label: "Timeout of a probe", placeholder: "5s" },
  { name: "check_every", label: "Check the way every", placeholder: "10s" },
  { name: "give_up_after", label: "Give up after", placeholder: "5m", hint: "0: never" },
  {
    name: "resume_when_back",
    label: "Go on by itself when the way is back",
    kind: "choice",
    choices: [
      { value: "on", label: "Yes" },
      { value: "off", label: "No" },
    ],
  },
];

// Made from docs/reference/openapi.json by tools/types.mjs; `make docs` writes both again.

export type AnswerBody = {
  /** As it is: nothing in it is a variable. */
  text: string;
  channel?: "whatsapp" | "email";
  /** Name or id; when not given, the number that they wrote to last. */
  sender?: string | null;
  /** Of an e-mail. */
  subject?: string | null;
};

export type AttachmentBody = {
  filename: string;
  /** In base64. */
  content: string;
  content_type?: string | null;
};

export type AttendBody = {
  /** Of the ping that is acknowledged. */
  n?: number;
  attendant: string;
  /** Ids. */
  campaigns: string[];
};

export type AudienceBody = {
  /** Every contact of the workspace. */
  all?: boolean | null;
  /** Names or ids. */
  lists?: string[] | null;
  /** Names or ids; whoever is on one of them is left out. */
  exclude_lists?: string[] | null;
  /** Name or id of a stored filter. */
  segment?: string | null;
  /** Addresses or ids. */
  contacts?: string[] | null;
};

/** An audience that somebody is choosing. */
export type AudienceWish = {
  /** Every contact of the workspace. */
  all?: boolean | null;
  /** Names or ids. */
  lists?: string[] | null;
  /** Names or ids; whoever is on one of them is left out. */
  exclude_lists?: string[] | null;
  /** Name or id of a stored filter. */
  segment?: string | null;
  /** Addresses or ids. */
  contacts?: string[] | null;
  channel?: "email" | "whatsapp" | "mixed";
  /** Of mixed: whatsapp, email when not given. */
  prefer?: ("email" | "whatsapp")[] | null;
};

export type BatchFrame = {
  /** Equals the cursor before; else come back with your own. */
  from: string;
  /** [cursor, topic, kind, body, at] */
  facts: [string, string, string, Record<string, unknown>, string][];
  snap?: Record<string, Snapshot> | null;
};

export type ButtonBlock = {
  kind: "button";
  /** Anything; kept as it is. */
  id?: string | null;
  text: string;
  href: string;
  align?: "left" | "center" | "right";
};

/** The value of a button of an approved template. */
export type ButtonBody = {
  /** Which button, from 1. */
  place: number;
  /** url: the end of its address; quick_reply: what comes back when it is tapped; copy_code: the code. */
  kind: "url" | "quick_reply" | "copy_code";
  value: string;
};

export type ByeFrame = {
  reason: string;
  retry_ms: number;
};

/** A campaign, or the part of it that changes. While it sends only `senders`, `window`, `canary` and `stop_if_failed` may. */
export type CampaignBody = {
  name?: string | null;
  /** By its senders. mixed: an e-mail and a WhatsApp message, each recipient gets one. */
  channel?: "email" | "whatsapp" | "mixed" | null;
  /** attended: only while somebody watches. */
  mode?: "server" | "attended" | null;
  audience?: AudienceBody | null;
  /** A template: `{{ name }}`. */
  subject?: string | null;
  preheader?: string | null;
  text?: string | null;
  html?: string | null;
  whatsapp_template?: TemplateBody | null;
  /** Name or id: its newest version is copied; what stands beside it here wins. */
  template?: string | null;
  /** Names or ids, first preferred. */
  senders?: string[] | null;
  /** Share the work by weight instead of keeping to the order. */
  weights?: number[] | null;
  from?: string | null;
  reply_to?: string | null;
  headers?: Record<string, string> | null;
  /** Variables for all; a contact's own win. */
  vars?: Record<string, unknown> | null;
  attachments?: CampaignFileBody[] | null;
  /** The WhatsApp message beside the e-mail: makes it mixed. */
  whatsapp?: ChatBody | null;
  /** Which channel comes first where a contact consented to both or to none: whatsapp, email. */
  prefer?: ("email" | "whatsapp")[] | null;
  /** How long a channel is down before the other one takes what waits for it (5m); 0: never. */
  failover_after?: string | number | null;
  /** RFC 3339. */
  start_at?: string | null;
  /** Sending hours. */
  window?: WindowBody | string | null;
  /** Send so many, then wait for approval. */
  canary?: number | null;
  /** Pause when a larger share fails; 0 switches it off. */
  stop_if_failed?: number | string | null;
  require_consent?: boolean | null;
  /** Nothing is tracked unless this says so. */
  tracking?: TrackingBody | null;
  /** False: an HTML body without `unsubscribe_url` gets no footer with it. */
  footer?: boolean | null;
};

/** An attachment: its bytes here, or a file of the media library. */
export type CampaignFileBody = {
  filename?: string | null;
  /** In base64. */
  content?: string | null;
  content_type?: string | null;
  /** Id or name of a file of the media library, instead of `content`. */
  media?: string | null;
};

/** The WhatsApp message of a campaign that has an e-mail, too: a text, a file with the text as its caption, or a template. */
export type ChatBody = {
  text?: string | null;
  whatsapp_template?: TemplateBody | null;
  attachments?: AttachmentBody[] | null;
};

export type ChoiceBody = {
  event: string;
  way: Way;
  on: boolean;
};

export type ChoicesBody = {
  choices: ChoiceBody[];
};

export type CodeBody = {
  code: string;
};

/** Two beside each other; under each other where the screen is narrow. */
export type ColumnsBlock = {
  kind: "columns";
  /** Anything; kept as it is. */
  id?: string | null;
  /** Of the width, of the left one, in percent. */
  share?: 33 | 50 | 67;
  left: (HeadingBlock | TextBlock | ButtonBlock | PictureBlock | DividerBlock | SpaceBlock)[];
  right: (HeadingBlock | TextBlock | ButtonBlock | PictureBlock | DividerBlock | SpaceBlock)[];
};

export type Contact = {
  id: string;
  email: string | null;
  phone: string | null;
  name: string;
  attributes: Record<string, unknown>;
  consent_email: string;
  consent_whatsapp: string;
  created_at: string | null;
  updated_at: string | null;
};

export type ContactBody = {
  email?: string | null;
  phone?: string | null;
  name?: string | null;
  attributes?: Record<string, string | number | boolean | null> | null;
  consent_email?: "unknown" | "given" | "refused" | null;
  consent_whatsapp?: "unknown" | "given" | "refused" | null;
  /** Put a new contact on this list, made when absent. */
  list?: string | null;
  default_country?: string | null;
};

export type ContactList = {
  id: string;
  name: string;
  members: number;
  created_at: string | null;
};

export type ContactLists = {
  items: ContactList[];
  next: string | null;
};

export type Contacts = {
  items: Contact[];
  next: string | null;
};

export type DesignBody = {
  look?: LookBody | null;
  blocks: (HeadingBlock | TextBlock | ButtonBlock | PictureBlock | DividerBlock | SpaceBlock | ColumnsBlock | FooterBlock)[];
};

export type DividerBlock = {
  kind: "divider";
  /** Anything; kept as it is. */
  id?: string | null;
};

export type Fact = {
  cursor: string;
  at: string;
  topic: string;
  kind: string;
  body: Record<string, unknown>;
};

/** A filter that somebody is trying out. */
export type FilterBody = {
  filter: string;
};

/** Small words with the recipient's own link to unsubscribe. */
export type FooterBlock = {
  kind: "footer";
  /** Anything; kept as it is. */
  id?: string | null;
  text?: string;
  link?: string;
};

/** A segment with what it means and finds. */
export type FullSegment = {
  explained: string;
  count: number;
  sample: Contact[];
  id: string;
  name: string;
  filter: string;
  created_at: string | null;
  changed_at: string | null;
};

export type FullTemplate = {
  subject: string | null;
  preheader: string | null;
  text: string | null;
  html: string | null;
  mjml: string | null;
  design: DesignBody | null;
  id: string;
  name: string;
  channel: "email" | "whatsapp";
  version: number;
  by: string;
  created_at: string | null;
  changed_at: string | null;
  versions: OldVersion[];
  used_in: Named[];
};

export type HTTPValidationError = {
  detail?: ValidationError[];
};

export type HeadingBlock = {
  kind: "heading";
  /** Anything; kept as it is. */
  id?: string | null;
  text: string;
  level?: 1 | 2;
  align?: "left" | "center" | "right";
};

export type HelloFrame = {
  /** Another one: fetch everything anew. */
  epoch: string;
  version: string;
  cursor: string;
  retained_from: string;
  now: string;
  ping_s: number;
};

/** A file that will be sent in parts. */
export type ImportBody = {
  /** What the person calls it; never a path. */
  fileName: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** As of POST .../mapping. */
  options?: Record<string, unknown>;
};

/** A message under a name. WhatsApp has only `text`. */
export type KeptBody = {
  /** A template: `{{ name }}`. */
  subject?: string | null;
  preheader?: string | null;
  text?: string | null;
  html?: string | null;
  /** MJML: the HTML is made of it, and `html` beside it is not looked at. */
  mjml?: string | null;
  /** Blocks: MJML and HTML are made of them, and `mjml` and `html` beside them are not looked at. */
  design?: DesignBody | null;
  name: string;
  channel?: "email" | "whatsapp";
};

/** What is not named stays; null takes a part away. A change of the message is a new version. */
export type KeptChange = {
  /** A template: `{{ name }}`. */
  subject?: string | null;
  preheader?: string | null;
  text?: string | null;
  html?: string | null;
  /** MJML: the HTML is made of it, and `html` beside it is not looked at. */
  mjml?: string | null;
  /** Blocks: MJML and HTML are made of them, and `mjml` and `html` beside them are not looked at. */
  design?: DesignBody | null;
  name?: string | null;
};

export type KeysBody = {
  p256dh: string;
  auth: string;
};

export type LinkBody = {
  /** What stands behind the # of the link. */
  link: string;
};

export type LinkUse = {
  /** What stands behind the # of the link. */
  link: string;
  /** 12 to 128 characters. */
  password: string;
  /** Of the owner, at the first run. */
  email?: string | null;
  name?: string | null;
  /** Of the workspace, at the first run. */
  zone?: string | null;
};

/** The place in the header of an approved template. Degrees, as texts, for they may come from the contact. */
export type LocationBody = {
  latitude: string;
  longitude: string;
  name?: string | null;
  address?: string | null;
};

export type LoginBody = {
  email: string;
  password: string;
  /** One-time or recovery code. */
  code?: string | null;
};

export type LookBody = {
  /** Of buttons and links. */
  accent?: string;
  background?: string;
  /** Behind the blocks. */
  paper?: string;
  ink?: string;
  font?: "sans" | "serif";
};

/** How a file is read and what is done with its rows. What is not named stays as it is. */
export type MappingBody = {
  /** Heading (or number from 1) to field; "": left out. */
  columns?: Record<string, string | null> | null;
  encoding?: string | null;
  delimiter?: string | null;
  sheet?: number | null;
  /** phone, email, or auto: whichever a row has. */
  upsertBy?: string | null;
  /** upsert, createOnly, updateOnly */
  mode?: string | null;
  replaceAll?: boolean | null;
  /** Everybody is put on it; made when absent. */
  list?: string | null;
  defaultCountry?: string | null;
  chunkSize?: number | null;
  /** drop or reject */
  onBadValue?: string | null;
};

export type Media = {
  items: Medium[];
  next: string | null;
};

/** A file of the media library; `width` and `height` null: it is no picture. */
export type Medium = {
  id: string;
  name: string;
  content_type: string;
  size_bytes: number;
  width: number | null;
  height: number | null;
  url: string;
  path: string;
  created_at: string | null;
};

export type MembersBody = {
  /** Addresses or ids. */
  contacts: string[];
};

export type MergeBody = {
  /** An id or address of the other contact. */
  other: string;
};

/** One message: a receipt, a password link, an answer. All its texts are templates of `vars`. By e-mail a subject and a text or HTML; by WhatsApp a text, a file with the text as its caption, or (Cloud API) a template. */
export type MessageBody = {
  /** An e-mail address, or a number as +94711234567. */
  to: string;
  /** By `senders`, else by `to`. */
  channel?: "email" | "whatsapp" | null;
  /** Of the recipient, for the To header. */
  name?: string | null;
  subject?: string | null;
  text?: string | null;
  html?: string | null;
  whatsapp_template?: TemplateBody | null;
  from?: string | null;
  reply_to?: string | null;
  headers?: Record<string, string> | null;
  vars?: Record<string, unknown> | null;
  attachments?: AttachmentBody[] | null;
  /** Names or ids, first preferred; every sender of the channel when not given. */
  senders?: string[] | null;
};

export type ModeBody = {
  mode: "server" | "attended";
  /** Who watches from here, when the mode is attended. */
  attendant?: string | null;
};

export type NameBody = {
  name: string;
};

export type Named = {
  id: string;
  name: string;
};

/** Its secret is told this once. */
export type NewToken = {
  id: string;
  name: string;
  scopes: string[];
  created_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
  expires_at: string | null;
  token: string;
};

export type OldVersion = {
  version: number;
  subject: string | null;
  by: string;
  at: string | null;
};

export type PairBody = {
  method?: "qr" | "code";
  phone?: string | null;
};

export type PasswordAgain = {
  password: string;
};

export type PasswordChange = {
  /** The one until now. */
  password: string;
  /** 12 to 128 characters. */
  new: string;
};

export type PictureBlock = {
  kind: "picture";
  /** Anything; kept as it is. */
  id?: string | null;
  /** A public address, as the media library gives. */
  src: string;
  alt?: string;
  width?: number;
  href?: string | null;
  align?: "left" | "center" | "right";
};

export type PingFrame = {
  n: number;
  /** Campaigns to acknowledge by POST /attend. */
  attend: string[];
};

/** Frames as the stream has them; `facts` says the same as the batch, spelt out. Come back with `cursor`. */
export type PollAnswer = {
  from: string;
  cursor: string;
  frames: PollFrame[];
  facts: Fact[];
  storage: StorageFrame;
};

export type PollFrame = {
  event: "hello" | "batch" | "ping" | "reset" | "storage" | "bye";
  id?: string | null;
  data: HelloFrame | BatchFrame | PingFrame | ResetFrame | StorageFrame | ByeFrame;
};

export type ReadBody = {
  cursor: string;
};

export type RecurrenceBody = {
  /** A draft, by id or name: each run is a copy of it as it is then. */
  campaign: string;
  cron: string;
  zone?: string;
  name?: string | null;
};

export type RecurrenceChange = {
  cron?: string | null;
  zone?: string | null;
  on?: boolean | null;
};

export type ResetFrame = {
  retained_from: string;
};

export type ResolveBody = {
  /** Positions. */
  seqs?: number[] | null;
  all?: boolean;
  as: "sent" | "failed" | "send-again";
};

export type RetryBody = {
  /** Only those that failed so. */
  reason?: string | null;
};

export type Segment = {
  id: string;
  name: string;
  filter: string;
  created_at: string | null;
  changed_at: string | null;
};

/** What a filter means and finds. */
export type SegmentAnswer = {
  explained: string;
  count: number;
  sample: Contact[];
};

/** A filter under a name. */
export type SegmentBody = {
  name: string;
  /** Like: city = "Bonn" and age >= 30 and did not get "Spring" */
  filter: string;
};

/** What is not named stays. */
export type SegmentChange = {
  name?: string | null;
  filter?: string | null;
};

export type Segments = {
  items: Segment[];
  next: string | null;
};

/** `settings`: every setting with the value that is in force, set or not. */
export type Sender = {
  id: string;
  name: string;
  kind: string;
  health: string;
  detail: string | null;
  options: Record<string, unknown>;
  settings: Record<string, unknown>;
  credentials_set_at: string | null;
  version: number;
  created_at: string | null;
};

/** A sender: its options have the names of the flags of `homing sender add`, with `_` for `-`. */
export type SenderBody = {
  name: string;
  kind: string;
  [option: string]: unknown;
};

/** Options to change; null takes one away. */
export type SenderChange = {
  name?: string | null;
  [option: string]: unknown;
};

export type Senders = {
  items: Sender[];
  next: string | null;
};

/** How far a campaign is. Absolute; a higher `v` is newer. */
export type Snapshot = {
  v: number;
  name: string;
  mode: "server" | "attended";
  state: string;
  /** Of paused. */
  reason: string | null;
  activity: string | null;
  /** Why it does not move, in a sentence. */
  detail: string | null;
  sent: number;
  failed: number;
  skipped: number;
  cancelled: number;
  uncertain: number;
  open: number;
  total: number;
  /** The audience is sealed: `total` is final. */
  planned: boolean;
  /** Messages a second over the last 20 s; null while nobody knows. */
  rate: number | null;
  ends_at: string | null;
  next_at: string | null;
  next_seq: number | null;
  stuck: boolean;
  /** The ETag of the campaign. */
  control: number;
  attendant: string | null;
};

export type SpaceBlock = {
  kind: "space";
  /** Anything; kept as it is. */
  id?: string | null;
  height?: number;
};

export type StorageFrame = {
  activity: string | null;
  detail?: string | null;
  since?: string | null;
  next_at?: string | null;
};

/** A PushSubscription as a browser writes it (Push API), and how people call the browser. */
export type SubscriptionBody = {
  endpoint: string;
  keys: KeysBody;
  agent?: string;
  expirationTime?: number | null;
};

export type SuppressionBody = {
  /** An address, or @domain. */
  address?: string | null;
  addresses?: string[] | null;
  reason?: string;
  channel?: "email" | "whatsapp";
};

export type Template = {
  subject: string | null;
  preheader: string | null;
  text: string | null;
  html: string | null;
  mjml: string | null;
  design: DesignBody | null;
  id: string;
  name: string;
  channel: "email" | "whatsapp";
  version: number;
  by: string;
  created_at: string | null;
  changed_at: string | null;
};

/** A template that WhatsApp approved, and the values of its variables (themselves templates of the contact): a list where they are numbered, an object where they have names. */
export type TemplateBody = {
  name: string;
  language?: string | null;
  header?: string[] | Record<string, string> | null;
  body?: string[] | Record<string, string> | null;
  location?: LocationBody | null;
  buttons?: ButtonBody[] | null;
};

/** `page`: where a frame finds the HTML; `mjml`: what was made of blocks, or written. */
export type TemplatePreview = {
  to: string;
  subject: string;
  text: string | null;
  has_html: boolean;
  page: string | null;
  size_bytes: number;
  mjml: string | null;
};

export type TemplateVersion = {
  subject: string | null;
  preheader: string | null;
  text: string | null;
  html: string | null;
  mjml: string | null;
  design: DesignBody | null;
  version: number;
  by: string;
  at: string | null;
};

export type Templates = {
  items: Template[];
  next: string | null;
};

export type TestBody = {
  /** Where the one message goes. */
  to: string;
};

export type TextBlock = {
  kind: "text";
  /** Anything; kept as it is. */
  id?: string | null;
  /** A blank line begins a paragraph, `- ` an item; `**strong**`, `*leaning*`, `[words](https://...)`. */
  text: string;
  align?: "left" | "center" | "right";
};

/** Without its secret. */
export type Token = {
  id: string;
  name: string;
  scopes: string[];
  created_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
  expires_at: string | null;
};

export type TokenBody = {
  name?: string;
  /** All that its maker has when not given. */
  scopes?: ("read" | "write" | "send" | "admin" | "people")[] | null;
  /** RFC 3339; never when not given. */
  expires_at?: string | null;
};

export type Tokens = {
  items: Token[];
  next: string | null;
};

/** What is counted of what readers do. Off unless it is asked for. */
export type TrackingBody = {
  /** By a pixel of this server; raw opens are purged after 90 days. */
  opens?: boolean;
  /** By signed links through this server, in the HTML. */
  clicks?: boolean;
};

/** A message that somebody is writing. */
export type TrialBody = {
  /** A template: `{{ name }}`. */
  subject?: string | null;
  preheader?: string | null;
  text?: string | null;
  html?: string | null;
  /** MJML: the HTML is made of it, and `html` beside it is not looked at. */
  mjml?: string | null;
  /** Blocks: MJML and HTML are made of them, and `mjml` and `html` beside them are not looked at. */
  design?: DesignBody | null;
  channel?: "email" | "whatsapp";
  /** An id or an address; the first contact when not given. */
  contact?: string | null;
};

export type UserBody = {
  email: string;
  name?: string;
  role?: "owner" | "admin" | "sender" | "viewer";
};

export type UserChange = {
  role?: "owner" | "admin" | "sender" | "viewer" | null;
  disabled?: boolean | null;
};

export type ValidationError = {
  loc: (string | number)[];
  msg: string;
  type: string;
  input?: unknown;
  ctx?: Record<string, unknown>;
};

export type VersionBody = {
  version: number;
};

export type WatchBody = {
  /** A random word of 8 to 80 characters that this browser keeps. */
  attendant: string;
};

/** How somebody is told. Webhooks tell programs, and are chosen by the workspace, not by each person. */
export type Way = "app" | "browser" | "push" | "email";

/** An endpoint. */
export type WebhookBody = {
  url: string;
  name?: string | null;
  /** Of what it is told, like campaign.*; all when not given. */
  kinds?: string[] | null;
};

export type WebhookChange = {
  url?: string | null;
  name?: string | null;
  kinds?: string[] | null;
  enabled?: boolean | null;
};

export type WindowBody = {
  opens: string;
  closes: string;
  zone?: string;
};

export type Workspace = {
  id: string;
  name: string;
  /** The time zone of its people; null: nobody said. */
  zone: string | null;
  created_at: string | null;
};

export type WorkspaceChange = {
  name?: string | null;
  /** Of its people; the page takes times in it. */
  zone?: string | null;
};

export type Workspaces = {
  items: Workspace[];
  next: string | null;
};

/** Go on. */
export type homing__api__import_shapes__StartBody = {
  /** Of replaceAll: how many contacts may go. */
  confirmRemoval?: number | null;
};

export type homing__api__shapes__StartBody = {
  /** Who watches from here, when the mode is attended. */
  attendant?: string | null;
  /** Start although the check found errors; the audit log says who did. */
  anyway?: boolean;
};

export type GET =
  | { route: `/events`; body: Blob | FormData | undefined; gives: PollAnswer }
  | { route: `/campaigns`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/audit`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/deliveries`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/export`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/messages/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/conversations`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/conversations/unread`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/conversations/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/recurrences`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/recurrences/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/devices`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/devices/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/devices/${string}/qr.svg`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/reasons`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/deliveries/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/log`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/rates`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/preview`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/preview.html`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/report`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/media`; body: Blob | FormData | undefined; gives: Media }
  | { route: `/media/${string}`; body: Blob | FormData | undefined; gives: Medium }
  | { route: `/contacts`; body: Blob | FormData | undefined; gives: Contacts }
  | { route: `/contacts/${string}`; body: Blob | FormData | undefined; gives: Contact }
  | { route: `/contacts/${string}/timeline`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/lists`; body: Blob | FormData | undefined; gives: ContactLists }
  | { route: `/lists/${string}`; body: Blob | FormData | undefined; gives: ContactList }
  | { route: `/suppressions`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/senders`; body: Blob | FormData | undefined; gives: Senders }
  | { route: `/senders/${string}`; body: Blob | FormData | undefined; gives: Sender }
  | { route: `/senders/${string}/outlook`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/tokens`; body: Blob | FormData | undefined; gives: Tokens }
  | { route: `/workspaces`; body: Blob | FormData | undefined; gives: Workspaces }
  | { route: `/workspaces/${string}`; body: Blob | FormData | undefined; gives: Workspace }
  | { route: `/status`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/users`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/users/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/login`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/me`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/sessions`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/cron/resume-campaigns`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/notifications`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/notifications/choices`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/notifications/push`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/senders/${string}/account`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/webhooks`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/webhooks/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/webhooks/${string}/calls`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/hooks/whatsapp_cloud/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/jobs/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/segments`; body: Blob | FormData | undefined; gives: Segments }
  | { route: `/segments/${string}`; body: Blob | FormData | undefined; gives: FullSegment }
  | { route: `/segments/${string}/contacts`; body: Blob | FormData | undefined; gives: Contacts }
  | { route: `/templates`; body: Blob | FormData | undefined; gives: Templates }
  | { route: `/templates/preview/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/templates/${string}`; body: Blob | FormData | undefined; gives: FullTemplate }
  | { route: `/templates/${string}/versions/${string}`; body: Blob | FormData | undefined; gives: TemplateVersion }
  | { route: `/imports`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/imports/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/imports/${string}/rejected.csv`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/imports/${string}/events`; body: Blob | FormData | undefined; gives: unknown }
;

export type POST =
  | { route: `/attend`; body: AttendBody; gives: unknown }
  | { route: `/campaigns`; body: CampaignBody; gives: unknown }
  | { route: `/campaigns/${string}/send`; body: homing__api__shapes__StartBody | null | undefined; gives: unknown }
  | { route: `/campaigns/${string}/pause`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/resume`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/watch`; body: WatchBody; gives: unknown }
  | { route: `/campaigns/${string}/mode`; body: ModeBody; gives: unknown }
  | { route: `/campaigns/${string}/cancel`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/finish`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/approve`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/retry`; body: RetryBody | null | undefined; gives: unknown }
  | { route: `/campaigns/${string}/uncertain/resolve`; body: ResolveBody; gives: unknown }
  | { route: `/campaigns/${string}/test`; body: TestBody; gives: unknown }
  | { route: `/campaigns/${string}/check`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/attachments`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/messages`; body: MessageBody; gives: unknown }
  | { route: `/conversations/${string}/read`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/conversations/${string}/messages`; body: AnswerBody; gives: unknown }
  | { route: `/conversations/${string}/files`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/recurrences`; body: RecurrenceBody; gives: unknown }
  | { route: `/devices/${string}/pair`; body: PairBody; gives: unknown }
  | { route: `/devices/${string}/reconnect`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/devices/${string}/takeover`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/devices/${string}/logout`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/audience/count`; body: AudienceWish; gives: unknown }
  | { route: `/media`; body: Blob | FormData | undefined; gives: Medium }
  | { route: `/contacts`; body: ContactBody; gives: Contact }
  | { route: `/contacts/${string}/merge`; body: MergeBody; gives: unknown }
  | { route: `/lists`; body: NameBody; gives: ContactList }
  | { route: `/lists/${string}/members`; body: MembersBody; gives: unknown }
  | { route: `/suppressions`; body: SuppressionBody; gives: unknown }
  | { route: `/senders`; body: SenderBody; gives: Sender }
  | { route: `/senders/${string}/test`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/tokens`; body: TokenBody; gives: NewToken }
  | { route: `/workspaces`; body: NameBody; gives: Workspace }
  | { route: `/users`; body: UserBody; gives: unknown }
  | { route: `/users/${string}/reset`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/login`; body: LoginBody; gives: unknown }
  | { route: `/logout`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/confirm`; body: PasswordAgain; gives: unknown }
  | { route: `/password`; body: PasswordChange; gives: unknown }
  | { route: `/codes`; body: PasswordAgain; gives: unknown }
  | { route: `/codes/confirm`; body: CodeBody; gives: unknown }
  | { route: `/codes/off`; body: PasswordAgain; gives: unknown }
  | { route: `/links/look`; body: LinkBody; gives: unknown }
  | { route: `/links/use`; body: LinkUse; gives: unknown }
  | { route: `/notifications/read`; body: ReadBody; gives: unknown }
  | { route: `/notifications/push`; body: SubscriptionBody; gives: unknown }
  | { route: `/notifications/push/${string}/test`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/senders/${string}/account/refresh`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/webhooks`; body: WebhookBody; gives: unknown }
  | { route: `/webhooks/${string}/rotate`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/webhooks/${string}/test`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/webhooks/${string}/calls/${string}/replay`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/hooks/${string}/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/contacts/bulk-upload`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/contacts/batch`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/segments`; body: SegmentBody; gives: FullSegment }
  | { route: `/segments/count`; body: FilterBody; gives: SegmentAnswer }
  | { route: `/templates`; body: KeptBody; gives: Template }
  | { route: `/templates/preview`; body: TrialBody; gives: TemplatePreview }
  | { route: `/templates/${string}/restore`; body: VersionBody; gives: Template }
  | { route: `/imports`; body: ImportBody; gives: unknown }
  | { route: `/imports/${string}/preview`; body: MappingBody; gives: unknown }
  | { route: `/imports/${string}/mapping`; body: MappingBody; gives: unknown }
  | { route: `/imports/${string}/start`; body: homing__api__import_shapes__StartBody | null | undefined; gives: unknown }
  | { route: `/imports/${string}/pause`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/imports/${string}/resume`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/imports/${string}/cancel`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/imports/${string}/undo`; body: Blob | FormData | undefined; gives: unknown }
;

export type PATCH =
  | { route: `/campaigns/${string}`; body: CampaignBody; gives: unknown }
  | { route: `/recurrences/${string}`; body: RecurrenceChange; gives: unknown }
  | { route: `/media/${string}`; body: NameBody; gives: Medium }
  | { route: `/contacts/${string}`; body: ContactBody; gives: Contact }
  | { route: `/senders/${string}`; body: SenderChange; gives: Sender }
  | { route: `/workspaces/${string}`; body: WorkspaceChange; gives: Workspace }
  | { route: `/users/${string}`; body: UserChange; gives: unknown }
  | { route: `/webhooks/${string}`; body: WebhookChange; gives: unknown }
  | { route: `/segments/${string}`; body: SegmentChange; gives: FullSegment }
  | { route: `/templates/${string}`; body: KeptChange; gives: Template }
;

export type DELETE =
  | { route: `/campaigns/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/campaigns/${string}/attachments/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/recurrences/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/media/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/contacts/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/lists/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/lists/${string}/members/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/suppressions/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/senders/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/tokens/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/users/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/sessions`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/sessions/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/notifications/push/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/webhooks/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/segments/${string}`; body: Blob | FormData | undefined; gives: unknown }
  | { route: `/templates/${string}`; body: Blob | FormData | undefined; gives: unknown }
;

export type PUT =
  | { route: `/notifications/choices`; body: ChoicesBody; gives: unknown }
  | { route: `/imports/${string}/file`; body: Blob | FormData | undefined; gives: unknown }
;

export type HEAD =
  | { route: `/imports/${string}/file`; body: Blob | FormData | undefined; gives: unknown }
;

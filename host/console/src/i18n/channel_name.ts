/** Names of channels are names: no language changes them, but for a few. */
const NAMES: Record<string, string> = {
  x: "X",
  email: "E-mail",
  chat: "Chat",
  call: "Call",
  phone: "Phone",
  sms: "SMS",
  whatsapp: "WhatsApp",
  messenger: "Messenger",
  telegram: "Telegram",
  slack: "Slack",
  line: "LINE",
  viber: "Viber",
  facebook: "Facebook",
  instagram: "Instagram",
  mastodon: "Mastodon",
  bluesky: "Bluesky",
  discourse: "Discourse",
  "play-store": "Google Play",
  "app-store": "App Store",
  feed: "Feed",
  chatwoot: "Chatwoot",
  zammad: "Zammad",
  zendesk: "Zendesk",
  web: "Web",
};

/** The name of a channel; the code of a company's own one. */
export function channelName(code: string): string {
  const direct = code.endsWith("-direct") ? code.slice(0, -"-direct".length) : code;
  return NAMES[direct] ?? code;
}

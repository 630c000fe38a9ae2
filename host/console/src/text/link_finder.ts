// Finds links in what people wrote. The text is never changed and never becomes HTML: the
// finder says which passages are links, and where each leads.

/** A link in a text. */
export interface FoundLink {
  /** First UTF-16 unit. */
  readonly start: number;
  /** First unit after it. */
  readonly end: number;
  /** Where it leads, without user name and password. */
  readonly href: string;
  /** Host it leads to, in the form that the network uses (punycode); the address of a mail. */
  readonly host: string;
  /** Host as a person reads it, if it differs from `host` and is not misleading. */
  readonly readableHost?: string;
  /** Whether the host mixes scripts or looks like another. */
  readonly misleading: boolean;
  /** Whether the link held a user name, as `https://bank.example@evil.example` does. */
  readonly hadUserinfo: boolean;
}

/** Longest link that is looked at, in UTF-16 units. */
const LINK_UNITS = 2_048;
/** Links per text at most. */
const LINKS = 10_000;
/** Each start is looked at once, and each end is found by one walk. */
const START = /(?:https?:\/\/|mailto:|www\.)/giu;
const WORD = /[\p{L}\p{N}_]/u;
/** Ends a link: white space, quotation marks, brackets, controls and invisible characters. */
const STOP = /[\s"<>`{}|\\^\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff«»“”„‟‹›「」『』]|[\u{e0000}-\u{e007f}]/u;
const TRAILING = /[.,;:!?'’…]/u;

/** All links of a text, in order. Takes time in proportion to the text. */
export function findLinks(text: string): FoundLink[] {
  const links: FoundLink[] = [];
  START.lastIndex = 0;
  let match: RegExpExecArray | null;
  while (links.length < LINKS && (match = START.exec(text))) {
    const start = match.index;
    const before = start > 0 ? text.charAt(start - 1) : "";
    const end = findEnd(text, start);
    START.lastIndex = Math.max(end, start + match[0].length);
    if (before && WORD.test(before)) continue;
    const link = readLink(text.slice(start, end), start, end);
    if (link) links.push(link);
  }
  return links;
}

/** Where a link ends: at white space, without closing punctuation. */
function findEnd(text: string, start: number): number {
  const limit = Math.min(text.length, start + LINK_UNITS);
  let end = start;
  let open = 0;
  while (end < limit) {
    const character = text.charAt(end);
    if (STOP.test(character)) break;
    if (character === "(") open += 1;
    // A bracket that the text opened before the link is not part of it.
    if (character === ")" && --open < 0) break;
    end += 1;
  }
  while (end > start && TRAILING.test(text.charAt(end - 1))) end -= 1;
  return end;
}

function readLink(written: string, start: number, end: number): FoundLink | undefined {
  if (/^mailto:/i.test(written)) return readMail(written, start, end);
  const address = /^www\./i.test(written) ? `https://${written}` : written;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return undefined;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (!url.hostname) return undefined;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(address)?.[1] ?? "";
  const hadUserinfo = authority.includes("@");
  url.username = "";
  url.password = "";
  const readable = readableHost(authority);
  const misleading = isMisleading(readable);
  const host = url.hostname;
  return {
    start,
    end,
    href: url.href,
    host,
    ...(readable !== host && !misleading && !hadUserinfo ? { readableHost: readable } : {}),
    misleading,
    hadUserinfo,
  };
}

function readMail(written: string, start: number, end: number): FoundLink | undefined {
  const address = /^mailto:([^?]+)/i.exec(written)?.[1];
  if (!address || !/^[^@\s%]+@[^@\s%]+\.[^@\s%]+$/u.test(address)) return undefined;
  // Only the address: a link must not fill in a subject or further recipients.
  const href = `mailto:${encodeURIComponent(address).replace("%40", "@")}`;
  return { start, end, href, host: address, misleading: false, hadUserinfo: false };
}

/** The host of an authority as it was written, in lower case. */
function readableHost(authority: string): string {
  const host = authority.slice(authority.lastIndexOf("@") + 1).replace(/:\d*$/, "");
  return host.normalize("NFC").toLowerCase();
}

const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Cherokee}/u,
];
/** Letters of Cyrillic and Greek that look like Latin ones. */
const LOOKALIKES = /^[аеорсухіјѕԁһԛԝӏьгнкмтвαορνικυχτ\d.-]+$/u;

/** Whether a host mixes scripts in a label, or has a label that looks like a Latin one. */
function isMisleading(host: string): boolean {
  if (/^[\u0000-\u007f]*$/.test(host)) return /(^|\.)xn--/.test(host);
  return host.split(".").some((label) => {
    const scripts = SCRIPTS.filter((script) => script.test(label)).length;
    const isForeign = scripts === 1 && !/\p{Script=Latin}/u.test(label);
    return scripts > 1 || (isForeign && LOOKALIKES.test(label)) || /[⁄∕։．。]/u.test(label);
  });
}

// How long a text is, as the channels count. The host counts with the same rules and has
// the last word; its count replaces this one with each check.

/** What a length counts. */
export type LengthUnit = "characters" | "graphemes" | "bytes" | "utf-16" | "sms" | "x";

/** The unit of a channel and its limit; no limit where absent. */
export interface LengthRule {
  readonly unit: LengthUnit;
  readonly limit?: number;
}

/** A length and its limit, in the same unit. */
export interface Measure {
  readonly length: number;
  readonly limit?: number;
  /** Segments of an SMS. */
  readonly segments?: number;
}

interface ChannelLengths {
  readonly public: LengthRule;
  readonly private: LengthRule;
}

const same = (unit: LengthUnit, limit?: number): ChannelLengths => {
  const rule = limit === undefined ? { unit } : { unit, limit };
  return { public: rule, private: rule };
};
const ANY = same("characters");

/** One row per channel, as in the host's table of channels. */
const CHANNELS: Readonly<Record<string, ChannelLengths>> = {
  phone: same("utf-16", 3_800),
  whatsapp: same("characters", 4_096),
  messenger: same("characters", 2_000),
  telegram: same("characters", 4_096),
  slack: same("characters", 4_000),
  line: same("utf-16", 5_000),
  viber: same("characters", 7_000),
  sms: same("sms", 10),
  x: { public: { unit: "x", limit: 280 }, private: { unit: "characters", limit: 10_000 } },
  facebook: {
    public: { unit: "characters", limit: 1_000 },
    private: { unit: "characters", limit: 2_000 },
  },
  instagram: { public: { unit: "characters", limit: 300 }, private: { unit: "bytes", limit: 1_000 } },
  mastodon: same("characters", 500),
  bluesky: same("graphemes", 300),
  discourse: same("characters", 32_000),
  "play-store": same("characters", 350),
  "app-store": same("characters", 5_970),
};

/** The rule of a channel; its private one for private messages. */
export function lengthRule(channel: string, isPrivate: boolean): LengthRule {
  const lengths = CHANNELS[channel] ?? ANY;
  return isPrivate ? lengths.private : lengths.public;
}

/** The length of a text by a rule. */
export function measure(text: string, rule: LengthRule): Measure {
  if (rule.unit === "sms") return measureSms(text, rule.limit);
  const length = count(text, rule.unit);
  return rule.limit === undefined ? { length } : { length, limit: rule.limit };
}

function count(text: string, unit: Exclude<LengthUnit, "sms">): number {
  switch (unit) {
    case "characters":
      return [...text].length;
    case "graphemes":
      return [...segmenter().segment(text)].length;
    case "bytes":
      return new TextEncoder().encode(text).length;
    case "utf-16":
      return text.length;
    case "x":
      return countX(text);
  }
}

let graphemes: Intl.Segmenter | undefined;

function segmenter(): Intl.Segmenter {
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return graphemes;
}

const URL_ON_X = /https?:\/\/[^\s]+/giu;
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

/** X counts an address 23, an emoji 2, characters outside Latin and its neighbours 2. */
function countX(text: string): number {
  let total = 0;
  const rest = text.normalize("NFC").replace(URL_ON_X, () => {
    total += 23;
    return "";
  });
  for (const { segment } of segmenter().segment(rest)) {
    if (EMOJI.test(segment)) {
      total += 2;
      continue;
    }
    for (const character of segment) {
      const code = character.codePointAt(0) ?? 0;
      const isLight =
        code <= 4351 ||
        (code >= 8192 && code <= 8205) ||
        (code >= 8208 && code <= 8223) ||
        (code >= 8242 && code <= 8247);
      total += isLight ? 1 : 2;
    }
  }
  return total;
}

const GSM_BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const GSM_EXTENSION = new Set("\f^{}\\[~]|€");

/** Units and segments of an SMS; a character is never split between two segments. */
function measureSms(text: string, segmentLimit?: number): Measure {
  const characters = [...text];
  const isGsm = characters.every((it) => GSM_BASIC.has(it) || GSM_EXTENSION.has(it));
  const unitsOf = (character: string): number =>
    isGsm ? (GSM_BASIC.has(character) ? 1 : 2) : character.length;
  const [single, part] = isGsm ? [160, 153] : [70, 67];
  let units = 0;
  let parts = 0;
  let used = part;
  for (const character of characters) {
    const taken = unitsOf(character);
    units += taken;
    if (used + taken > part) {
      parts += 1;
      used = 0;
    }
    used += taken;
  }
  const fitsOne = units <= single;
  const segments = fitsOne ? Math.min(units, 1) : parts;
  const length = fitsOne ? units : part * (parts - 1) + used;
  if (segmentLimit === undefined) return { length, segments };
  return { length, segments, limit: segmentLimit === 1 ? single : part * segmentLimit };
}

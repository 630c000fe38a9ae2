import type { Span } from "./utf8_span.ts";

/** What a template leaves for a person to fill in: `{{1}}`, `{{name}}`, `[name]`, `<name>`. */
const PLACEHOLDER = /\{\{[^{}\n]{0,60}\}\}|\[(?:[\p{L} _-]{2,40})\](?!\()|<(?:[\p{L} _-]{2,40})>/gu;

/** Passages of a draft that still wait to be filled in. */
export function findPlaceholders(text: string): Span[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** A template with its parameters filled in; a missing one stays as it is. */
export function fillTemplate(text: string, parameters: readonly string[]): string {
  return text.replace(/\{\{(\d{1,2})\}\}/g, (whole, number: string) => {
    return parameters[Number(number) - 1] || whole;
  });
}

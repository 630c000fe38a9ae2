/** Texts that this page sent, by reply: shown until the host gives them. Forgotten with the page. */
export const sentTexts = new Map<string, string>();

import type en from "./common/en.ts";
import { MessageArea, type Translated } from "./message_area.svelte.ts";

export type CommonTexts = Translated<typeof en>;

/** Texts that every screen needs. */
export const common = new MessageArea<typeof en>({
  en: () => import("./common/en.ts"),
  de: () => import("./common/de.ts"),
});

import { MessageArea } from "./message_area.svelte.ts";
import type en from "./sign_in/en.ts";

/** Why a sign-in by the issuer failed: loaded when one did. */
export const signInFailures = new MessageArea<typeof en>({
  en: () => import("./sign_in/en.ts"),
  de: () => import("./sign_in/de.ts"),
});

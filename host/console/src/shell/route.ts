import type { Component } from "svelte";
import type { Area } from "./session.svelte.ts";

/** A screen and where it stands. */
export interface Route {
  /** Path with fields, such as `/c/:id`. The screen gets the fields as properties. */
  readonly pattern: string;
  /** Whose screen it is; it stands in that group of the navigation. */
  readonly area: Area;
  /** Operations of the API that it needs: without one of them it is not shown. */
  readonly needs: readonly string[];
  /** Title of the page. The texts of `texts` are loaded when it is called. */
  readonly title: () => string;
  /** Entry of the navigation: absent for pages that one reaches from another. */
  readonly nav?: { readonly icon: string; readonly key?: string };
  /** Whether people of other areas reach it too, such as a conversation. */
  readonly shared?: boolean;
  /** Whether the screen stays when its fields change: it shows nothing of the fields before. Default: it begins anew. */
  readonly keepsScreen?: boolean;
  /** Texts to load before it is shown. */
  readonly texts: readonly { load(): Promise<void> }[];
  readonly load: () => Promise<{ default: Component<any> }>;
}

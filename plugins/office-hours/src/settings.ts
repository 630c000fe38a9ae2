// Generated from settings.schema.json by `npx patchbay-sdk types`. Do not edit.

/** Sites of the contact centre, and what happens while all are closed. */
export interface Settings {
  /** The sites, in the order in which they are tried. */
  sites: Site[];
  /** A site that closes within so many minutes gets nothing new while another is open, and hands over what it has not answered. */
  "closing-minutes": number;
  /** What cannot wait until a site opens. Absent: everything waits. */
  emergency?: Emergency;
  /** Queue while all sites are closed. Absent: conversations are on hold until the first site opens. */
  "after-hours-queue"?: string;
}

/** A site. */
export interface Site {
  /** Its queue. */
  queue: string;
  /** Its business hours in the company file, with holidays and half days. */
  hours: string;
  /** Languages it speaks (BCP 47; `pt` also stands for `pt-BR`). Empty: any. */
  languages: string[];
}

/** What cannot wait until a site opens. */
export interface Emergency {
  /** Queue of the people on call. */
  queue: string;
  /** Intents that are an emergency at a confidence of 0.5 or more. */
  intents: string[];
  /** Urgency from which anything is an emergency, 0 to 100. */
  urgency: number;
}

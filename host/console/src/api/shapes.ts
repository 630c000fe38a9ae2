// Names of the generated shapes that screens use.
import type { components, operations, paths } from "./schema.ts";

type Schemas = components["schemas"];

export type Approval = Schemas["ApprovalDocument"];
export type Article = Schemas["Article"];
export type Attachment = Schemas["Attachment"];
export type Clock = Schemas["ClockDocument"];
export type ContactCard = Schemas["ContactCard"];
export type Contract = Schemas["PolicyContract"];
export type ContractFunction = Schemas["ContractFunction"];
export type ContractInterface = Schemas["ContractInterface"];
export type ContractType = Schemas["ContractType"];
export type ConversationCounts = Schemas["ConversationCounts"];
export type ConversationPage = Schemas["OpenConversations"];
export type SearchSummary = Schemas["SearchSummary"];
export type ConversationQuery = NonNullable<operations["conversations"]["parameters"]["query"]>;
export type DoneDocument = Schemas["DoneDocument"];
export type FileRules = Schemas["FileRules"];
export type Finding = Schemas["Finding"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type HistoryPage = Schemas["HistoryPage"];
export type Me = Schemas["Me"];
export type SignInWays = Schemas["SignInWays"];
export type Note = Schemas["Note"];
export type Offer = Schemas["OfferDocument"];
export type Presence = Schemas["Presence"];
export type QueueRow = Schemas["QueueDocument"];
export type Reaction = Schemas["Reaction"];
export type Review = Schemas["Review"];
export type SentFile = Schemas["SentFile"];
export type Summary = Schemas["ConversationSummary"];
export type Template = Schemas["TemplateDocument"];
export type UploadedFile = Schemas["UploadedFile"];
export type Viewer = Schemas["Viewer"];
export type CountsByGroup = Schemas["CountsByGroup"];
export type GroupCounts = Schemas["GroupCounts"];

/** What a customer or the company wrote; `rest` is what the channel's limit cut off. */
export type Interaction = Schemas["Interaction"] & { rest?: string | null };
export type Message = Omit<Schemas["MessageDocument"], "interaction"> & { interaction?: Interaction | null };
export type MessagePage = Omit<Schemas["MessagePage"], "messages"> & { messages: Message[] };

/** A conversation with the newest page of its messages and of its history. */
export interface ConversationDetail extends Omit<Schemas["ConversationDocument"], "history" | "said"> {
  readonly messages: MessagePage;
  readonly entries: HistoryPage;
}

/** An agent of the roster. */
export type Agent = Schemas["AgentDocument"];
export type RosterFields = Schemas["RosterFields"];

/** The paths of the API. */
export type Paths = paths;

/** What a supervisor does with who a contact is. */
export type ContactAct = "merge" | "split" | "undo" | "export" | "erase";

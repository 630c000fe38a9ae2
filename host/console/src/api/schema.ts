// Generated from openapi.json by scripts/generate_schema.mjs: do not edit.
export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check liveness */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get metrics in Prometheus' text format */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get this OpenAPI document */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check readiness */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the active alerts
         * @description What needs an operator's attention now: storage, clock, company files, circuit
         *     breakers, rollouts that ended, outboxes. `GET /v1/status` contains the same
         *     alerts; the metric `patchbay_alerts` counts them. A company's token sees the
         *     alerts of that company, and those of the host that affect it.
         */
        get: operations["active_alerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the audit trail
         * @description Entries of every company and of the host, the newest first. Filters choose by action,
         *     actor, time and text. `order=oldest` reads the
         *     trail from its first entry on, as a copy of the chain needs it.
         */
        get: operations["audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the audit trail
         * @description Checks the hash chain of all entries and names the first one that is missing or
         *     changed. Entries removed from the end leave a valid chain: to detect that, give
         *     a `head` that was stored elsewhere as `expect`.
         */
        get: operations["verify_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List agents */
        get: operations["agents"];
        put?: never;
        /**
         * Import agents
         * @description Adds or changes a list of agents, all or none. New agents are offline until
         *     their presence is set.
         */
        post: operations["import_agents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/agents/{agent}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get an agent */
        get: operations["agent"];
        /** Add or change an agent */
        put: operations["put_agent"];
        post?: never;
        /**
         * Remove an agent
         * @description Their conversations return to their queues with their age; their tokens are
         *     revoked.
         */
        delete: operations["remove_agent"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/agents/{agent}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set an agent's presence
         * @description Ends `not_responding`. Offers to an agent who goes away or offline are rescinded.
         *     Agents keep their conversations; some time after they go offline, those return
         *     to their queues.
         */
        put: operations["set_presence"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List alerts
         * @description Alerts for operators and supervisors, as long as they are stored. Each is also
         *     in its conversation's history and in the feed of events.
         */
        get: operations["alerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/alerts/{alert}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Acknowledge an alert
         * @description Says that a person takes care of it. The first acknowledgement counts: repeated, it
         *     answers who acknowledged the alert first. It changes nothing else.
         */
        post: operations["acknowledge_alert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List replies waiting for approval
         * @description Each with the message that it answers, what the policies found, and who may approve it
         *     now.
         */
        get: operations["approvals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/approvals/{conversation}/{reply}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve a reply
         * @description With the last required approval the reply is published; it is checked again if
         *     the policies have changed. Authors cannot approve their own replies.
         */
        post: operations["approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/approvals/{conversation}/{reply}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reject a reply */
        post: operations["reject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a company's audit trail
         * @description The newest first. Numbers have gaps, because they count the entries of all companies.
         */
        get: operations["company_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/breakers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List circuit breakers
         * @description The breaker of every plugin at every stage of the active generation, closed or not:
         *     since when a plugin is not called, because of what outcomes, and when it is tried again.
         */
        get: operations["breakers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/breakers/{plugin}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close circuit breakers
         * @description The plugin is called again at once, and its failures count anew, also those about single
         *     customers. Without effect where its breakers are closed.
         */
        post: operations["close_breaker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/bypasses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List bypasses */
        get: operations["bypasses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/bypasses/{target}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Bypass a stage or a plugin
         * @description From the next decision on it is not called, until the bypass ends. Does not
         *     create a generation. Repeat the request to change the mode or, with `for`, the
         *     end.
         */
        put: operations["bypass"];
        post?: never;
        /** Lift a bypass */
        delete: operations["lift_bypass"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the connections of a company
         * @description What each connection received since the server started, and whether it is open.
         */
        get: operations["channels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/channels/{channel}/{connection}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a connection
         * @description Asks the provider whether the token works and whose it is, and where its deliveries
         *     go. Nothing is changed, and no customer gets anything. One test of a connection runs at
         *     a time, at most every 5 seconds; it ends within half a minute.
         */
        post: operations["test_connection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/channels/{channel}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a channel now
         * @description After its access is renewed: a connection that asks its provider asks at once, and
         *     replies that wait because the account cannot send, or for a later attempt, are due. One
         *     of them tries whether the connection works, and the others follow when it does. No
         *     attempt is counted.
         */
        post: operations["retry_channel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/{contact}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Export a contact */
        get: operations["export_contact"];
        put?: never;
        post?: never;
        /**
         * Erase a contact
         * @description Destroys the key that seals the person's data. This cannot be undone. Discard
         *     backups made before: they still hold the key. Then resolves the person's open
         *     conversations; `open_conversations` says how many it could not resolve. If the client
         *     hangs up, the rest stays open. The same request again resolves what is still open.
         */
        delete: operations["erase_contact"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/{contact}/card": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a contact's card
         * @description What an agent needs to know while answering the person: name, addresses, language,
         *     attributes of the CRM, opt-outs and open conversations, as lists show them. Other
         *     messages and the history are not part of it, and it is not written to the audit trail.
         */
        get: operations["contact_card"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/{contact}/journey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a contact's journey
         * @description The history of the person on every channel and address, in one order.
         */
        get: operations["journey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/{contact}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Merge two contacts */
        post: operations["merge_contacts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/{contact}/split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Split a contact from the one it was merged into */
        post: operations["split_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/changes/{change}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Undo a merge or a split */
        post: operations["undo_contact_change"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import records of people
         * @description What the company's CRM says about people: an id, addresses by channel, and
         *     attributes that policies may read. At most 1,000 records, as NDJSON
         *     (`application/x-ndjson`) or CSV (`text/csv`). A record replaces the stored one of
         *     its id; the same records again change nothing. A row that is refused leaves the
         *     others alone. Contacts that have written before become one person only if the
         *     record is `verified`; each such change can be undone.
         */
        post: operations["import_contacts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/contacts/opt-outs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List opt-outs
         * @description Of 200 contacts a page, without addresses.
         */
        get: operations["opt_outs"];
        put?: never;
        /**
         * Import opt-outs
         * @description Addresses that the company may not write to, or may again: `channel`, `address`, and
         *     `account`, `purpose` (`any`, `marketing`), `opted_out`, `source` and `at` where they
         *     are not the usual. At most 1,000 rows, as NDJSON (`application/x-ndjson`) or CSV
         *     (`text/csv`). A row that takes back what the customer said is refused without
         *     `override`.
         */
        post: operations["import_opt_outs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List conversations
         * @description Those that are not resolved, unless `state` says otherwise. An agent sees what is on
         *     offer to themselves only.
         */
        get: operations["conversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a conversation with its history */
        get: operations["conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Act on a conversation */
        post: operations["act"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/files/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a file that was uploaded for a reply
         * @description It comes as an attachment with `nosniff` and a sandbox, so that a browser saves it and
         *     runs nothing of it.
         */
        get: operations["file"];
        /**
         * Upload a file for a reply
         * @description The body is the file. Its name stands in `Content-Disposition`:
         *     `attachment; filename*=UTF-8''NAME`, percent-encoded. The type is that of the bytes; it
         *     must fit the ending of the name, and `Content-Type` unless that is absent or
         *     `application/octet-stream`. Only those who may reply may upload, only where the channel
         *     takes files (`files` of the conversation), and only what it takes. A reply names the file
         *     by its id: `"attachments": [{"file": "ID"}]`. A file that no reply names is deleted after
         *     24 hours. The id is the client's; the same request again is answered as the first time.
         */
        put: operations["upload_file"];
        post?: never;
        /**
         * Remove an uploaded file
         * @description Before a reply names it: by those who may reply. One that a reply has is kept, and only a
         *     supervisor removes it: the history gets `file-removed` and the audit trail
         *     `file.removed`; a reply with it that is not sent yet fails. A network keeps what it
         *     was sent; a visitor of the web chat cannot download the file any more.
         */
        delete: operations["remove_file"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a conversation's history
         * @description The newest entries first, then page by page back to the first entry, or forward again.
         *     Entries of replies have their texts.
         */
        get: operations["history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/interactions/{ordinal}/attachments/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a file of an interaction
         * @description The host fetches it from the provider with the connection's credential, or from the
         *     web address that a sender gave. Files of mails are in the mail, which the host keeps.
         *     The media type is that of the file's bytes, and `application/octet-stream` for every type that a browser could run. Providers keep
         *     files for a limited time.
         */
        get: operations["attachment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a conversation's messages
         * @description The newest page first, then page by page back to the first message, or forward again.
         */
        get: operations["messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the internal notes of a conversation
         * @description The newest page, or the one before a note; within a page the oldest first.
         */
        get: operations["notes"];
        put?: never;
        /**
         * Add an internal note
         * @description For the company's people only: it is not sent, no policy reads it, and it changes
         *     neither clocks nor state. Agents may add one to any conversation of their company.
         */
        post: operations["add_note"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/replies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reply to the customer
         * @description Checks the draft. It is then published through the outbox, returned for
         *     revision, held for approval, or blocked. Only the conversation's agent and
         *     supervisors may reply.
         */
        post: operations["reply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/replies/{reply}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what became of a reply
         * @description For a client that does not know whether its reply was taken: after an answer that was
         *     lost, or a 409 `reply-id-taken`. The conversation keeps the outcome of every reply.
         */
        get: operations["reply_outcome"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/replies/{reply}/take-back": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a reply back
         * @description A published reply is not sent any more, if nothing of it was sent: the company file
         *     says in `send-after` how long it waits. A reply that waits for approval is withdrawn.
         *     The SLA clocks go on as if it had not been written; a customer never sees it. Only its
         *     author and supervisors may take it back. The same request again is answered as the
         *     first time. `already-sent`: its sending has begun, so it may have arrived.
         *     `nothing-to-take-back`: no reply of this id waits.
         */
        post: operations["take_back_reply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/replies/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a reply while it is typed
         * @description Nothing is recorded, and policies' state does not change.
         */
        post: operations["check_reply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/seen/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say how far one has read a conversation
         * @description For lists, which then have `seen` and `unread`. Each person has one mark of a
         *     conversation, for all their tabs and devices; it goes forward only. A conversation keeps
         *     the marks of the 64 people who read it last. Marks are not in the history and not in the
         *     feed, and are deleted with the conversation and when its contact is erased. A caller
         *     speaks for themselves only. Idempotent.
         */
        put: operations["mark_seen"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/viewers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who has a conversation open
         * @description Those of whom the host heard within 50 s. Kept in memory only. The event stream tells of
         *     changes, with `signals`.
         */
        get: operations["viewers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/{conversation}/viewers/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say that one has a conversation open
         * @description To be repeated every 20 s, and when the state changes; forgotten after 50 s. A caller
         *     speaks for themselves only. Event streams with `signals` tell the conversation's owner
         *     and its other viewers.
         */
        put: operations["view"];
        post?: never;
        /**
         * Say that one has closed a conversation
         * @description Not required: who says nothing is forgotten after 50 s.
         */
        delete: operations["end_view"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Act on many conversations
         * @description Performs one action on each conversation, one after the other; each result is on disk.
         *     The audit trail has one entry with those that were not refused at once, if there are any.
         *     What is refused for one does not stop the others, except overload (`overloaded`): then
         *     the rest is not tried and has the same problem. The same request again does again only
         *     what was not done: an action that has its effect already is answered as done, or
         *     refused as for one conversation.
         */
        post: operations["act_on_many"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count conversations by queue and owner
         * @description Those that are not resolved. Each number is `counts` of the list with the same `queue` or
         *     `owner`; this is one request for all of them, whose cost grows with the number of
         *     conversations and not with the groups.
         */
        get: operations["conversation_counts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/requeue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Requeue conversations
         * @description Takes conversations from their agents and routes them again; they keep their
         *     age. For conversations of an agent who left, or that are stuck. A reply waiting
         *     for approval becomes stale.
         */
        post: operations["requeue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/conversations/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Search conversations
         * @description A list of conversations, with one more filter: a text, which stands in the body because
         *     addresses of requests are logged on the way. Changes nothing. The text is not logged and
         *     not recorded.
         *
         *     Words are those of customers' messages and their subjects, names of customers and files,
         *     replies and drafts of them, and internal notes. Case, accents and the order of words do
         *     not matter, and a conversation has each word somewhere, not all in one message. A word of
         *     three characters or more also finds longer ones that begin with it; within words, and by
         *     other forms of a word, it finds nothing. A number with signs, such as `AB-1234`, is found
         *     whole and by its parts. Of a message, the first 512 different words are found.
         *
         *     A page of resolved conversations is chosen from at most 10,000, of fewer where their words
         *     are not in memory: it may have fewer than `limit`, or none, although `next` leads to more.
         *     `search.resolved` and `search.back_to` say how far it went. Answered 404 `search-off` where
         *     the server's settings switch search off; `GET /v1/me` then does not list the operation. One search of a caller runs at a time; the next waits.
         */
        post: operations["search_conversations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/decide": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decide about an interaction
         * @description Stateless: the body carries the interaction and any data about its
         *     conversation, contact, agents and queues. Nothing is stored, and policies'
         *     state is neither read nor written. If a plugin fails, the answer is still 200;
         *     the decision reports the failure and the fallback that was used.
         */
        post: operations["decide"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List decisions
         * @description Newest first, as codes and numbers. The number of a decision is that of its
         *     entry in the company's feed.
         */
        get: operations["decisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/decisions/{decision}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a decision
         * @description Its input, its answer, and each plugin's part with every host call and log line.
         *     Personal data is masked, unless `unsealed` is set.
         */
        get: operations["decision"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/decisions/{decision}/case": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export a decision as a test case
         * @description A file for `patchbay test`: the input and answer of one plugin. It contains the
         *     customer's words; an auditor may read them, others with personal data masked.
         */
        get: operations["decision_case"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/decisions/{decision}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay a decision
         * @description Runs the decision again in the sandbox from its transcript. The result is `same`
         *     (every plugin answers the same bytes), `different` (with the fields), `diverged`
         *     (with the first host call that is not in the transcript) or `not-replayable`
         *     (with the reason). Changes nothing.
         */
        post: operations["replay_decision"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/decisions/{decision}/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask what another generation decides
         * @description Repeats a recorded decision with a stored generation, on the recorded words,
         *     conversation, agents and queues, and compares. Personal data is masked. Changes
         *     nothing. The first use of a generation builds it, which may take seconds.
         */
        post: operations["what_if_decision"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/decisions/unsealings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Unseal many decisions
         * @description Records one entry in the audit trail for all of them, instead of one each, for
         *     a replay.
         */
        post: operations["unseal_decisions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a company's drain */
        get: operations["company_drain"];
        /**
         * Drain a company
         * @description The company's interactions and decisions are answered 503, and work in progress
         *     finishes. Lasts across restarts until it is undone.
         */
        put: operations["begin_company_drain"];
        post?: never;
        /**
         * End a company's drain
         * @description Idempotent.
         */
        delete: operations["undo_company_drain"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow events
         * @description Server-sent events; each is a CloudEvents 1.0 document whose `id` is its number
         *     in the company's feed. A client that reconnects with `Last-Event-ID` continues
         *     after that event without gaps or repeats; without the header the feed starts
         *     with the next event. An id that is no longer stored is answered 410. Each stream
         *     begins with an event `position`: its id is the number after which the stream goes
         *     on, its data `{"newest": …}` the newest number of the feed. A stream whose filter
         *     leaves events out repeats `position` now and then, so that the client's last id
         *     stays near the newest. Streams are bounded by token, company and host; one beyond
         *     is answered 429.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/generations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List generations */
        get: operations["generations"];
        put?: never;
        /**
         * Apply a company file as a new generation
         * @description Builds the generation off the path of any interaction, runs its packs' cases and
         *     checks it against live conversations. Then it becomes active without downtime:
         *     a decision in progress finishes with the previous generation. If anything is
         *     wrong, the answer lists every problem and nothing changes. If nothing differs from
         *     the active generation, nothing is stored and that one stays. The file of a newer stored
         *     generation, which a rollback left, activates that one again.
         */
        post: operations["apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/generations/{generation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a generation */
        get: operations["generation"];
        put?: never;
        post?: never;
        /**
         * Delete a stored generation
         * @description Refused with 409 for the active generation and for the candidate of a rollout.
         *     Decisions of a deleted generation can no longer be replayed.
         */
        delete: operations["delete_generation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/generations/{generation}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Activate a stored generation */
        post: operations["activate_generation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/generations/{generation}/differences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Compare two generations */
        get: operations["generation_differences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/generations/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check the text of a company file
         * @description Answers what is wrong with the text alone: syntax, unknown keys, values out of range, and
         *     names that the file does not define. Reads no pack, compiles nothing and changes nothing,
         *     so that it can be called while the text is written. To check everything, apply the file
         *     with `dry_run`.
         */
        post: operations["validate_company_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List incidents
         * @description An incident groups conversations that policies found to be about the same problem. It
         *     lasts while one of its conversations is not resolved. A supervisor can name it and close
         *     it. A closed one opens again when a policy puts another conversation into it.
         */
        get: operations["incidents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/incidents/{subject}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an incident
         * @description With its conversations that are not resolved, in the order in which they came into it.
         */
        get: operations["incident"];
        /**
         * Name, close or reopen an incident
         * @description Closed: messages about its subject no longer join it, and its conversations stay as they
         *     are. Open again: by hand, or when a policy opens the incident for a conversation that is
         *     not in it yet.
         */
        put: operations["change_incident"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/interactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver interactions
         * @description One interaction as JSON, or a batch as NDJSON (`application/x-ndjson`, one per
         *     line, at most 10,000). An `accepted` interaction is on disk, in order, and will
         *     be decided about. The same interaction again, at once or later, is a
         *     `duplicate`. An invalid line is `refused`; the other lines are not affected. An
         *     interaction may also have a `kind`: `message`, `edit`, `delete`, `reaction` or
         *     `echo`.
         */
        post: operations["accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/knowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search approved answers
         * @description Of the active generation's knowledge, which policies read too.
         */
        get: operations["knowledge"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/offers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List open offers */
        get: operations["offers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/offers/{offer}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an offer
         * @description The conversation belongs to the agent from then on. Idempotent.
         */
        post: operations["accept_offer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/offers/{offer}/decline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decline an offer
         * @description The conversation returns to its queue with its age, and is not offered to the
         *     same agent while others fit.
         */
        post: operations["decline_offer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/outbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the outbox */
        get: operations["outbox"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/outbox/{key}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a delivery
         * @description Delivers a failed or waiting item at once, with its attempts counted from 0.
         */
        post: operations["retry_outbox"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries in quarantine
         * @description Authentic deliveries of channels that could not be decoded wholly. They are kept
         *     for 30 days.
         */
        get: operations["quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/quarantine/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a delivery in quarantine
         * @description The body as it came, to be saved: what customers wrote is in it. Each download is
         *     recorded in the audit trail.
         */
        get: operations["quarantined_body"];
        put?: never;
        post?: never;
        /**
         * Remove a delivery from quarantine
         * @description Its content is lost.
         */
        delete: operations["remove_quarantined"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/quarantine/{number}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decode a delivery in quarantine again
         * @description With the adapter of this version. What was accepted before is a duplicate.
         */
        post: operations["retry_quarantined"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/queues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List queues */
        get: operations["queues"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll back to an earlier generation
         * @description Makes the same checks as an activation.
         */
        post: operations["roll_back"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/rollout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the rollout */
        get: operations["rollout"];
        /**
         * Start or change a rollout
         * @description A company has at most one rollout. A request with the same generation and kind
         *     changes the share and bounds of the running one. A rollout continues across
         *     restarts; any activation ends it.
         */
        put: operations["try_generation"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/rollout/abort": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Abort the rollout
         * @description The active generation stays active. Answers the final state of the rollout.
         */
        post: operations["abort_rollout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/rollout/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List rollouts that ended
         * @description The newest first: when each shadow run or canary ended, why and by whom, and what it
         *     counted; as long as its entry of the feed is stored.
         */
        get: operations["rollout_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/rollout/last": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the end of the last rollout
         * @description When the last shadow run or canary that has ended did so, why, and what it
         *     counted; as long as its entry of the feed is stored.
         */
        get: operations["last_rollout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/rollout/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Activate the candidate generation */
        post: operations["promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read statistics over time
         * @description Counts of the history by time, for the whole company or by queue, agent, channel or
         *     stage. They follow the history within seconds; `behind` says by how much they lag. At
         *     most 750 buckets and 10,000 rows, summed up from 250,000 stored counts. A company has one
         *     report at a time, and the others wait for their turn; one that is not answered within
         *     `request_timeout` is refused (`overloaded`). A report ends when its client hangs up. It
         *     reads stored counts in pages, from the earliest on: what is counted meanwhile may be in its
         *     later rows and not in its earlier ones. Counts of five minutes are kept for 35 days, those
         *     of an hour for three years, also where `retain` deletes the conversations.
         */
        get: operations["statistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List templates
         * @description Messages that a provider approved: a channel such as WhatsApp takes them also when the
         *     time for free replies is over. A reply names one in `template`.
         */
        get: operations["templates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/tone": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a draft
         * @description Stateless. The interaction that the draft answers is classified first, unless
         *     the request gives its classification. If the check fails, the verdict is
         *     `hold`, never `approve`.
         */
        post: operations["tone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a what-if job
         * @description Repeats a range of recorded decisions with a stored generation, the newest ones
         *     up to `limit`, and counts what differs. A company has one running job. It uses
         *     one thread that all companies share, and pauses while the host is busy.
         */
        post: operations["start_what_if"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/companies/{company}/what-if/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a what-if job
         * @description Its progress and counts. The server remembers the last job of each company, for
         *     an hour after its end and until it restarts.
         */
        get: operations["what_if"];
        put?: never;
        post?: never;
        /**
         * Cancel a what-if job
         * @description What it has counted stays readable. One that has ended stays as it is.
         */
        delete: operations["cancel_what_if"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/contract": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the contract between host and policies
         * @description The packages of the version that this host implements, with the documentation of every type and
         *     function. `patchbay contract` writes the WIT files of it and of released versions.
         */
        get: operations["contract"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the host's drain */
        get: operations["drain"];
        /**
         * Drain the host
         * @description For every company, interactions and decisions are answered 503, `/readyz`
         *     reports not ready, and work in progress finishes. Ends when it is undone or the
         *     host restarts.
         */
        put: operations["begin_drain"];
        post?: never;
        /**
         * End the host's drain
         * @description Idempotent.
         */
        delete: operations["undo_drain"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/journal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the journal's status */
        get: operations["journal_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/journal/backups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Back up the journal
         * @description Writes a consistent copy to a new file while the server works, and checks the
         *     copy before answering.
         */
        post: operations["journal_backup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/journal/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check the journal for damage
         * @description Reads the whole journal while the server works; can take minutes.
         */
        post: operations["journal_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/journal/compact": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete old data
         * @description Deletes resolved conversations and finished items older than an age, in small
         *     steps while the server works.
         */
        post: operations["journal_compact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get who the caller is
         * @description Role, company, and the operations that the caller may call.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Keep the session
         * @description Says that the person pressed a key, or moved or pressed the pointer: the session lasts
         *     for 30 minutes from now. Other requests and event streams do not count, because pages
         *     send them without their person. Once a minute is enough. Idempotent.
         */
        put: operations["keep_session"];
        /**
         * Sign in with a browser
         * @description Starts a session and sets its cookie, which no script can read and which counts only
         *     for the console's own pages: the request needs `Sec-Fetch-Site: same-origin`, and
         *     `X-Patchbay-Console: 1`, as every later one that changes something. A session ends
         *     30 minutes after `PUT /v1/session` was called last, after 12 hours, and with its token.
         */
        post: operations["sign_in"];
        /**
         * Sign out
         * @description Ends the session of the request, or with `everywhere` all of the same person, also
         *     when the request shows a token instead. Event streams end with it, and the browser
         *     deletes what the pages stored. Idempotent.
         */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finish a sign-in by the issuer
         * @description The issuer sends the browser here. The host exchanges the code, verifies the ID token,
         *     asks the issuer's UserInfo endpoint if the ID token lacks claims that the settings name,
         *     starts a session, and leads the browser into the console. A `state` works once, in the
         *     browser that began the sign-in. On failure the console's sign-in page shows why. Other
         *     parameters are ignored (RFC 6749, 4.1.2).
         */
        get: operations["finish_sign_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sign in by the issuer
         * @description Leads a browser to the issuer, with a cookie that binds the sign-in to the browser for 10
         *     minutes. The console's page links here. On failure the console's sign-in page shows why:
         *     `/console/#/sign-in?reason=` and a code of a closed set.
         */
        get: operations["begin_sign_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/ways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get how people sign in */
        get: operations["sign_in_ways"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the health of the host and its companies
         * @description For each company: active generation, queues, open circuit breakers, bypasses and
         *     rollout. A company's token sees that company only.
         */
        get: operations["status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tokens */
        get: operations["tokens"];
        put?: never;
        /**
         * Create a token
         * @description From the first token on, every request requires one. Create an operator's token
         *     for the whole host first: it can create the others.
         */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token
         * @description Takes effect at once, also for feeds that are followed with the token.
         *     Idempotent.
         */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a one-time link
         * @description Creates a token whose secret is never shown, and an address that signs its holder in
         *     to the console, once, within 10 minutes and until the server stops. The token is valid
         *     for 12 hours unless the request says otherwise; revoking it ends the session.
         */
        post: operations["create_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Who acknowledged an alert. */
        Acknowledgement: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description Who: id of a token, or `local`. */
            by: string;
        };
        /** @description Nothing more is needed to acknowledge an alert. */
        AcknowledgeRequest: Record<string, unknown>;
        /** @description An administrative action. */
        ActDocument: {
            /** @description Code of the action, as `docs/access.md` lists them. The set grows. */
            act: string;
            /**
             * @description Who acted: id of a token, `local` (a program on the server's machine
             *     without a token) or `command-line` (with access to the journal's files).
             */
            actor: string;
            /**
             * @description Name of the token that acted, also of one that was revoked since; absent where `actor`
             *     is not the id of a token.
             */
            actor_name?: string | null;
            /**
             * Format: date-time
             * @description Time of the action.
             */
            at: string;
            /** @description Name of the company it concerns; absent: the host. */
            company?: string | null;
            /** @description Ids and numbers of what it concerns. */
            details: Record<string, unknown>;
            /** @description Hash of this entry. */
            hash: string;
            /**
             * Format: int64
             * @description Number of the entry: 1, 2, 3 … across all companies.
             */
            number: number;
            /** @description Hash of the previous entry; zeros for the first. */
            previous: string;
        };
        /** @enum {string} */
        ActionCode: "assign" | "transfer" | "return" | "hold" | "resume" | "wait" | "wrap-up" | "resolve";
        /** @description An action on a conversation. */
        ActionRequest: {
            /**
             * @description `assign` (to `agent`, even beyond their capacity; agents may assign
             *     themselves a conversation without owner), `transfer` (to `queue`, or to wait
             *     for `agent`), `return` (to its queue, routed again), `hold`, `resume`, `wait`
             *     (on the customer), `wrap-up` or `resolve`.
             */
            action: components["schemas"]["ActionCode"];
            /** @description Id of an agent, for `assign` and `transfer`. */
            agent?: string | null;
            /** @description Id of the agent or supervisor who acts; required without tokens. */
            by?: string | null;
            /**
             * Format: int64
             * @description `sequence` of the conversation as its author saw it. If the customer wrote, a colleague
             *     replied, or another person changed its owner or state since then, the action is
             *     refused with `conversation-moved` and what is newer. Default: no check.
             */
            expected?: number | null;
            /** @description Id of a queue, for `transfer`. */
            queue?: string | null;
            role?: components["schemas"]["RoleField"] | null;
        };
        /** @description Active alerts. */
        ActiveAlertList: {
            /** @description The most severe first; empty: nothing needs attention. */
            alerts: components["schemas"]["Alert"][];
        };
        /**
         * @description Who acts. Without tokens the server trusts this, from programs on the same
         *     machine; with a token it may be left out and must match the token.
         */
        ActorFields: {
            /** @description Id of the agent or supervisor; required without tokens. */
            by?: string | null;
            role?: components["schemas"]["RoleField"] | null;
        };
        /** @description A note that was added. */
        AddedNote: {
            /** @description Id of the note. */
            note: string;
        };
        /**
         * @description What happens after a reply. Default `wait`.
         * @enum {string}
         */
        AfterReply: "wait" | "stay" | "wrap-up" | "resolve";
        /** @description An agent */
        Agent: {
            /**
             * Format: int32
             * @description Total capacity in units. Default 100
             */
            capacity?: number;
            /** @description Most conversations at once, by channel. Replaces the company's limits */
            channel_capacity?: {
                [key: string]: number;
            };
            /** @description Identifier, unique */
            id: string;
            /**
             * Format: int32
             * @description Seconds since the agent last accepted or finished a conversation
             */
            idle?: number | null;
            /** @description Languages spoken (BCP 47) */
            languages?: string[];
            /**
             * Format: int32
             * @description Capacity in use, in units. Default 0
             */
            load?: number;
            /** @description Display name */
            name?: string | null;
            /** @description Presence of an agent. Default `available` */
            presence?: components["schemas"]["Presence"];
            /** @description Most conversations at once, by queue. Replaces the queues' limits */
            queue_capacity?: {
                [key: string]: number;
            };
            /** @description Ids of the agent's queues; empty: every queue whose skills the agent meets */
            queues?: string[];
            /** @description Site */
            site?: string | null;
            /** @description Proficiency, 1 to 5, by skill */
            skills?: {
                [key: string]: number;
            };
            teams?: string[];
        };
        /** @description An agent. */
        AgentDocument: components["schemas"]["RosterEntry"] & {
            /**
             * Format: date-time
             * @description When they last became available: present and responding.
             */
            available_since?: string | null;
            /** @description Conversations they hold; only for a single agent. */
            conversations?: components["schemas"]["HoldingDocument"][] | null;
            /**
             * Format: date-time
             * @description When they last accepted or finished a conversation.
             */
            idle_since?: string | null;
            /**
             * Format: int64
             * @description Capacity in use, including open offers.
             */
            load: number;
            /**
             * @description Whether an offer to them timed out. They get no offers until their presence is
             *     set again.
             */
            not_responding: boolean;
            /** @description Their open offers; only for a single agent. */
            offers?: components["schemas"]["OfferDocument"][] | null;
            /** @description `available`, `busy`, `away` or `offline`. */
            presence: components["schemas"]["Presence"];
            /**
             * Format: date-time
             * @description When the conversations of an agent who went offline return to their queues; absent
             *     for others.
             */
            returns_at?: string | null;
        };
        /** @description Agents. */
        AgentList: {
            /** @description At most 500, sorted by id. */
            agents: components["schemas"]["AgentDocument"][];
            /** @description Value of `after` for the next page; absent on the last page. */
            next?: string | null;
        };
        /** @description Something that needs an operator's attention now. */
        Alert: {
            /** @description What to do about it. */
            advice: string;
            /** @description The company; absent: the whole host. */
            company?: string | null;
            /** @description What it is about, such as `storage-failing`. The set grows. */
            kind: string;
            /**
             * @description `critical`: the host or a company cannot do its work. `warning`: something
             *     does not work as configured. `notice`: a person's temporary order is in
             *     force.
             */
            severity: string;
            /**
             * Format: date-time
             * @description Since when.
             */
            since: string;
            /**
             * @description What exactly, such as a plugin, a file or a target; absent where there can
             *     be only one.
             */
            subject?: string | null;
            /** @description What happens, in one sentence. */
            what: string;
        };
        /** @description Alerts. */
        AlertList: {
            /**
             * @description A page of them. `data.alert` holds the code: `nobody-else-fits`
             *     (the only suitable agent declined or did not answer), `offered-again`,
             *     `escalation-failed`, `decided-too-often`, `undeliverable`
             *     (`data.about.kind` is `uncertain` where the message may have arrived and a
             *     person must look), `canary-aborted`, `rollout-ended`, `setup-refused` (a
             *     watched company file is invalid). The set grows. Entries of the kinds
             *     `quarantined`, `breaker-opened` and `bypassed` are alerts too.
             */
            alerts: components["schemas"]["CompanyAlert"][];
            /**
             * Format: int64
             * @description Value of `after` or `before` for the next page; absent on the last page.
             */
            next?: number | null;
        };
        /** @description The message that a reply answers. */
        AnsweredMessage: {
            /**
             * Format: date-time
             * @description When the customer wrote it, as the channel says.
             */
            at: string;
            /**
             * Format: int64
             * @description Position in the order of acceptance.
             */
            ordinal: number;
            /** @description Its text. */
            text: string;
        };
        /** @description A company file to apply, with everything it references. */
        ApplyRequest: {
            /**
             * @description Accept packs of a lower version than the active generation has. Without a
             *     trust policy they always are.
             */
            allow_downgrade?: boolean;
            /** @description Articles of the directory that the file references. */
            articles?: components["schemas"]["KnowledgeArticle"][] | null;
            /**
             * Format: int64
             * @description Number of a stored generation of the company: packs, data and articles that the
             *     document names and this request does not have are taken from it. So a changed text
             *     alone can be applied.
             */
            base?: number | null;
            /** @description Name for the record. Default: the token's, or `operator` without tokens. */
            by?: string | null;
            /** @description Files in place of the packs' own data, by plugin and by the data's name. */
            data?: {
                [key: string]: {
                    [key: string]: components["schemas"]["DataUpload"];
                };
            };
            /** @description Text of the company file. */
            document: string;
            /** @description Only report what would change. */
            dry_run?: boolean;
            /**
             * Format: int64
             * @description The active generation that the caller expects; if another is active, the
             *     request fails.
             */
            expected?: number | null;
            /** @description Store the generation without activating it. */
            keep_only?: boolean;
            /**
             * @description New queues for the conversations of removed queues, in addition to those in
             *     the file.
             */
            moved?: {
                [key: string]: string;
            };
            /**
             * @description Create the company if it does not exist. Default false: an unknown company
             *     is an error, because its name may be misspelled.
             */
            new?: boolean;
            /** @description Packs, by their names in the file. */
            packs?: {
                [key: string]: components["schemas"]["PackParts"];
            };
        };
        /** @description A reply waiting for approval. */
        ApprovalDocument: {
            answered?: components["schemas"]["AnsweredMessage"] | null;
            /** @description Ids of those who approved the current step. */
            approved: string[];
            /** @description Ids of those who may approve the current step; empty: any supervisor. */
            approvers: string[];
            /**
             * Format: date-time
             * @description When it was submitted for approval.
             */
            at: string;
            /** @description Id of the person who sends it. */
            author: string;
            /** @description Code of the channel. */
            channel: string;
            /** @description Id of its conversation. */
            conversation: string;
            /** @description Its files. */
            files?: components["schemas"]["SentFile"][];
            /**
             * @description What the tone policies found in the text. Without messages if the customer was
             *     erased.
             */
            findings: components["schemas"]["Finding"][];
            /** @description Whether it waits for the caller: they may approve it, and have not yet in this step. */
            mine: boolean;
            /** @description Whether one approver of the current step is enough, or all must approve. */
            need: components["schemas"]["ApprovalNeed"];
            /** @description Queue that the conversation waits in or came from. */
            queue?: string | null;
            /** @description Id of the reply. */
            reply: string;
            /** @description Current step of the approval, from 0. */
            step: number;
            /** @description Number of steps. */
            steps: number;
            /** @description Its text; absent if the customer was erased. */
            text?: string | null;
        };
        /** @description Replies waiting for approval. */
        ApprovalList: {
            /**
             * @description Oldest first. A page may hold fewer than its limit although there are more: what
             *     was decided meanwhile is left out.
             */
            approvals: components["schemas"]["ApprovalDocument"][];
            /** @description Value of `after` for the next page; absent on the last page. */
            next?: string | null;
        };
        /**
         * @description How many approvers a step needs.
         * @enum {string}
         */
        ApprovalNeed: "any" | "all";
        /** @description An approved answer. */
        Article: {
            /** @description Its id. */
            id: string;
            /** @description Intents that it answers, sorted. */
            intents: string[];
            /** @description Language (BCP 47); absent where it serves every language. */
            language?: string | null;
            /** @description Phrases that a reply on this topic must not contain. */
            never_say: string[];
            /** @description The approved wording. */
            text: string;
            /** @description Title. */
            title: string;
        };
        /** @description A file of an interaction or draft, without its content */
        Attachment: {
            /** @description Kind, by default `other`: `image`, `video`, `audio`, `document`, `location`, `other`; later versions add codes */
            kind?: string;
            /** @description Media type */
            media_type?: string | null;
            /** @description File name */
            name?: string | null;
            /**
             * Format: int64
             * @description Size in bytes
             */
            size?: number | null;
            /** @description URL of the content */
            url?: string | null;
        };
        /** @description Entries of the audit trail. */
        AuditList: {
            /**
             * @description A page of them, in the order asked for. A page of a search, which reads at most 20,000
             *     entries, may have fewer than `limit`, or none, although `next` leads to more.
             */
            acts: components["schemas"]["ActDocument"][];
            /**
             * Format: int64
             * @description Value of `before`, or of `after` where the oldest come first, for the next page;
             *     absent on the last page.
             */
            next?: number | null;
        };
        /** @description Result of verifying the audit trail. */
        AuditReport: {
            broken?: components["schemas"]["BrokenDocument"] | null;
            /**
             * Format: int64
             * @description Number of unchanged entries from the first one on.
             */
            entries: number;
            /**
             * Format: int64
             * @description Number of the entry with the expected hash; absent if no entry has it, or
             *     none was given.
             */
            expected?: number | null;
            /**
             * @description Hash of the last of them. Store it elsewhere to prove later that nothing up
             *     to here was changed or removed.
             */
            head: string;
            /** @description Whether every entry is unchanged, and the expected one exists. */
            sound: boolean;
        };
        /** @description Author of an interaction, as the channel reports it */
        Author: {
            /** @description Handle, number or mail address */
            address?: string | null;
            /** @description Display name */
            name?: string | null;
            /**
             * Format: int64
             * @description Number of followers
             */
            reach?: number | null;
            /** @description Whether the channel has verified the account */
            verified?: boolean | null;
        };
        /** @description A finished backup. */
        BackupDocument: {
            /**
             * Format: int64
             * @description Size of the file.
             */
            bytes: number;
            /**
             * Format: int64
             * @description Number of the last interaction in it.
             */
            newest: number;
            /**
             * @description Path of the file on the server's machine. Restoring it requires the master
             *     key, which it does not contain.
             */
            path: string;
        };
        /** @description A backup to make. */
        BackupRequest: {
            /**
             * @description Name of a new file in the server's backup directory: at most 128 letters,
             *     digits, `.`, `-` and `_`, not starting with a dot.
             */
            name: string;
        };
        /** @description The circuit breaker of a plugin at a stage. */
        BreakerDocument: {
            /**
             * Format: int32
             * @description Failures in a row, of calls about any customer.
             */
            failures: number;
            /**
             * Format: date-time
             * @description When the next call is let through as a trial; in the past: the next call is one.
             *     Absent where it is closed.
             */
            next_trial?: string | null;
            /** @description The same by outcome, such as `{"timeout": 7, "trapped": 3}`. */
            outcomes: {
                [key: string]: number;
            };
            /**
             * @description Contacts, conversations, channels and languages about which the plugin is not
             *     called: their inputs alone made it fail.
             */
            parts: number;
            /** @description Name of the plugin. */
            plugin: string;
            /**
             * Format: date-time
             * @description Since when it is open; absent where it is closed.
             */
            since?: string | null;
            /** @description The stage. */
            stage: components["schemas"]["Stage"];
            /** @description Its state. */
            state: components["schemas"]["BreakerStateCode"];
        };
        /** @description Circuit breakers of the active generation. */
        BreakerList: {
            /** @description By stage, in the order of the pipeline. */
            breakers: components["schemas"]["BreakerDocument"][];
            /**
             * Format: int64
             * @description Number of the generation.
             */
            generation: number;
        };
        /**
         * @description State of a circuit breaker.
         *
         *     - `closed`: the plugin is called
         *     - `open`: the plugin is not called; the stage's `on-failure` rule applies
         *     - `half-open`: the trial call is in progress; its outcome closes the breaker or leaves it open
         * @enum {string}
         */
        BreakerStateCode: "closed" | "open" | "half-open";
        /** @description An entry that is missing or changed. */
        BrokenDocument: {
            /**
             * Format: int64
             * @description Number of the entry.
             */
            number: number;
            /**
             * @description `missing`, `unchained` (its `previous` is not the hash of the one before) or
             *     `changed`.
             */
            why: string;
        };
        /** @description Results of an action on many conversations. */
        BulkActionReport: {
            /** @description The result of each, in the order of the request. */
            conversations: components["schemas"]["BulkActionResult"][];
            /** @description Number of conversations on which the action was done, or would be. */
            done: number;
            /** @description Number of conversations on which it was refused, or would be. */
            refused: number;
        };
        /** @description One action on many conversations. */
        BulkActionRequest: {
            /** @description The action on each of them, as for one conversation. */
            action: components["schemas"]["ActionCode"];
            /** @description Id of an agent, for `assign` and `transfer`. */
            agent?: string | null;
            /** @description Id of the agent or supervisor who acts; required without tokens. */
            by?: string | null;
            /** @description The conversations; 1 to 100, each once. */
            conversations: components["schemas"]["BulkConversation"][];
            /** @description Only report what would be refused, and why. Default false. */
            dry_run?: boolean;
            /** @description Id of a queue, for `transfer`. */
            queue?: string | null;
            role?: components["schemas"]["RoleField"] | null;
        };
        /** @description Result of one conversation. */
        BulkActionResult: {
            /** @description Whether it exceeds its owner's capacity now; absent where it was refused. */
            exceeds_capacity?: boolean | null;
            /** @description Id of the conversation. */
            id: string;
            /** @description Agent who owns it now. */
            owner?: string | null;
            problem?: components["schemas"]["Problem"] | null;
            /**
             * Format: int64
             * @description Number of its last history entry; absent where it was refused.
             */
            sequence?: number | null;
            /** @description Its state now: after the action, or before it in a dry run. */
            state?: string | null;
        };
        /** @description A conversation to act on. */
        BulkConversation: {
            /**
             * Format: int64
             * @description `sequence` of the conversation as its author saw it, as for one conversation.
             *     Default: no check.
             */
            expected?: number | null;
            /** @description Its id. */
            id: string;
        };
        /** @description A bypass of a stage or a plugin. */
        BypassDocument: {
            /** @description Who set it: id of a token, or `local`. */
            by: string;
            /** @description Whether decisions are made as if it were not in the pipeline. */
            let_through: boolean;
            /** @description The bypassed plugin. */
            plugin?: string | null;
            /** @description Reason. */
            reason?: string | null;
            /**
             * Format: date-time
             * @description Since when.
             */
            since: string;
            stage?: components["schemas"]["Stage"] | null;
            /**
             * Format: date-time
             * @description Until when.
             */
            until: string;
        };
        /** @description The bypasses of a company. */
        BypassList: {
            /** @description Sorted by stage and name. */
            bypasses: components["schemas"]["BypassDocument"][];
        };
        /** @description A bypass to set. */
        BypassRequest: {
            /**
             * @description Duration, such as `30m`, from a second to a day. Default: an existing bypass
             *     keeps its end, a new one lasts an hour.
             */
            for?: string | null;
            /**
             * @description Decide as if the plugin were not in the pipeline. Default false: the
             *     stage's `on-failure` rule applies as if the plugin failed, so an unchecked
             *     reply is held for approval.
             */
            let_through?: boolean;
            /** @description Reason, for the list and the audit trail; at most 500 bytes. */
            reason?: string | null;
        };
        /** @description Who makes the change. */
        ByRequest: {
            /** @description Name for the record; required without tokens. */
            by?: string | null;
        };
        /** @description A change of contacts. */
        ChangeDocument: {
            /**
             * Format: int64
             * @description Number of the change, to undo it.
             */
            change: number;
        };
        /** @description What connections do after they are tried again. */
        ChannelRetryDocument: {
            /** @description Whether one of them could not send. If so, one reply tries now whether it can. */
            broken: boolean;
            /** @description Name of the channel. */
            channel: string;
            /**
             * Format: int64
             * @description How many connections ask their provider now for new messages.
             */
            polled: number;
            /**
             * Format: int64
             * @description How many replies waited for a later attempt and are due now.
             */
            released: number;
        };
        /** @description Result of a check. */
        CheckDocument: {
            /**
             * Format: int64
             * @description Sealed values of erased contacts, which cannot be opened any more.
             */
            erased: number;
            /** @description Every damage found. */
            findings: string[];
            /**
             * Format: int64
             * @description Sealed values that could be opened.
             */
            seals: number;
            /** @description Whether the journal is undamaged. */
            sound: boolean;
            /**
             * Format: int64
             * @description Other sealed values that could not be opened: damage.
             */
            unopenable: number;
        };
        /** @description What an interaction is */
        Classification: {
            /** @description Probability of abuse, 0 to 1 */
            abuse?: number | null;
            /** @description Intents of the author, most likely first */
            intents: components["schemas"]["Intent"][];
            /** @description Language of the text (BCP 47) */
            language?: string | null;
            /** @description Personal data found in the text */
            personal_data: components["schemas"]["PersonalData"][];
            /** @description Name of the plugin that each field comes from, if several answered */
            provenance?: {
                [key: string]: string;
            };
            /** @description Whether the author expects a reply */
            reply_expected?: boolean | null;
            /** @description -1 (angry) to 1 (delighted) */
            sentiment?: number | null;
            /** @description Probability of spam, 0 to 1 */
            spam?: number | null;
            /** @description Codes of topics */
            topics: string[];
            /**
             * Format: int32
             * @description 0 to 100
             */
            urgency?: number | null;
            /** @description Reason */
            why: string;
        };
        /**
         * @description SLA clock.
         * @enum {string}
         */
        ClockCode: "first-response" | "next-response" | "resolution";
        /** @description An SLA clock of a conversation. */
        ClockDocument: {
            /**
             * Format: date-time
             * @description When the at-risk share of the target is or was used up; absent while the clock
             *     stands, and once the target is missed.
             */
            at_risk_at?: string | null;
            /** @description Which clock. */
            clock: components["schemas"]["ClockCode"];
            /**
             * Format: date-time
             * @description When the target is or was used up; absent while the clock stands.
             */
            deadline?: string | null;
            /**
             * Format: date-time
             * @description When the target was missed, in the newest run that missed it.
             */
            missed_at?: string | null;
            /**
             * Format: int32
             * @description How many runs missed the target, each once. The reply clock `next-response` runs
             *     anew for each unanswered message.
             */
            misses: number;
            /** @description What it does now. */
            state: components["schemas"]["ClockPhaseCode"];
            /**
             * Format: int32
             * @description Its target, in seconds of working time.
             */
            target_seconds: number;
        };
        /**
         * @description What an SLA clock does.
         *
         *     - `running`: it runs, and its target is not used up
         *     - `paused`: the conversation waits on its customer or is on hold
         *     - `met`: it was stopped in time
         *     - `missed`: its target is or was used up; it stays so until a new run begins
         * @enum {string}
         */
        ClockPhaseCode: "running" | "paused" | "met" | "missed";
        /** @description Results of one SLA clock. Runs without a target do not count. */
        ClockResultStatistics: {
            /**
             * Format: int64
             * @description Runs whose at-risk share was used up in this time.
             */
            at_risk: number;
            /**
             * Format: int64
             * @description Runs that were stopped after the target.
             */
            late: number;
            /**
             * Format: int64
             * @description Runs that were stopped within the target.
             */
            met: number;
            /**
             * Format: int64
             * @description Runs whose target was used up in this time, stopped later or not.
             */
            missed: number;
            /**
             * Format: double
             * @description `met` of `met` and `late`, 0 to 1: of the first response, the service level; absent:
             *     no run was stopped.
             */
            share_met?: number | null;
        };
        /** @description Results of the SLA clocks. */
        ClockStatistics: {
            /** @description First replies. */
            first_response: components["schemas"]["ClockResultStatistics"];
            /** @description Later replies. */
            next_response: components["schemas"]["ClockResultStatistics"];
            /** @description Resolved conversations. */
            resolution: components["schemas"]["ClockResultStatistics"];
        };
        /** @description The breakers of a plugin after they were closed. */
        ClosedBreakers: {
            /** @description The breakers now. */
            breakers: components["schemas"]["BreakerDocument"][];
            /** @description Whether any of them refused a call before. */
            was_open: boolean;
        };
        /** @description A breaker to close. */
        CloseRequest: {
            /** @description Reason, for the audit trail; at most 500 bytes. */
            reason?: string | null;
            stage?: components["schemas"]["Stage"] | null;
        };
        /** @description Numbers of deleted rows. */
        CompactDocument: {
            /**
             * Format: int64
             * @description Resolved conversations deleted.
             */
            conversations: number;
            /**
             * Format: int64
             * @description Entries deleted, of conversations and companies.
             */
            entries: number;
            /**
             * Format: int64
             * @description Uploaded files deleted.
             */
            files: number;
            /**
             * Format: int64
             * @description Interactions deleted.
             */
            inputs: number;
            /**
             * Format: int64
             * @description Deliveries deleted that were kept as they came.
             */
            originals: number;
            /**
             * Format: int64
             * @description Finished items of the outbox deleted.
             */
            outbox: number;
            /**
             * Format: int64
             * @description Deliveries deleted that could not be decoded.
             */
            quarantined: number;
            /**
             * Format: int64
             * @description Receipts of replies deleted.
             */
            receipts: number;
            /**
             * Format: int64
             * @description State entries of policies deleted.
             */
            state: number;
        };
        /** @description What to delete. */
        CompactRequest: {
            /** @description Age since the last change, such as `90d`; at least an hour. */
            older_than: string;
        };
        /** @description An alert of the history. */
        CompanyAlert: components["schemas"]["HistoryEntry"] & {
            acknowledged?: components["schemas"]["Acknowledgement"] | null;
        };
        /** @description What is wrong with the text of a company file. */
        CompanyFileCheck: {
            /** @description Every problem, in the order of the text, as `apply` answers them. */
            problems: components["schemas"]["ProblemPlace"][];
            /**
             * @description Whether nothing was found. The file may still be refused when it is applied: its
             *     packs, their settings and cases, secrets and live conversations are not checked here.
             */
            valid: boolean;
        };
        /** @description The text of a company file. */
        CompanyFileText: {
            /** @description The text. */
            document: string;
        };
        /** @description Health of a company. `patchbay status` prints every field. */
        CompanyStatus: {
            /** @description Circuit breakers that are open. */
            breakers: components["schemas"]["OpenBreaker"][];
            /** @description Bypassed stages and plugins. */
            bypasses: components["schemas"]["BypassDocument"][];
            /** @description Name of the company. */
            company: string;
            /** @description Problems that need attention, one sentence each. */
            concerns: string[];
            desk?: components["schemas"]["DeskStatus"] | null;
            /** @description Whether it is draining. */
            draining: boolean;
            file?: components["schemas"]["WatchedFile"] | null;
            /**
             * Format: int64
             * @description Number of the active generation.
             */
            generation: number;
            rollout?: components["schemas"]["OnTrial"] | null;
            /**
             * Format: date-time
             * @description When that was activated; absent without a journal.
             */
            since?: string | null;
            /** @description Stages at which plugins were called since the start. */
            stages: components["schemas"]["StageStatus"][];
        };
        /**
         * @description A connection to the provider of a channel. Counts are those since the server
         *     started.
         */
        ConnectionDocument: {
            /** @description Why the account cannot send. */
            broken_by?: string | null;
            /**
             * Format: date-time
             * @description Since when the account cannot send; absent while it can.
             */
            broken_since?: string | null;
            /** @description Name of the channel. */
            channel: string;
            /** @description Events without an interaction, by the provider's name. */
            events: {
                [key: string]: number;
            };
            /**
             * @description How messages reach it: `webhook`; `lmtp` from the company's mail server; or `imap`,
             *     where the server reads a mailbox.
             */
            inbound: string;
            /**
             * Format: date-time
             * @description When the provider last sent an authentic request.
             */
            last_delivery?: string | null;
            /**
             * Format: date-time
             * @description When the last request that was not authentic came.
             */
            last_rejection?: string | null;
            /** @description Name of the connection. */
            name: string;
            /** @description Whether the server accepts its requests. */
            open: boolean;
            /** @description Path of its webhook on this server; absent without a webhook. */
            path?: string | null;
            poll?: components["schemas"]["PollDocument"] | null;
            /** @description Why it is not open. */
            problem?: string | null;
            /** @description Rejected requests by reason. */
            rejections: {
                [key: string]: number;
            };
            /** @description Requests by result: `accepted`, `handshake`, `rejected`, `quarantined`, `busy`. */
            requests: {
                [key: string]: number;
            };
            /**
             * @description Its accounts that no mail reaches, because `[lmtp.companies]` of the server's
             *     settings gives them to no company or to another.
             */
            unreached_accounts?: string[];
            /**
             * @description URL to register with the provider; absent without a webhook, and while the
             *     company file has no `public-url`.
             */
            url?: string | null;
        };
        /** @description The connections of a company. */
        ConnectionList: {
            /** @description Sorted by channel and name. */
            connections: components["schemas"]["ConnectionDocument"][];
        };
        /** @description What a test of a connection shows. */
        ConnectionTestDocument: {
            /**
             * @description Whether replies wait because the account could not send. If the connection works,
             *     `retry_channel` sends them.
             */
            broken: boolean;
            /** @description Name of the channel. */
            channel: string;
            /** @description What the provider's answers show. */
            findings: components["schemas"]["FindingDocument"][];
            /** @description Name of the connection. */
            name: string;
            /** @description Whether nothing is wrong. */
            works: boolean;
        };
        /** @description Data about the author that the channel does not report */
        Contact: {
            /** @description What the company's CRM says about them, by name */
            attributes?: {
                [key: string]: string;
            };
            /** @description The company's identifier of the contact */
            id?: string | null;
            /** @description Agent who last replied to them */
            last_agent?: string | null;
            /**
             * Format: int32
             * @description Inbound interactions of the last seven days, on every channel
             */
            recent_interactions?: number;
        };
        /** @description An address of a person on a channel. */
        ContactAddress: {
            /** @description Handle, number or mail address. */
            address: string;
            /** @description Code of the channel. */
            channel: string;
        };
        /** @description What an agent needs to know about a person while answering them. */
        ContactCard: {
            /** @description Where the person writes from, sorted; at most 100. */
            addresses: components["schemas"]["ContactAddress"][];
            /** @description Attributes of the record that the company imported, by name. */
            attributes: {
                [key: string]: string;
            };
            /** @description Id of the contact, as requested. */
            contact: string;
            /**
             * @description Language of the newest message (BCP 47): as the policies found it, else as the
             *     channel says.
             */
            language?: string | null;
            /**
             * @description The display name in the person's newest messages, as their channel gives it: a
             *     claim, not an identity.
             */
            name?: string | null;
            /** @description Conversations of the person that are not resolved, newest first; at most 50. */
            open: components["schemas"]["ConversationSummary"][];
            /** @description Opt-outs that are in effect. */
            opt_outs: components["schemas"]["EffectiveOptOut"][];
            /**
             * Format: int64
             * @description Number of resolved conversations.
             */
            resolved: number;
        };
        /** @description A function. */
        ContractFunction: {
            /** @description What it does. */
            description?: string | null;
            /** @description Its name. */
            name: string;
            /** @description Its parameters, without the resource of a method. */
            parameters: components["schemas"]["ContractParameter"][];
            /** @description Type of its result as WIT writes it; null without one. */
            result?: string | null;
            /** @description Version of the package that added it; null: with its type or interface. */
            since?: string | null;
        };
        /** @description Types and functions that belong together. */
        ContractInterface: {
            /** @description What it is for. */
            description?: string | null;
            /** @description Its functions but those of resources. */
            functions: components["schemas"]["ContractFunction"][];
            /** @description Its name within the package. */
            name: string;
            /** @description Version of the package that added it. */
            since?: string | null;
            /** @description The types that it defines. */
            types: components["schemas"]["ContractType"][];
            /**
             * @description Types of other interfaces: the interface (such as `patchbay:care/types`) by the name of the
             *     type.
             */
            uses: {
                [key: string]: string;
            };
        };
        /** @description A field, case or flag. */
        ContractMember: {
            /** @description What it means, with unit and range. */
            description?: string | null;
            /** @description Its name. */
            name: string;
            /** @description Its type as WIT writes it, such as `option<list<string>>`; null of a case without a value. */
            type?: string | null;
        };
        /** @description A package of the contract. */
        ContractPackage: {
            /** @description What it is for; paragraphs are separated by an empty line. */
            description?: string | null;
            /** @description What policies import and export. */
            interfaces: components["schemas"]["ContractInterface"][];
            /** @description Its name, such as `patchbay:tone`. */
            name: string;
            /** @description Its version. */
            version: string;
            /** @description What a policy may be. */
            worlds: components["schemas"]["ContractWorld"][];
        };
        /** @description A parameter. */
        ContractParameter: {
            /** @description Its name. */
            name: string;
            /** @description Its type as WIT writes it. */
            type: string;
        };
        /** @description A type. */
        ContractType: {
            /** @description What it means. */
            description?: string | null;
            /** @description Functions of a resource. */
            functions: components["schemas"]["ContractFunction"][];
            /** @description What it is: `record`, `resource`, `variant`, `enum`, `flags` or `alias`. The set grows. */
            kind: string;
            /** @description Fields of a record, cases of a variant or enum, flags. */
            members: components["schemas"]["ContractMember"][];
            /** @description Its name. */
            name: string;
            /** @description Version of the package that added it. */
            since?: string | null;
            /** @description The type that an alias stands for; null of other kinds. */
            type?: string | null;
        };
        /** @description What a policy imports and exports. */
        ContractWorld: {
            /** @description What it is for. */
            description?: string | null;
            /** @description Interfaces that it exports. */
            exports: string[];
            /** @description Interfaces that it may import, such as `patchbay:care/types`. */
            imports: string[];
            /** @description Its name within the package. */
            name: string;
            /** @description Version of the package that added it. */
            since?: string | null;
        };
        /** @description Its conversation. Default a new one */
        Conversation: {
            /** @description Why a route is requested, by default `new`: `new`, `reopened`, `returned`, `expired`, `held`, `re-routed`; later versions add codes */
            cause?: string;
            /**
             * Format: date-time
             * @description When its first interaction was accepted
             */
            created_at?: string | null;
            /** @description Identifier */
            id?: string;
            /** @description Subject of the incident it belongs to */
            incident?: string | null;
            /**
             * Format: int32
             * @description Number of interactions; 0: as many as are given
             */
            interaction_count?: number;
            /** @description Agent who last replied */
            last_agent?: string | null;
            /** @description Agent who owns it */
            owner?: string | null;
            /**
             * Format: int32
             * @description Priority
             */
            priority?: number;
            /** @description Queue it waits in or came from */
            queue?: string | null;
            /**
             * Format: date-time
             * @description Until when its channel takes a free reply; absent: at any time
             */
            reply_window_ends?: string | null;
            state?: components["schemas"]["ConversationState"];
            tags?: string[];
            /**
             * Format: date-time
             * @description When the oldest unanswered customer message was received
             */
            unanswered_since?: string | null;
        };
        /** @description How many conversations match a list's filter. */
        ConversationCounts: {
            /**
             * @description Those that match the filter without `state` and `clock`, are not resolved, and have a
             *     running clock that is at risk.
             */
            at_risk: number;
            /**
             * @description Those that match the filter without `state`, by state; a state that is absent has
             *     none. `resolved` is counted only where `state` lists it, and as `matching` says.
             */
            by_state: {
                [key: string]: number;
            };
            /**
             * @description Those that match the whole filter. Absent where resolved ones are listed that match
             *     more than `contact` and `state`: those are not counted.
             */
            matching?: number | null;
            /**
             * @description Those that match the filter without `state` and `clock`, are not resolved, and have a
             *     missed clock.
             */
            missed: number;
        };
        /** @description A conversation with its history. */
        ConversationDocument: components["schemas"]["ConversationSummary"] & {
            files?: components["schemas"]["FileRules"] | null;
            /** @description Entries, oldest first; at most 500. */
            history: components["schemas"]["HistoryEntry"][];
            /**
             * Format: date-time
             * @description Since when the customer takes no messages on this channel; absent where they
             *     take them. A reply is not sent until they opt in again.
             */
            opted_out_since?: string | null;
            /** @description Reactions of the customer, oldest first; the newest 64. */
            reactions?: components["schemas"]["Reaction"][];
            reply_window?: components["schemas"]["ReplyWindowDocument"] | null;
            /** @description Interactions, newest first; at most 64. */
            said: components["schemas"]["SaidInteraction"][];
        };
        /**
         * @description State of a conversation. Default `queued`
         * @enum {string}
         */
        ConversationState: "queued" | "reserved" | "active" | "waiting-on-customer" | "on-hold" | "awaiting-approval" | "wrapping" | "resolved";
        /** @description Numbers of conversations. */
        ConversationStatistics: {
            /**
             * Format: int64
             * @description Their customer wrote in person for the first time.
             */
            opened: number;
            /**
             * Format: int64
             * @description They were resolved, and their customer wrote again.
             */
            reopened: number;
            /**
             * Format: int64
             * @description They were resolved, each time.
             */
            resolved: number;
        };
        /** @description A conversation without its messages. */
        ConversationSummary: {
            /**
             * Format: date-time
             * @description When the at-risk share of the target of `due_at` is used up; absent once the
             *     escalation policies were called for it.
             */
            at_risk_at?: string | null;
            /** @description Code of the channel. */
            channel: string;
            /** @description Its SLA clocks that have a target and have run. A missed one stays. */
            clocks: components["schemas"]["ClockDocument"][];
            /** @description Id of the contact. */
            contact?: string | null;
            /**
             * Format: date-time
             * @description When its first interaction was accepted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description The nearest deadline of its SLA clocks: when a target is used up, or was if
             *     the customer still waits.
             */
            due_at?: string | null;
            /** @description The SLA clock of `due_at`, such as `first-response`. */
            due_clock?: string | null;
            /** @description Id of the conversation. */
            id: string;
            /** @description Subject of the incident it belongs to. */
            incident?: string | null;
            /**
             * Format: int32
             * @description Number of interactions.
             */
            interactions: number;
            /**
             * Format: date-time
             * @description When the newest message was accepted or published.
             */
            last_message_at?: string | null;
            last_message_from?: components["schemas"]["MessageAuthorCode"] | null;
            /**
             * @description The newest known display name of the customer. Absent for the role `integrator`,
             *     and where the customer was erased.
             */
            name?: string | null;
            /** @description Whether every reply needs approval. */
            needs_approval: boolean;
            /** @description Agent who owns it. */
            owner?: string | null;
            /**
             * Format: int32
             * @description 0 to 100.
             */
            priority: number;
            /** @description Queue it waits in or came from. */
            queue?: string | null;
            /**
             * Format: int64
             * @description Number of the newest history entry that the caller has seen, as `mark_seen` was
             *     told; only in lists for agents, supervisors and operators, and absent where they
             *     have seen none.
             */
            seen?: number | null;
            /**
             * Format: int64
             * @description Number of its last history entry.
             */
            sequence: number;
            /**
             * @description The begin of the newest message, by either side, in one line. Absent as `name` is,
             *     and where the message has no text.
             */
            snippet?: string | null;
            /**
             * @description `queued`, `reserved`, `active`, `waiting-on-customer`, `on-hold`,
             *     `awaiting-approval`, `wrapping` or `resolved`.
             */
            state: string;
            /** @description Tags, sorted. */
            tags: string[];
            /**
             * @description Whether the caller has not seen its newest message; `false` where an agent wrote
             *     that. Only in lists for agents, supervisors and operators.
             */
            unread?: boolean | null;
            /**
             * @description Who has it open, the caller included; at most 32. Only in lists for agents,
             *     supervisors and operators.
             */
            viewers?: components["schemas"]["Viewer"][] | null;
        };
        /** @description Counts of the conversations that are not resolved, all of one moment. */
        CountsByGroup: {
            /**
             * Format: date-time
             * @description The moment, by the desk's clock.
             */
            at: string;
            /** @description By the agent who owns them. One that is absent has none. */
            owners: {
                [key: string]: components["schemas"]["GroupCounts"];
            };
            /** @description By queue: those that wait in it or came from it. One that is absent has none. */
            queues: {
                [key: string]: components["schemas"]["GroupCounts"];
            };
            /** @description All of the company. */
            total: components["schemas"]["GroupCounts"];
        };
        /** @description A table or bytes of a pack. */
        DataPart: {
            /** @description Digest of the bytes, such as `sha256:…`. */
            digest: string;
            /** @description `table` or `bytes`. */
            kind: string;
        };
        /** @description A table or bytes in place of a pack's own. */
        DataUpload: {
            /**
             * @description The bytes in base64, of a table in its binary format; may be left out if a stored
             *     generation of the company has them.
             */
            code?: string | null;
            /** @description Kind and digest. */
            part: components["schemas"]["DataPart"];
        };
        /** @description An interaction to decide about, with its context */
        DecideRequest: {
            /** @description The agents. Default those of the company file */
            agents?: components["schemas"]["Agent"][] | null;
            classification?: components["schemas"]["Classification"] | null;
            contact?: components["schemas"]["Contact"];
            conversation?: components["schemas"]["Conversation"] | null;
            /** @description Earlier interactions of the conversation, newest first */
            earlier?: components["schemas"]["Interaction"][];
            interaction: components["schemas"]["Interaction"];
            /** @description The queues, including the company's default queue. Default those of the company file */
            queues?: components["schemas"]["Queue"][] | null;
            /**
             * Format: int64
             * @description Seed of the policies' random numbers. Default derived from the id
             */
            seed?: number | null;
            /** @description Stages to run. Default `classify` and `route` */
            stages?: components["schemas"]["Stage"][];
            /** @description Include every host call in the answer */
            transcript?: boolean;
            trigger?: components["schemas"]["Trigger"] | null;
        };
        /** @description The decisions about one interaction or draft */
        Decision: {
            classification?: components["schemas"]["Classification"] | null;
            /** @description Id of the draft */
            draft?: string | null;
            escalation?: components["schemas"]["Escalation"] | null;
            /** @description Rules that decided because a plugin failed or had no opinion */
            fallbacks?: components["schemas"]["Fallback"][];
            /** @description Id of the interaction */
            interaction?: string | null;
            micros: components["schemas"]["Micros"];
            /** @description How it ended */
            outcome: components["schemas"]["OutcomeKind"];
            problem?: components["schemas"]["Outcome"] | null;
            route?: components["schemas"]["RoutePlan"] | null;
            stamp: components["schemas"]["Stamp"];
            tone?: components["schemas"]["Review"] | null;
        };
        /**
         * @description A decision with its record, as far as the journal retains it. Personal data are masked
         *     unless an auditor unseals them.
         */
        DecisionDocument: {
            /**
             * Format: date-time
             * @description When the decision was committed.
             */
            at: string;
            /** @description Id of the conversation; absent for a stateless request. */
            conversation?: string | null;
            /** @description True: the author was erased, and with them what follows. */
            erased?: boolean | null;
            /**
             * Format: int64
             * @description Number of the generation that decided.
             */
            generation: number;
            /** @description What the plugins could read, as codes, numbers and digests of texts. */
            given?: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: int64
             * @description Number of the decision: that of its entry in the company's feed.
             */
            id: number;
            /** @description The channel's id of the interaction, where the entry is of one. */
            interaction?: string | null;
            /** @description Kind of the entry. */
            kind: string;
            /** @description Outcome of the decision. */
            outcome: components["schemas"]["OutcomeKind"];
            /** @description Names of the plugins. */
            plugins: string[];
            record?: components["schemas"]["Decision"] | null;
            /** @description Stages with a plugin. */
            stages: components["schemas"]["Stage"][];
            /** @description The texts of `given`; absent if one of the authors was erased. */
            texts?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description `kept`, or `not-kept` if it exceeded the limit; absent if no transcript was
             *     requested.
             */
            transcript?: string | null;
        };
        /** @description Decisions, newest first. */
        DecisionPage: {
            /** @description At most 100. */
            decisions: components["schemas"]["DecisionSummary"][];
            /**
             * Format: int64
             * @description Value of `before` for the next page; absent on the last page.
             */
            next?: number | null;
        };
        /** @description A decision, as codes and numbers. */
        DecisionSummary: {
            /**
             * Format: date-time
             * @description When the decision was committed.
             */
            at: string;
            /** @description Id of the conversation; absent for a stateless request. */
            conversation?: string | null;
            /**
             * Format: int64
             * @description Number of the generation that decided.
             */
            generation: number;
            /**
             * Format: int64
             * @description Number of the decision: that of its entry in the company's feed.
             */
            id: number;
            /** @description The channel's id of the interaction, where the entry is of one. */
            interaction?: string | null;
            /** @description Kind of the entry. */
            kind: string;
            /** @description Outcome of the decision. */
            outcome: components["schemas"]["OutcomeKind"];
            /** @description Names of the plugins. */
            plugins: string[];
            /** @description Stages with a plugin. */
            stages: components["schemas"]["Stage"][];
            /**
             * @description `kept`, or `not-kept` if it exceeded the limit; absent if no transcript was
             *     requested.
             */
            transcript?: string | null;
        };
        /** @description The generation to decide with. */
        DecisionWhatIfRequest: {
            /**
             * Format: int64
             * @description Number of a stored generation, active or not.
             */
            generation: number;
        };
        /** @description A deleted generation. */
        DeletedGeneration: {
            /**
             * Format: int64
             * @description Bytes that became free: its source, and components that no other
             *     generation uses.
             */
            freed_bytes: number;
            /**
             * Format: int64
             * @description Number of the generation; it is not used again.
             */
            generation: number;
        };
        /** @description Counts of a company's desk. */
        DeskStatus: {
            /** @description Open offers to agents. */
            offers: number;
            /**
             * Format: int64
             * @description Items of the outbox whose delivery failed for good.
             */
            outbox_dead: number;
            /**
             * Format: int64
             * @description Items of the outbox waiting for delivery.
             */
            outbox_waiting: number;
            /** @description Queues, sorted by id. */
            queues: components["schemas"]["QueueDepth"][];
            /**
             * Format: int64
             * @description Bytes that it stores in the journal.
             */
            stored_bytes: number;
            /**
             * Format: int64
             * @description How many it may store; beyond them its deliveries are rejected.
             */
            stored_bytes_limit: number;
            /** @description Inputs waiting for a decision. */
            undecided: number;
            /**
             * Format: int64
             * @description Decisions since the start whose transcript was not stored because it exceeded
             *     the company's limit.
             */
            unrecorded: number;
        };
        /** @description Differences between two generations. */
        DifferenceList: {
            /** @description Every difference. */
            differences: components["schemas"]["GenerationDifference"][];
            /**
             * Format: int64
             * @description Number of the earlier generation.
             */
            from: number;
            /**
             * Format: int64
             * @description Number of the later generation.
             */
            to: number;
        };
        /**
         * @description Direction of an interaction. Default `inbound`
         * @enum {string}
         */
        Direction: "inbound" | "outbound";
        /** @description Result of an action. */
        DoneDocument: {
            /** @description Whether it exceeds its owner's capacity. */
            exceeds_capacity: boolean;
            /** @description Agent who owns it now. */
            owner?: string | null;
            reply?: components["schemas"]["SentDocument"] | null;
            /**
             * Format: int64
             * @description Number of the last history entry of the conversation: the value of `expected` for
             *     what the author does next.
             */
            sequence: number;
            /** @description State of the conversation now. */
            state: string;
        };
        /** @description A reply that is not published yet */
        Draft: {
            /** @description Id of its agent */
            agent?: string | null;
            /** @description Files */
            attachments?: components["schemas"]["Attachment"][];
            /**
             * @description Code of the channel; a company's own code is declared under `channels`
             * @example call
             * @example phone
             * @example chat
             * @example whatsapp
             * @example messenger
             * @example telegram
             * @example slack
             * @example line
             * @example viber
             * @example sms
             * @example email
             * @example x
             * @example facebook
             * @example instagram
             * @example mastodon
             * @example bluesky
             * @example discourse
             * @example play-store
             * @example app-store
             * @example feed
             * @example chatwoot
             * @example zammad
             * @example zendesk
             * @example web
             */
            channel: string;
            /** @description Identifier of the draft */
            id: string;
            /** @description Id of the interaction it answers */
            interaction?: string | null;
            /** @description The text to send; at most 64 KiB of UTF-8 */
            text: string;
            visibility?: components["schemas"]["Visibility"] | null;
            /** @description Author of a draft. Default `human` */
            written_by?: components["schemas"]["WrittenBy"];
        };
        /** @description Whether the host or company is draining, and the work in progress. */
        DrainDocument: {
            /** @description Who started it: id of a token, or `local`. */
            by?: string | null;
            /** @description For the host: companies with a drain of their own, sorted by name. */
            companies?: components["schemas"]["DrainedCompany"][] | null;
            /** @description Whether nothing new is accepted. */
            draining: boolean;
            /**
             * Format: int64
             * @description Items of the outbox waiting for delivery.
             */
            outbox_waiting: number;
            /** @description Reason. */
            reason?: string | null;
            /**
             * Format: date-time
             * @description Start of the drain.
             */
            since?: string | null;
            /**
             * Format: int64
             * @description Interactions, clocks and requests that wait for a decision or are being
             *     decided about.
             */
            undecided: number;
        };
        /** @description A company with a drain of its own. */
        DrainedCompany: {
            /** @description Who started it: id of a token, or `local`. */
            by: string;
            /** @description Name of the company. */
            company: string;
            /** @description Reason. */
            reason?: string | null;
            /**
             * Format: date-time
             * @description Start of the drain.
             */
            since: string;
        };
        /** @description A drain to start. */
        DrainRequest: {
            /** @description Reason, for the status and the audit trail; at most 500 bytes. */
            reason?: string | null;
        };
        /** @description Durations that ended in a time. */
        DurationStatistics: {
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
            /**
             * Format: double
             * @description Their mean, in seconds; absent: there are none.
             */
            mean?: number | null;
            /**
             * Format: int64
             * @description Seconds that half of them do not exceed, estimated from a histogram whose ranges are
             *     at most twice as long as the one before, from 15 s to 30 days.
             */
            p50?: number | null;
            /**
             * Format: int64
             * @description Seconds that nine of ten do not exceed, estimated likewise.
             */
            p90?: number | null;
        };
        /** @description An opt-out that is in effect. */
        EffectiveOptOut: {
            /** @description The company's account; absent: all accounts, or the only one. */
            account?: string | null;
            /** @description Code of the channel. */
            channel: string;
            /** @description What it is about, such as `marketing`; absent: every message. */
            purpose?: string | null;
            /**
             * Format: date-time
             * @description Since when.
             */
            since: string;
        };
        /** @description The end of a rollout. */
        EndedRolloutDocument: {
            /**
             * @description `aborted`: an operator ended it. `promoted`: the candidate became active.
             *     `superseded`: another generation became active, or another rollout began.
             *     `bound-exceeded`: the host aborted the canary. `unbuildable`: the candidate
             *     cannot be built any more.
             */
            because: string;
            breach?: components["schemas"]["RolloutBreach"] | null;
            /** @description Who ended it; absent: the host. */
            by?: string | null;
            /**
             * Format: int64
             * @description Number of the generation that was active.
             */
            control: number;
            counts?: components["schemas"]["RolloutCounts"] | null;
            /**
             * Format: date-time
             * @description When it ended.
             */
            ended_at: string;
            /**
             * Format: int64
             * @description Number of the candidate generation.
             */
            generation: number;
            /** @description `shadow` or `canary`; absent where that was not readable any more. */
            kind?: string | null;
            /**
             * @description The operator's reason, or which bound was exceeded, or why the candidate
             *     cannot be built.
             */
            reason?: string | null;
            /** @description Share of the conversations; absent as above. */
            share?: string | null;
        };
        /** @description The end of a rollout. */
        EndRequest: {
            /** @description Name for the record. Default: the token's, or `operator` without tokens. */
            by?: string | null;
            /** @description Reason, for the record; at most 1,000 bytes. */
            reason?: string | null;
        };
        /** @description Result of an erasure. */
        ErasedDocument: {
            /** @description Ids of the person's contacts, all erased. */
            contacts: string[];
            /**
             * @description Conversations of the person that are still open, although the contact is erased:
             *     the server was too busy, stopped, or could not read them. Erase the contact again to
             *     resolve them. `null` if they could not be counted. Normally 0.
             */
            open_conversations?: number | null;
            /**
             * @description Whether the journal's write-ahead log is already scrubbed. A long read can
             *     delay that until the next erasure or compaction.
             */
            scrubbed: boolean;
        };
        /** @description Escalation actions */
        Escalation: {
            actions: components["schemas"]["EscalationAction"][];
            /** @description Reason */
            why: string;
        };
        /** @description An escalation action */
        EscalationAction: {
            /**
             * Format: date-time
             * @description When the policy is called again
             */
            at?: string | null;
            /** @description Kind: `raise-priority`, `re-route`, `require-approval`, `notify`, `open-incident`, `wake-up`; later versions add codes */
            kind: string;
            /** @description Message of a notification */
            message?: string | null;
            /**
             * Format: int32
             * @description Minimum priority, or urgency of the notification
             */
            priority?: number | null;
            /** @description Team to notify, queue, approving team, subject of the incident, or name of the wake-up */
            target?: string | null;
        };
        /** @description A rule that decided instead of a plugin */
        Fallback: {
            /** @description Reason */
            because: string;
            /** @description Name of the plugin that failed; absent if no policy had an opinion */
            plugin?: string | null;
            /** @description The rule that decided: `continue`, `default-queue`, `next`, `hold`, `revise`, `block`, `alert`, `let-through`; later versions add codes */
            rule: string;
            /** @description Stage of a decision */
            stage: components["schemas"]["Stage"];
        };
        /** @description A field that differs. */
        FieldDifference: {
            /** @description Path of the field, such as `route.queue`. */
            field: string;
            /** @description Its recorded value; absent if it had none. */
            recorded?: unknown;
            /** @description Its value now; absent if it has none. */
            replayed?: unknown;
        };
        /** @description What a channel takes of files in a reply. */
        FileRules: {
            /** @description Most files of a reply. */
            count: number;
            /**
             * @description Where the text of the reply stands: `with` all files in one message, or `caption`:
             *     each file is a message of its own, and the text goes with the first one where it is
             *     short enough for that and its type has a caption, else in messages before.
             */
            text: string;
            /**
             * Format: int64
             * @description Most bytes of all files of a reply.
             */
            total_bytes: number;
            /** @description The types that it takes. */
            types: components["schemas"]["FileTypeRule"][];
            /** @description Whether a reply may have files and no text. */
            without_text: boolean;
        };
        /** @description A type of file that a channel takes. */
        FileTypeRule: {
            /**
             * Format: int64
             * @description Most bytes of a file.
             */
            bytes: number;
            /** @description Endings of its names in lower case, the usual one first. */
            extensions: string[];
            /** @description Media type. */
            media_type: string;
        };
        /** @description A template of the company file, and what to fill in. */
        FilledTemplate: {
            /** @description Its id, as `GET …/templates` lists it. */
            id: string;
            /**
             * @description Its parameters, in the order of their numbers; each at most 1,024 characters in one
             *     line.
             */
            parameters?: string[];
        };
        /** @description A finding in a draft */
        Finding: {
            /** @description Code of the finding, such as `personal-data.public` */
            code: string;
            /**
             * Format: int32
             * @description Offset after its last byte
             */
            end?: number | null;
            /** @description Message for the agent */
            message: string;
            severity: components["schemas"]["Severity"];
            /**
             * Format: int32
             * @description Offset of its first byte in the draft's UTF-8
             */
            start?: number | null;
            /** @description Suggested replacement */
            suggestion?: string | null;
        };
        /** @description What an answer of a provider shows, in the words of this server. */
        FindingDocument: {
            /** @description What it is about: `token`, `account`, `webhook-url`. */
            code: string;
            /** @description In words, with what to do. */
            text: string;
            /**
             * @description What it says of the connection.
             *
             *     - `right`: This works.
             *     - `wrong`: This does not work.
             *     - `advice`: It works, and could do more.
             *     - `unchecked`: The provider cannot be asked.
             * @enum {string}
             */
            verdict: "right" | "wrong" | "advice" | "unchecked";
        };
        /** @description A page of the conversations that a search found. */
        FoundConversations: components["schemas"]["OpenConversations"] & {
            /** @description How the search went. */
            search: components["schemas"]["SearchSummary"];
        };
        /** @description A generation with its source. */
        GenerationDetail: components["schemas"]["GenerationDocument"] & {
            /** @description Ids of the articles of the directory that the file references. */
            articles: string[];
            /** @description Text of the company file. */
            document: string;
            /** @description Digest of each pack's component, by the pack's name in the file. */
            packs: {
                [key: string]: string;
            };
            /** @description JSON Schema of the settings of each pack that has one, by the pack's name in the file. */
            schemas: {
                [key: string]: Record<string, unknown>;
            };
        };
        /** @description A value that differs between two generations. */
        GenerationDifference: {
            /** @description The later value, as text; absent: removed. */
            after?: string | null;
            /** @description The earlier value, as text; absent: added. */
            before?: string | null;
            /** @description A path in the company file, `pack NAME …`, `plugin NAME data NAME`, or `article ID`. */
            path: string;
        };
        /** @description One generation. */
        GenerationDocument: {
            /**
             * Format: date-time
             * @description When it was last activated; absent: never.
             */
            activated_at?: string | null;
            /** @description Whether it is active. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it was created.
             */
            at: string;
            /** @description Who created it. */
            by: string;
            /** @description Digest of its source: company file, packs and articles. */
            digest: string;
            /**
             * Format: int64
             * @description Number of the generation.
             */
            generation: number;
        };
        /** @description A company's generations. */
        GenerationList: {
            /**
             * Format: int64
             * @description Number of the active generation.
             */
            active?: number | null;
            /** @description At most 100, newest first. */
            generations: components["schemas"]["GenerationDocument"][];
            /**
             * Format: int64
             * @description Value of `before` for the next page; absent on the last page.
             */
            next?: number | null;
            watched?: components["schemas"]["WatchedFile"] | null;
        };
        /** @description How many conversations that are not resolved there are. */
        GroupCounts: {
            /** @description Those with a running clock that is at risk. */
            at_risk: number;
            /** @description They by state; a state that is absent has none. */
            by_state: {
                [key: string]: number;
            };
            /** @description Those with a missed clock, running or stopped. */
            missed: number;
            /** @description All of them. */
            open: number;
            /** @description Those with one or the other. */
            warned: number;
        };
        /** @description An entry in the history of a conversation, or of the company. */
        HistoryEntry: {
            /**
             * Format: date-time
             * @description Time of the entry.
             */
            at: string;
            /** @description Id of the conversation; absent for an entry of the company. */
            conversation?: string | null;
            /** @description Details, as codes and numbers. */
            data: Record<string, unknown>;
            /**
             * Format: int64
             * @description Number of the entry in the company's feed.
             */
            feed: number;
            /** @description In the history of a conversation: the files of a reply (`reply-drafted`). */
            files?: components["schemas"]["SentFile"][];
            /**
             * @description Kind, as `docs/desk.md` lists them, such as `received`, `routed`, `accepted`
             *     or `reply-published`. The set grows.
             */
            kind: string;
            /**
             * Format: int64
             * @description Ordinal of the interaction that it records.
             */
            ordinal?: number | null;
            /**
             * Format: int64
             * @description Number of the entry in the conversation; 0 for an entry of the company.
             */
            sequence: number;
            /**
             * @description In the history of a conversation: the text of a reply (`reply-drafted`), or why an
             *     approver rejected it (`reply-rejected`). Absent if the customer was erased.
             */
            text?: string | null;
        };
        /** @description A page of history entries. */
        HistoryPage: {
            /** @description Oldest first. */
            entries: components["schemas"]["HistoryEntry"][];
            /**
             * Format: int64
             * @description Value of `after` for the next newer page; absent on the newest page.
             */
            newer?: number | null;
            /**
             * Format: int64
             * @description Value of `before` for the next older page; absent if there is none.
             */
            older?: number | null;
        };
        /** @description A conversation an agent holds. */
        HoldingDocument: {
            /** @description Id of the conversation. */
            conversation: string;
            /** @description `active`, `parked` (uses no capacity) or `wrapping`. */
            hold: string;
            /**
             * Format: date-time
             * @description Since when it has waited for an agent.
             */
            since: string;
        };
        /** @description One host call of a decision */
        HostCall: {
            /** @description The arguments */
            args: unknown;
            /** @description Interface and function, as in the contract */
            name: string;
            /** @description The result; absent if the call was stopped */
            result?: unknown;
            /** @description Why the call was stopped */
            stopped?: string | null;
        };
        /** @description Health of the host and its companies. */
        HostStatus: {
            /** @description The same as alerts, the most severe first. */
            alerts: components["schemas"]["Alert"][];
            /**
             * @description Upper bounds of the ranges of `times`, in microseconds; one more range holds
             *     the times above.
             */
            bounds: number[];
            /** @description Sorted by name. */
            companies: components["schemas"]["CompanyStatus"][];
            /** @description What needs attention, one sentence each; including that of companies. */
            concerns: string[];
            /**
             * @description Watched company files that are invalid and define no known company, sorted by
             *     name; absent if the request names a company.
             */
            files?: components["schemas"]["WatchedFile"][];
            /** @description Whether `alerts` is empty. */
            healthy: boolean;
            journal?: components["schemas"]["JournalState"] | null;
            /** @description `calm`, `busy` or `full`. */
            load: string;
            /**
             * Format: int64
             * @description Decisions running; absent for a company's token.
             */
            running?: number | null;
            /**
             * Format: date-time
             * @description When the server was started.
             */
            started_at: string;
            trust?: components["schemas"]["PackTrust"] | null;
            /**
             * Format: int64
             * @description Seconds since the start.
             */
            uptime: number;
            /** @description Version of the host. */
            version: string;
            /** @description Requests waiting for a thread; absent for a company's token. */
            waiting?: number | null;
        };
        /** @description Options of a change. */
        HowDocument: {
            /**
             * @description Accept packs of a lower version than the active generation has. Without a
             *     trust policy they always are.
             */
            allow_downgrade?: boolean;
            /** @description Name for the record. Default: the token's, or `operator` without tokens. */
            by?: string | null;
            /** @description Only report what would change. */
            dry_run?: boolean;
            /**
             * Format: int64
             * @description The active generation that the caller expects; if another is active, the
             *     request fails.
             */
            expected?: number | null;
            /** @description Store the generation without activating it. */
            keep_only?: boolean;
            /**
             * @description New queues for the conversations of removed queues, in addition to those in
             *     the file.
             */
            moved?: {
                [key: string]: string;
            };
        };
        /** @description What became of the rows of an import. */
        ImportDocument: {
            /**
             * Format: int64
             * @description Records to be deleted that are not stored.
             */
            absent: number;
            /**
             * Format: int64
             * @description New records.
             */
            created: number;
            /**
             * Format: int64
             * @description Stored records that were deleted.
             */
            deleted: number;
            /** @description Whether nothing was to be changed. */
            dry_run: boolean;
            /** @description Rows whose contacts became one person, or were split. */
            links: components["schemas"]["LinkedRowDocument"][];
            /** @description What to look at in rows that were taken. */
            notices: components["schemas"]["RowNoticeDocument"][];
            /** @description Why rows were refused. */
            problems: components["schemas"]["RowNoticeDocument"][];
            /**
             * Format: int64
             * @description Number of rows.
             */
            records: number;
            /**
             * Format: int64
             * @description Rows of which nothing was stored; `problems` has the reasons.
             */
            refused: number;
            /**
             * Format: int64
             * @description Records that say what the stored one says.
             */
            unchanged: number;
            /**
             * Format: int64
             * @description Records that replaced the stored one of their id.
             */
            updated: number;
        };
        /** @description Result of a change of the roster. */
        Imported: {
            /** @description Number of new agents; they are offline until their presence is set. */
            added: number;
            /** @description Number of existing agents that changed. */
            changed: number;
        };
        /** @description Conversations about the same problem. */
        IncidentDocument: {
            /**
             * Format: date-time
             * @description When it was closed; absent where it is open.
             */
            closed_at?: string | null;
            /** @description Who closed it: id of a token, or `local`; absent where it is open. */
            closed_by?: string | null;
            /** @description Ids of those in the order in which they came into it: the first 100. */
            conversations: string[];
            /** @description The name that a supervisor gave it. */
            name?: string | null;
            /**
             * @description Value of `after` for further conversations of the one incident; absent: there are
             *     none.
             */
            next?: string | null;
            /** @description Number of its conversations that are not resolved. */
            open: number;
            /** @description Whether it is open. */
            state: components["schemas"]["IncidentStateCode"];
            /** @description The problem, as policies name it. */
            subject: string;
        };
        /** @description Incidents. */
        IncidentList: {
            /** @description Sorted by subject. */
            incidents: components["schemas"]["IncidentDocument"][];
            /** @description Value of `after` for the next page; absent on the last page. */
            next?: string | null;
        };
        /** @description A change of an incident. */
        IncidentRequest: {
            /** @description Its name, at most 256 bytes; `null`: no name. Absent: as it is. */
            name?: string | null;
            state?: components["schemas"]["IncidentStateCode"] | null;
        };
        /**
         * @description Whether an incident is open.
         *
         *     - `open`: messages about its subject join it
         *     - `closed`: a supervisor closed it: messages no longer join it, and its conversations stay in it
         * @enum {string}
         */
        IncidentStateCode: "open" | "closed";
        /** @description A possible intent of the author */
        Intent: {
            /** @description Confidence, 0 to 1 */
            confidence: number;
            /** @description Code of the intent */
            name: string;
        };
        /** @description A message, post, call or mention. Unknown fields are stored as attributes */
        Interaction: {
            /** @description The company's account that was addressed */
            account?: string | null;
            /** @description Files */
            attachments?: components["schemas"]["Attachment"][];
            /** @description Other data of the sender; at most 64 entries and 16 KiB as JSON */
            attributes?: Record<string, unknown>;
            author?: components["schemas"]["Author"];
            /** @description Whether a program wrote it without a person, such as a greeting or an out-of-office reply */
            automatic?: boolean | null;
            /**
             * @description Code of the channel; a company's own code is declared under `channels`
             * @example call
             * @example phone
             * @example chat
             * @example whatsapp
             * @example messenger
             * @example telegram
             * @example slack
             * @example line
             * @example viber
             * @example sms
             * @example email
             * @example x
             * @example facebook
             * @example instagram
             * @example mastodon
             * @example bluesky
             * @example discourse
             * @example play-store
             * @example app-store
             * @example feed
             * @example chatwoot
             * @example zammad
             * @example zendesk
             * @example web
             */
            channel: string;
            /** @description Conversation that the channel or integrator assigns */
            conversation?: string | null;
            direction?: components["schemas"]["Direction"];
            /**
             * Format: date-time
             * @description When this wording was written, for an edit; it orders the wordings of a message. Default `received_at`
             */
            edited_at?: string | null;
            /** @description Identifier given by the channel */
            id: string;
            /** @description Id of the interaction it answers */
            in_reply_to?: string | null;
            /** @description Language that the channel reports (BCP 47). Anything else is ignored, with a warning */
            language?: string | null;
            /**
             * Format: date-time
             * @description When the channel received it
             */
            received_at?: string | null;
            /** @description What was written; at most 512 KiB of UTF-8. Policies and agents read the first 64 KiB */
            text: string;
            visibility?: components["schemas"]["Visibility"] | null;
        };
        /** @description Result of one interaction. */
        InteractionReceipt: {
            /** @description Id of the interaction; absent if it is refused. */
            interaction?: string | null;
            /**
             * @description Its kind: `message`, `edit`, `delete`, `reaction` or `echo`. A message whose
             *     id was delivered before with other words is an edit.
             */
            kind?: string | null;
            /**
             * Format: int64
             * @description Position in the order of acceptance; for a duplicate, that of the original.
             */
            ordinal?: number | null;
            problem?: components["schemas"]["Problem"] | null;
            /** @description `accepted`, `duplicate`, `refused` or `busy`. */
            status: string;
            /**
             * @description What is odd about it and was accepted all the same: look at it, do not
             *     deliver it again.
             */
            warnings?: components["schemas"]["InteractionWarning"][];
        };
        /** @description Something odd about an interaction that the host accepts all the same. */
        InteractionWarning: {
            /** @description Path of the field. */
            field: string;
            /** @description What is odd, and what the host did. */
            message: string;
        };
        /** @description Counts and size of the journal. */
        JournalState: {
            /**
             * Format: int64
             * @description Size of its files.
             */
            bytes: number;
            /** @description Running clocks. */
            clocks: number;
            /**
             * Format: int64
             * @description Free space on its disk; absent where the system does not tell.
             */
            free_bytes?: number | null;
            /** @description Interactions, clocks and actions waiting for a decision. */
            undecided: number;
            /** @description Whether it can write; if not, an alert says why. */
            writable: boolean;
        };
        /** @description Counts and size of the journal. */
        JournalStatus: {
            /**
             * Format: int64
             * @description Interactions accepted since the journal was created.
             */
            accepted: number;
            /**
             * Format: int64
             * @description Size of the journal's files.
             */
            bytes: number;
            /**
             * Format: int64
             * @description Decisions since the start whose transcript was not stored because it
             *     exceeded the company's limit.
             */
            decisions_unrecorded: number;
            /**
             * Format: int64
             * @description Items of the outbox whose delivery failed for good.
             */
            outbox_dead: number;
            /**
             * Format: int64
             * @description Items of the outbox waiting for delivery.
             */
            outbox_waiting: number;
            /**
             * Format: int64
             * @description Conversations whose words are still being collected: a search does not find them by
             *     all of their texts yet.
             */
            outdated_words: number;
            /**
             * Format: int64
             * @description Interactions that wait for a decision.
             */
            pending: number;
            /**
             * Format: int64
             * @description Number of conversations that are not resolved.
             */
            unresolved: number;
        };
        /** @description The journey of a contact. */
        Journey: {
            /** @description Entries in the order asked for; at most 500. */
            entries: components["schemas"]["HistoryEntry"][];
            /**
             * Format: int64
             * @description Value of `after`, or of `before` where the newest come first, for the next page;
             *     absent on the last page.
             */
            next?: number | null;
        };
        /** @description An approved answer. */
        KnowledgeArticle: {
            /** @description Identifier, unique; 1 to 256 bytes. */
            id: string;
            /** @description Intents it answers, each 1 to 64 bytes; at most 64. */
            intents?: string[];
            /** @description Language (BCP 47), at most 64 bytes; absent where it serves any. */
            language?: string | null;
            /** @description Phrases that an answer must not contain, each 1 to 1,024 bytes; at most 64. */
            "never-say"?: string[];
            /** @description The approved wording; 1 byte to 64 KiB. */
            text: string;
            /** @description Title, in the article's language; 1 to 1,024 bytes. */
            title: string;
        };
        /** @description Approved answers. */
        KnowledgeList: {
            /** @description The most relevant first: by words of the title, the id, the intents and the text. */
            articles: components["schemas"]["Article"][];
            /** @description Whether none is of the requested language, and these are of others. */
            other_language: boolean;
        };
        /** @description The limit that was exceeded */
        LimitHit: {
            /** @description Name of the limit, such as `cpu` or `memory` */
            limit: string;
            /** @description Unit of the value */
            unit: string;
            /**
             * Format: int64
             * @description Its value
             */
            value: number;
        };
        /** @description A row whose contacts became one person, or were split. */
        LinkedRowDocument: {
            /** @description Numbers of the changes, each of which can be undone. */
            changes: number[];
            /**
             * Format: int64
             * @description The line on which it begins, from 1.
             */
            line: number;
        };
        /** @description A log line of a plugin */
        LogLine: {
            /** @description Level: `debug`, `info`, `warn`, `error`, `stdout`, `stderr`; later versions add codes */
            level: string;
            /** @description The line */
            message: string;
        };
        /** @description A new token with its secret. */
        MadeToken: components["schemas"]["TokenDocument"] & {
            /** @description The secret for `Authorization: Bearer`. It is shown only once. */
            secret: string;
        };
        /** @description Who the caller is, and what they may do. */
        Me: {
            /** @description Id of the agent, for the role `agent`. */
            agent?: string | null;
            /** @description The companies that the caller may see, by name. */
            companies: components["schemas"]["VisibleCompany"][];
            /** @description Name of the only company; absent: the whole host. */
            company?: string | null;
            /**
             * Format: date-time
             * @description When the access ends at the latest, by the clock of the header `Date`; absent: not
             *     at a known time.
             */
            expires_at?: string | null;
            /** @description Id in the audit trail. */
            id: string;
            /**
             * Format: date-time
             * @description When the session ends unless `PUT /v1/session` says before that its person did
             *     something; by the same clock, and not after `expires_at`. Absent without a session.
             */
            idle_ends_at?: string | null;
            /**
             * @description Whether the host has no tokens: it then trusts every program of its machine, and
             *     requests name who acts.
             */
            local: boolean;
            /** @description Name under which the caller acts. */
            name?: string | null;
            /**
             * Format: date-time
             * @description The host's time, by which deadlines count.
             */
            now: string;
            /** @description Ids of the operations that the caller may call, as in the OpenAPI document; sorted. */
            operations: string[];
            role?: components["schemas"]["Role"] | null;
            /** @description Whether the caller is signed in with a session. */
            session: boolean;
            /** @description Version of the server. */
            version: string;
        };
        /** @description A merge of two contacts. */
        MergeRequest: {
            /** @description Name for the record; required without tokens. */
            by?: string | null;
            /** @description Id of the contact to merge into. */
            into: string;
        };
        /**
         * @description Who wrote a message.
         *
         *     - `customer`: the customer, or another person outside of the company
         *     - `agent`: a person of the company
         *     - `policy`: a policy, or another program of the company
         * @enum {string}
         */
        MessageAuthorCode: "customer" | "agent" | "policy";
        /** @description A message of a conversation. */
        MessageDocument: {
            /** @description Whether its author deleted it. */
            deleted?: boolean;
            interaction?: components["schemas"]["Interaction"] | null;
            /**
             * Format: int64
             * @description Ordinal of its newest wording, by which its files are downloaded.
             */
            ordinal: number;
            /**
             * Format: int64
             * @description Number of the history entry that records its first wording: the place among replies
             *     and other entries.
             */
            sequence: number;
        };
        /** @description A page of messages. */
        MessagePage: {
            /**
             * @description Newest first: what the customer wrote, and copies of what the company sent, each in
             *     the place of its first wording. The desk's replies are in the history.
             */
            messages: components["schemas"]["MessageDocument"][];
            /**
             * Format: int64
             * @description Value of `after` for the next newer page; absent on the newest page.
             */
            newer?: number | null;
            /**
             * Format: int64
             * @description Value of `before` for the next older page; absent if there is none.
             */
            older?: number | null;
        };
        /** @description Times of the phases, in whole microseconds */
        Micros: {
            /**
             * Format: int64
             * @description Running the plugin, host calls included
             */
            call: number;
            /**
             * Format: int64
             * @description Creating or finding an instance
             */
            instantiate: number;
            /**
             * Format: int64
             * @description Waiting for an instance
             */
            queue: number;
        };
        /** @description A one-time link for a person with a browser. */
        NewLink: {
            /**
             * @description Path and fragment of the address at this host. It holds the code, which is
             *     shown only once.
             */
            path: string;
            /** @description The token behind it, which revokes what the link gave. */
            token: components["schemas"]["TokenDocument"];
            /**
             * Format: date-time
             * @description Until when it works.
             */
            works_until: string;
        };
        /** @description An internal note. */
        Note: {
            /**
             * Format: date-time
             * @description When it was written.
             */
            at: string;
            /** @description Id of the person who wrote it. */
            by: string;
            /** @description Id of the note. */
            id: string;
            /** @description The text; absent if the customer was erased. */
            text?: string | null;
        };
        /** @description Notes of a conversation. */
        NoteList: {
            /** @description Oldest first. */
            notes: components["schemas"]["Note"][];
            /**
             * Format: int64
             * @description Value of `before` for the page of older notes; absent if there are none.
             */
            older?: number | null;
        };
        /** @description A note to add. */
        NoteRequest: {
            /** @description Id of the agent or supervisor who writes it; required without tokens. */
            by?: string | null;
            /**
             * @description Id given by the writer, unique in the conversation, at most 256 bytes. A request
             *     with the same id is the same note and is stored once. Default: a new id.
             */
            note?: string | null;
            role?: components["schemas"]["RoleField"] | null;
            /** @description The text; 1 to 10,000 characters. */
            text: string;
        };
        /** @description An offer of a conversation to an agent. */
        OfferDocument: {
            /**
             * Format: int32
             * @description How often the agent declined it or let it time out before.
             */
            again: number;
            /** @description Id of the agent. */
            agent: string;
            /** @description Id of the conversation. */
            conversation: string;
            /**
             * Format: date-time
             * @description When it times out.
             */
            deadline: string;
            /**
             * Format: int64
             * @description Number of the offer.
             */
            id: number;
            /**
             * Format: date-time
             * @description When it was made.
             */
            made_at: string;
        };
        /** @description Open offers. */
        OfferList: {
            /** @description Oldest first. */
            offers: components["schemas"]["OfferDocument"][];
        };
        /** @description Numbers of offers. */
        OfferStatistics: {
            /**
             * Format: int64
             * @description Their agent accepted.
             */
            accepted: number;
            /**
             * Format: int64
             * @description Their agent declined.
             */
            declined: number;
            /**
             * Format: int64
             * @description They were made.
             */
            made: number;
            /**
             * Format: int64
             * @description Their agent did not answer in time.
             */
            timed_out: number;
            /**
             * Format: int64
             * @description The host or a supervisor took them back.
             */
            withdrawn: number;
        };
        /** @description A rollout in short; `GET …/rollout` has the details. */
        OnTrial: {
            /**
             * Format: int64
             * @description Of those, decisions with equal answers.
             */
            agreed: number;
            /**
             * Format: int64
             * @description Decisions compared with the control's.
             */
            compared: number;
            /**
             * Format: int64
             * @description The candidate's decisions.
             */
            decisions: number;
            /**
             * Format: int64
             * @description Of those, decisions in which a plugin failed.
             */
            failed: number;
            /**
             * Format: int64
             * @description Number of the candidate generation.
             */
            generation: number;
            /** @description `shadow` or `canary`. */
            kind: string;
            /** @description Share of the conversations. */
            share: string;
        };
        /** @description An open circuit breaker: the plugin failed repeatedly and is not called. */
        OpenBreaker: {
            /** @description Name of the plugin. */
            plugin: string;
            /** @description The stage. */
            stage: string;
        };
        /** @description A page of conversations. */
        OpenConversations: {
            /**
             * @description At most `limit`, in the order of `sort`; resolved ones follow, newest first. A page
             *     of resolved ones may have fewer although more pages follow.
             */
            conversations: components["schemas"]["ConversationSummary"][];
            /** @description Counts, of the same moment as the conversations. */
            counts: components["schemas"]["ConversationCounts"];
            /**
             * @description Value of `after` for the next page; absent on the last page. Conversations that do
             *     not change meanwhile are neither skipped nor repeated.
             */
            next?: string | null;
        };
        /** @description Sign-in by an OpenID Connect issuer. */
        OpenIdConnectWay: {
            /** @description The issuer's name for people; 1 to 60 characters. */
            name: string;
            /** @description Path to which the console's page leads the browser, with `return`. */
            path: string;
        };
        /** @description What a customer said about messages to them. */
        OptOutDocument: {
            /** @description The company's account; empty: all accounts, or the only one. */
            account: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description Code of the channel. */
            channel: string;
            /** @description Id of the contact of the address. */
            contact: string;
            /** @description Whether they opted out; else they opted in again. */
            opted_out: boolean;
            /** @description `any` or `marketing`. */
            purpose: string;
            /** @description How: a code such as `stop`; `company.…` where the company said so. */
            source: string;
        };
        /** @description What became of the rows of a list. */
        OptOutImportDocument: {
            /**
             * Format: int64
             * @description Rows that count from now on.
             */
            changed: number;
            /** @description Whether nothing was to be changed. */
            dry_run: boolean;
            /**
             * Format: int64
             * @description Of those, rows that took back what the customer said.
             */
            overridden: number;
            /** @description Why rows were refused: also `customer-opt-out`. */
            problems: components["schemas"]["RowNoticeDocument"][];
            /**
             * Format: int64
             * @description Number of rows.
             */
            records: number;
            /**
             * Format: int64
             * @description Rows of which nothing was stored; `problems` has the reasons.
             */
            refused: number;
            /**
             * Format: int64
             * @description Rows that say what counts already, or are older.
             */
            unchanged: number;
        };
        /** @description What customers said about messages to them. */
        OptOutList: {
            /** @description Pass it as `after` for the next page; absent on the last. */
            next?: string | null;
            /** @description By contact, channel, account and purpose the latest. */
            opt_outs: components["schemas"]["OptOutDocument"][];
        };
        /** @description An item of the outbox, without its content. */
        OutboxDocument: {
            /**
             * Format: int32
             * @description Number of failed attempts.
             */
            attempts: number;
            /**
             * @description Whether its author may still take it back: it waits for `not_before`, and no attempt
             *     has begun.
             */
            can_take_back: boolean;
            /** @description Id of its conversation. */
            conversation?: string | null;
            /** @description Its key. A target that receives the same key again ignores it. */
            key: string;
            /**
             * Format: date-time
             * @description Earliest time of the next attempt.
             */
            not_before: string;
            /** @description Why the last attempt failed. */
            problem?: string | null;
            /** @description `waiting`, `dead` or `done`. */
            state: string;
            /** @description Name of the target. */
            target: string;
        };
        /** @description Items of the outbox. */
        OutboxList: {
            /** @description At most 500, sorted by key. */
            items: components["schemas"]["OutboxDocument"][];
            /** @description Value of `after` for the next page; absent on the last page. */
            next?: string | null;
        };
        /** @description Details, if the outcome is not `ok` */
        Outcome: {
            /** @description Call stack at a trap, innermost frame first */
            backtrace?: string[];
            /** @description What happened */
            detail?: string | null;
            /** @description How it ended */
            kind: components["schemas"]["OutcomeKind"];
            limit?: components["schemas"]["LimitHit"] | null;
        };
        /**
         * @description Outcome of a plugin call.
         *
         *     - `ok`: the policy answered
         *     - `declined`: the policy has no opinion
         *     - `failed`: the policy reported an error
         *     - `timeout`: the policy did not answer in time
         *     - `out-of-fuel`: the policy used up its fuel
         *     - `out-of-memory`: the policy exceeded its memory limit
         *     - `stack-overflow`: the policy recursed too deeply
         *     - `trapped`: the policy crashed
         *     - `bad-output`: the policy's answer is not valid
         *     - `denied`: the policy used something it was not granted
         *     - `overloaded`: the host is too busy
         *     - `quarantined`: the input is quarantined after repeated crashes
         *     - `bypassed`: an operator bypasses the policy
         *     - `incompatible`: the policy does not fit this host's contract
         * @enum {string}
         */
        OutcomeKind: "ok" | "declined" | "failed" | "timeout" | "out-of-fuel" | "out-of-memory" | "stack-overflow" | "trapped" | "bad-output" | "denied" | "overloaded" | "quarantined" | "bypassed" | "incompatible";
        /** @description A pack without the bytes of its component and data. */
        PackBundle: {
            /** @description Text of each case, by its path below `cases/`. */
            cases?: {
                [key: string]: string;
            };
            /** @description Digest of the component, such as `sha256:…`. */
            component: string;
            /** @description Tables and bytes, by name. */
            data?: {
                [key: string]: components["schemas"]["DataPart"];
            };
            /** @description Text of `pack.toml`; absent for a component without one. */
            manifest?: string | null;
            /** @description Name: the manifest's, or for a component without one the file's. */
            name: string;
            /** @description The image that the pack came in, and its signatures. */
            provenance?: {
                [key: string]: unknown;
            } | null;
            /** @description Text of the settings schema. */
            schema?: string | null;
        };
        /** @description A pack. */
        PackParts: {
            /** @description The pack without the bytes of its component and data. */
            bundle: components["schemas"]["PackBundle"];
            /**
             * @description The component's bytes in base64; may be left out if a stored generation of the company
             *     has them.
             */
            code?: string | null;
            /**
             * @description The bytes of its tables and other data in base64, by name; those that a stored
             *     generation of the company has may be left out.
             */
            data?: {
                [key: string]: string;
            };
        };
        /** @description Which packs the server accepts. */
        PackTrust: {
            /** @description Why the policy cannot be used; every pack is refused then. */
            error?: string | null;
            /** @description Whether there is a trust policy. Without one, no signature counts. */
            policy: boolean;
            /** @description Whether packs without a signature are accepted. */
            unsigned: boolean;
        };
        /** @description Personal data found in a text */
        PersonalData: {
            /**
             * Format: int32
             * @description Offset after its last byte
             */
            end: number;
            /** @description Code of its kind, such as `payment-card` */
            kind: string;
            /**
             * Format: int32
             * @description Offset of its first byte in the text's UTF-8
             */
            start: number;
        };
        /** @description A change of the active generation, planned or made. */
        PlanDocument: {
            /** @description Whether the generation is active now. */
            active: boolean;
            /** @description Why this generation was chosen, if the request named none or its file is stored. */
            because?: string | null;
            /**
             * Format: int64
             * @description Number of the previously active generation.
             */
            before?: number | null;
            /** @description Differences between the two. */
            differences: components["schemas"]["GenerationDifference"][];
            /**
             * Format: int64
             * @description Number of the new generation.
             */
            generation: number;
            /**
             * @description Whether the file only repeats a stored generation: the active one, from which
             *     nothing differs, or with `keep_only` any. Then nothing is stored, and
             *     `generation` is that one.
             */
            unchanged: boolean;
            /** @description Things that are valid but probably not intended. */
            warnings: string[];
        };
        /** @description One plugin's part in a decision */
        PluginPart: {
            /** @description Its own answer, before validation, if a transcript was requested */
            answer?: unknown;
            /** @description Digest of the names and digests of its tables and bytes */
            data?: string | null;
            /** @description Digest of its component, `sha256:…` */
            digest: string;
            /**
             * Format: int64
             * @description Fuel used; on the metered engine only
             */
            fuel?: number | null;
            /**
             * Format: int32
             * @description Number of host calls
             */
            host_calls: number;
            /** @description Log lines it wrote */
            log?: components["schemas"]["LogLine"][];
            /**
             * Format: int32
             * @description Number of log lines dropped beyond the limit
             */
            log_dropped?: number;
            /**
             * Format: int64
             * @description Limit of linear memory, in bytes
             */
            memory_limit: number;
            micros: components["schemas"]["Micros"];
            /** @description Name in the pipeline */
            name: string;
            /** @description How it ended */
            outcome: components["schemas"]["OutcomeKind"];
            /** @description Name of its pack */
            pack: string;
            /**
             * Format: int64
             * @description Peak linear memory, in bytes
             */
            peak_memory: number;
            problem?: components["schemas"]["Outcome"] | null;
            /** @description Digest of its settings */
            settings: string;
            /** @description Digest of the snapshot its instance started from */
            snapshot?: string | null;
            /** @description Stage of a decision */
            stage: components["schemas"]["Stage"];
            /** @description Every host call, if a transcript was requested */
            transcript?: components["schemas"]["HostCall"][] | null;
            /**
             * Format: int32
             * @description How often its instance was used, from 1; 0 if it was not called
             */
            use: number;
            /** @description Version of its pack */
            version: string;
        };
        /** @description The contract between host and policies. */
        PolicyContract: {
            /** @description The packages, each after those it uses. */
            packages: components["schemas"]["ContractPackage"][];
            /** @description Every released version; the host runs policies of each. */
            released: string[];
            /** @description Version that this host implements: the highest of its packages' versions. */
            version: string;
        };
        /**
         * @description How reading from a provider goes that the server must ask. Counts are those since the
         *     server started.
         */
        PollDocument: {
            /**
             * @description What the server does.
             *
             *     - `starting`: It has not begun.
             *     - `reading`: It reads.
             *     - `waiting`: Everything is read; it waits for more.
             *     - `failing`: It failed, and waits for the next attempt.
             *     - `no-place`: As many connections ask their providers as may.
             * @enum {string}
             */
            activity: "starting" | "reading" | "waiting" | "failing" | "no-place";
            /**
             * Format: date-time
             * @description Since when reading fails; absent while it does not.
             */
            failing_since?: string | null;
            failure?: ("unavailable" | "limited" | "unauthorised" | "not-found" | "host-busy") | null;
            /**
             * Format: int64
             * @description Attempts that failed.
             */
            failures: number;
            /**
             * Format: date-time
             * @description When the server last had read everything.
             */
            last_complete?: string | null;
            /**
             * Format: date-time
             * @description When the server tries again.
             */
            next_attempt?: string | null;
            /**
             * Format: int64
             * @description Items that the provider does not deliver, and that were passed over; the quarantine
             *     lists them.
             */
            passed_over: number;
            /** @description Why it fails, in words. */
            problem?: string | null;
        };
        /** @description A preferred agent */
        Preference: {
            /** @description The agent's id */
            agent: string;
            /**
             * Format: int32
             * @description Preference, 0 to 100
             */
            score: number;
        };
        /**
         * @description Presence of an agent. Default `available`.
         * @enum {string}
         */
        Presence: "available" | "busy" | "away" | "offline";
        /** @description A change of presence. */
        PresenceDocument: {
            /** @description The previous presence. */
            before: components["schemas"]["Presence"];
            /** @description The new presence. */
            presence: components["schemas"]["Presence"];
        };
        /** @description A presence to set. */
        PresenceRequest: {
            /** @description `available`, `busy`, `away` or `offline`. */
            presence: components["schemas"]["Presence"];
        };
        /** @description Why a request failed (RFC 9457). */
        Problem: {
            /** @description Column in the body, from 1; 0 before the first character. */
            column?: number | null;
            /** @description What is wrong in this request, and what would be right. */
            detail?: string | null;
            /** @description Path of the wrong field, or name of the wrong header. */
            field?: string | null;
            /** @description Path of the request. */
            instance?: string | null;
            /**
             * Format: int64
             * @description The limit that was exceeded.
             */
            limit?: number | null;
            /** @description Line in the body, from 1. */
            line?: number | null;
            /**
             * @description The newer entries of the conversation that matter, oldest first; the newest 100 of
             *     many.
             */
            newer?: components["schemas"]["HistoryEntry"][] | null;
            /**
             * Format: int64
             * @description Number of the newest event, if the feed does not go back far enough.
             */
            newest?: number | null;
            outcome?: components["schemas"]["OutcomeKind"] | null;
            /** @description Every reason, if there are several. */
            problems?: components["schemas"]["ProblemPlace"][];
            /**
             * Format: int64
             * @description Number of the last entry of the conversation, if it has changed.
             */
            sequence?: number | null;
            /**
             * Format: int64
             * @description The actual size, if known.
             */
            size?: number | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The kind in words. */
            title: string;
            /**
             * @description Kind of the problem, as a reference relative to the server. Stable: compare
             *     this in programs.
             * @example /problems/invalid-input
             */
            type: string;
            /** @description Unit of `limit` and `size`. */
            unit?: string | null;
            /** @description Things in a refused company file that are valid but probably not intended. */
            warnings?: string[];
        };
        /** @description One of several reasons. */
        ProblemPlace: {
            /** @description Column, from 1. */
            column?: number | null;
            /** @description What to do. */
            help?: string | null;
            /** @description Line in the document, from 1; absent if the reason has no place. */
            line?: number | null;
            /** @description What is wrong. */
            message: string;
        };
        /** @description A delivery in quarantine, without its content. */
        QuarantineDocument: {
            /**
             * Format: int64
             * @description Its size.
             */
            bytes: number;
            /** @description Name of the channel. */
            channel: string;
            /** @description Name of the connection. */
            connection: string;
            /**
             * Format: int64
             * @description Its number.
             */
            number: number;
            /** @description Path of the first item that could not be decoded. */
            place: string;
            /** @description What is wrong with it. */
            reason: string;
            /**
             * Format: date-time
             * @description When it reached the host.
             */
            received_at: string;
        };
        /** @description Deliveries in quarantine. */
        QuarantineList: {
            /** @description At most 500, sorted by number. */
            items: components["schemas"]["QuarantineDocument"][];
            /**
             * Format: int64
             * @description Value of `after` for the next page; absent on the last page.
             */
            next?: number | null;
        };
        /** @description A queue */
        Queue: {
            /**
             * Format: int32
             * @description Most of its conversations that one agent holds at once; absent: as many as fit
             */
            agent_capacity?: number | null;
            /** @description Whether conversations without a route go here */
            default?: boolean;
            /** @description Name of its business hours; absent: always open */
            hours?: string | null;
            /** @description Identifier, unique */
            id: string;
            /**
             * Format: int32
             * @description Waiting time of the oldest, in seconds
             */
            longest_wait?: number | null;
            /** @description Whether it is open. Default true */
            open?: boolean;
            /** @description Proficiency, 1 to 5, by skill */
            skills?: {
                [key: string]: number;
            };
            /**
             * Format: int32
             * @description Number of waiting conversations
             */
            waiting?: number;
        };
        /** @description A queue. */
        QueueDepth: {
            /** @description Id of the queue. */
            id: string;
            /**
             * Format: int64
             * @description Waiting time of the oldest, in seconds.
             */
            oldest: number;
            /** @description Number of waiting conversations, without those offered to an agent. */
            waiting: number;
        };
        /** @description A queue. */
        QueueDocument: {
            /** @description Id of the queue. */
            id: string;
            /**
             * Format: date-time
             * @description Since when the oldest of them has waited.
             */
            oldest?: string | null;
            /** @description Number of waiting conversations, without those offered to an agent. */
            waiting: number;
        };
        /** @description Queues. */
        QueueList: {
            /** @description Sorted by id. */
            queues: components["schemas"]["QueueDocument"][];
        };
        /** @description A customer's reaction to a message. */
        Reaction: {
            /** @description `add`, or `remove` where the customer took it off. */
            action?: string | null;
            /**
             * Format: date-time
             * @description When, by the channel's clock; absent where it does not say.
             */
            at?: string | null;
            /** @description The emoji; absent where the channel does not name it. */
            emoji?: string | null;
            /** @description Id of the message that it is about. */
            message: string;
            /**
             * Format: int64
             * @description Position in the order of acceptance.
             */
            ordinal: number;
            /**
             * @description Key of the reply that it is about, as in the entry `reply-delivered`; absent where
             *     it is about another message.
             */
            reply_key?: string | null;
        };
        /** @description The server can decide. */
        Readiness: {
            /** @description Number of companies that are ready. */
            companies: number;
            /** @description `ready`. */
            status: string;
            /**
             * @description Number of companies answered 503 because their active generation cannot
             *     be built; the server's log says why.
             */
            unready: number;
        };
        /** @description Results of delivered interactions. */
        Receipts: {
            /** @description Number of new interactions, all on disk. */
            accepted: number;
            /** @description Number turned away by a bound: deliver them again. */
            busy: number;
            /** @description Number delivered before. */
            duplicate: number;
            /** @description The result of each, in the order of delivery. */
            receipts: components["schemas"]["InteractionReceipt"][];
            /** @description Number of invalid ones. */
            refused: number;
        };
        /** @description A rejection. */
        RejectRequest: {
            /** @description Id of the approver; required without tokens. */
            by?: string | null;
            role?: components["schemas"]["RoleField"] | null;
            /** @description Reason, shown to the reply's agent; cut at 1,000 characters. */
            why?: string;
        };
        /** @description A host call without its result. */
        ReplayedCall: {
            /** @description The arguments; handles as numbers. */
            args: unknown;
            /** @description Interface and function, as in the contract. */
            name: string;
        };
        /** @description A field that a replay answers otherwise. */
        ReplayedField: {
            /** @description Path of the field, such as `intents[0].confidence`; empty: the whole. */
            field: string;
            /** @description Its value in the record; absent where the record lacks it. */
            recorded?: unknown;
            /** @description Its value now; absent where the answer lacks it. */
            replayed?: unknown;
        };
        /** @description Replay of one plugin. */
        ReplayedPlugin: {
            asked?: components["schemas"]["ReplayedCall"] | null;
            /**
             * Format: int64
             * @description With `diverged`: number of the host call, from 1.
             */
            call?: number | null;
            /** @description With `different`: every field that differs. */
            differences?: components["schemas"]["ReplayedField"][] | null;
            ended?: components["schemas"]["OutcomeKind"] | null;
            /** @description Name of the plugin in the pipelines. */
            name: string;
            recorded?: components["schemas"]["ReplayedCall"] | null;
            /**
             * @description `same` (the same bytes), `different`, `diverged` (another host call: the policy
             *     is not deterministic) or `not-replayable`.
             */
            result: string;
            /** @description The stage. */
            stage: components["schemas"]["Stage"];
            /**
             * @description With `not-replayable`: `erased`, `no-transcript`, `pack-not-kept`,
             *     `reused-instance`, `not-called` or `not-compared`.
             */
            why?: string | null;
        };
        /** @description Result of a replay: of the whole decision, and of each plugin. */
        ReplayReport: {
            asked?: components["schemas"]["ReplayedCall"] | null;
            /**
             * Format: int64
             * @description With `diverged`: number of the host call, from 1.
             */
            call?: number | null;
            /** @description With `different`: every field that differs. */
            differences?: components["schemas"]["ReplayedField"][] | null;
            ended?: components["schemas"]["OutcomeKind"] | null;
            /**
             * Format: int64
             * @description Number of the decision.
             */
            id: number;
            /** @description Each plugin, in the order of the record. */
            parts: components["schemas"]["ReplayedPlugin"][];
            recorded?: components["schemas"]["ReplayedCall"] | null;
            /**
             * @description `same` (the same bytes), `different`, `diverged` (another host call: the policy
             *     is not deterministic) or `not-replayable`.
             */
            result: string;
            /**
             * @description With `not-replayable`: `erased`, `no-transcript`, `pack-not-kept`,
             *     `reused-instance`, `not-called` or `not-compared`.
             */
            why?: string | null;
        };
        /** @description A file of a reply: an uploaded one (`file` alone), or a reference as in an interaction. */
        ReplyAttachment: {
            /** @description Id of a file that was uploaded to the conversation; without other fields. */
            file?: string | null;
            /** @description `image`, `video`, `audio`, `document`, `location` or `other`. Default `other`. */
            kind?: string | null;
            /** @description Media type. */
            media_type?: string | null;
            /** @description File name. */
            name?: string | null;
            /**
             * Format: int64
             * @description Size in bytes.
             */
            size?: number | null;
            /** @description URL of the content. */
            url?: string | null;
        };
        /** @description What became of a reply. */
        ReplyOutcome: {
            /**
             * Format: int64
             * @description Number of the history entry with that draft; `history` has its text.
             */
            entry: number;
            /** @description Id of the reply. */
            reply: string;
            /**
             * @description What became of its newest draft: `published` (it goes to the channel), `delivered`,
             *     `undeliverable`, `held` (for approval), `revise`, `rejected` (both may be sent again
             *     with the same id and text), `blocked`, `stale` or `taken-back`.
             */
            status: string;
        };
        /** @description A reply to send. */
        ReplyRequest: {
            /**
             * @description Files to send with it: uploaded ones by their id, where the channel takes files
             *     (`files` of the conversation says which); references to other files where a target of
             *     the company publishes. At most 32.
             */
            attachments?: components["schemas"]["ReplyAttachment"][];
            /** @description Id of the agent or supervisor who sends it; required without tokens. */
            by?: string | null;
            /**
             * Format: int64
             * @description `sequence` of the conversation as its author saw it. If the customer wrote, a colleague
             *     replied, or another person changed its owner or state since then, the reply is
             *     refused with `conversation-moved` and what is newer. The same reply again is
             *     answered as the first time all the same. Default: no check.
             */
            expected?: number | null;
            /**
             * @description Id given by the sender, unique in the conversation. A request with the same
             *     id is the same reply and is published once.
             */
            id: string;
            role?: components["schemas"]["RoleField"] | null;
            template?: components["schemas"]["FilledTemplate"] | null;
            /**
             * @description The text to send; at most 64 KiB and the channel's limit. Absent with `template`;
             *     absent or empty where a reply has uploaded files and the channel takes them alone
             *     (`without_text` in `files` of the conversation).
             */
            text?: string | null;
            /**
             * @description What happens when the channel has accepted it: `wait` (on the customer),
             *     `stay`, `wrap-up` or `resolve`. Default `wait`.
             */
            then?: components["schemas"]["AfterReply"];
            /** @description `human` or `policy`. Default `human`. Some channels require it. */
            written_by?: components["schemas"]["WrittenBy"];
        };
        /** @description Numbers of replies. */
        ReplyStatistics: {
            /**
             * Format: int64
             * @description They may not be sent.
             */
            blocked: number;
            /**
             * Format: int64
             * @description The channel accepted them.
             */
            delivered: number;
            /**
             * Format: int64
             * @description They waited for an approval.
             */
            held: number;
            /**
             * Format: int64
             * @description They went to the outbox, at once or after an approval.
             */
            published: number;
            /**
             * Format: int64
             * @description They went back to their agent for changes.
             */
            revised: number;
            /**
             * Format: int64
             * @description The channel refused them, or reported later that they did not arrive.
             */
            undeliverable: number;
        };
        /** @description Until when a channel takes a free reply. */
        ReplyWindowDocument: {
            /**
             * Format: date-time
             * @description When it ends, or ended; absent if the customer never wrote.
             */
            ends?: string | null;
            /** @description Whether it takes one now. */
            open: boolean;
        };
        /** @description Result of one conversation. */
        RequeuedDocument: {
            /** @description Agent who owned it before. */
            agent?: string | null;
            /** @description State before. */
            from?: string | null;
            /** @description Id of the conversation. */
            id: string;
            problem?: components["schemas"]["Problem"] | null;
            /** @description Queue it waits in now; in a dry run, the queue it waits in or came from. */
            queue?: string | null;
            /** @description State now; absent in a dry run. */
            state?: string | null;
        };
        /** @description Results of a requeue. */
        RequeuedList: {
            /** @description The result of each, in the order of the request. */
            conversations: components["schemas"]["RequeuedDocument"][];
            /** @description Number of conversations that are refused. */
            refused: number;
            /** @description Number of conversations that are routed again, or would be. */
            requeued: number;
        };
        /** @description Conversations to route again. */
        RequeueRequest: {
            /** @description Name for the record; required without tokens. */
            by?: string | null;
            /** @description Ids of the conversations; at most 100. */
            conversations: string[];
            /** @description Only report what would happen. */
            dry_run?: boolean;
        };
        /** @description Result of decoding a delivery again. */
        RerunDocument: {
            /** @description Path of the first item that could not be decoded. */
            place?: string | null;
            /** @description What is wrong with it. */
            reason?: string | null;
            /** @description `accepted`: the delivery left the quarantine; `undecodable`: it stays. */
            result: string;
        };
        /** @description Result of a tone check */
        Review: {
            /** @description For a held draft: teams that must approve it, in this order; empty: any supervisor */
            approvers?: string[];
            /** @description Findings in the draft */
            findings: components["schemas"]["Finding"][];
            verdict: components["schemas"]["Verdict"];
            /** @description Reason */
            why: string;
        };
        /**
         * @description Role of a token's holder.
         *
         *     - `integrator`: a program that delivers interactions, requests decisions and follows the feed
         *     - `operator`: runs the host or a company on it, and may do what a supervisor may
         *     - `agent`: answers customers as one agent of the roster
         *     - `supervisor`: supervises queues, approves replies, manages the roster and contacts
         *     - `auditor`: reads the history and the audit trail, and changes nothing
         * @enum {string}
         */
        Role: "integrator" | "operator" | "agent" | "supervisor" | "auditor";
        /** @enum {string} */
        RoleField: "agent" | "supervisor";
        /** @description The generation to roll back to. */
        RollBackRequest: {
            /**
             * @description Accept packs of a lower version than the active generation has. Without a
             *     trust policy they always are.
             */
            allow_downgrade?: boolean;
            /** @description Name for the record. Default: the token's, or `operator` without tokens. */
            by?: string | null;
            /** @description Only report what would change. */
            dry_run?: boolean;
            /**
             * Format: int64
             * @description The active generation that the caller expects; if another is active, the
             *     request fails.
             */
            expected?: number | null;
            /** @description Store the generation without activating it. */
            keep_only?: boolean;
            /**
             * @description New queues for the conversations of removed queues, in addition to those in
             *     the file.
             */
            moved?: {
                [key: string]: string;
            };
            /**
             * Format: int64
             * @description Number of the generation. Default: of those before the active one, the one
             *     that was active last.
             */
            to?: number | null;
        };
        /** @description The decisions of one generation during a rollout. */
        RolloutArm: {
            /**
             * Format: int64
             * @description Number of decisions.
             */
            decisions: number;
            /** @description Decisions in which a policy failed, by outcome. */
            failures: {
                [key: string]: number;
            };
            latency?: components["schemas"]["RolloutLatency"] | null;
            /**
             * Format: int64
             * @description Attempts that found no free instance; they are repeated.
             */
            overloaded: number;
        };
        /**
         * @description What a canary is bounded in.
         *
         *     - `failures`: share of decisions in which a policy fails
         *     - `p99`: time of the slowest of a hundred decisions
         *     - `disagreement`: share of decisions that differ from the control's
         * @enum {string}
         */
        RolloutBound: "failures" | "p99" | "disagreement";
        /** @description When a canary is aborted automatically. */
        RolloutBounds: {
            /**
             * Format: int64
             * @description Decisions of the canary before the first comparison, from 1. Default 200.
             */
            after?: number;
            /**
             * Format: double
             * @description Its share of answers that differ from the control's, 0 to 1. Default null: unbounded.
             */
            disagreement?: number | null;
            /**
             * Format: double
             * @description How much its share of failures may exceed the control's, 0 to 1. Default 0.01; null:
             *     unbounded.
             */
            failures?: number | null;
            /**
             * Format: double
             * @description How many times the control's p99 its own may be, from 1. Differences below a millisecond
             *     are ignored. Default 2; null: unbounded.
             */
            p99?: number | null;
        };
        /** @description A bound that a canary exceeds. */
        RolloutBreach: {
            /**
             * Format: double
             * @description Allowed value, in the same unit.
             */
            allowed: number;
            /** @description Which one. */
            bound: components["schemas"]["RolloutBound"];
            /**
             * Format: int64
             * @description Decisions of the canary so far.
             */
            decisions: number;
            /**
             * Format: double
             * @description Measured value: a share, or a multiple of the control's p99.
             */
            measured: number;
        };
        /** @description Comparison of both generations' answers to the same inputs. */
        RolloutComparison: {
            /**
             * Format: int64
             * @description Those with equal answers, apart from `why`.
             */
            agreed: number;
            /**
             * Format: int64
             * @description Decisions without a failure in either generation.
             */
            decisions: number;
            /** @description Fields that differ, the most frequent first; at most 200. */
            differences: components["schemas"]["RolloutField"][];
            /**
             * Format: int64
             * @description Not compared: a policy of either generation failed.
             */
            failed: number;
            /**
             * Format: int64
             * @description Not compared: no instance was free.
             */
            no_room: number;
            /**
             * Format: int64
             * @description Not compared: the host had no headroom, or the queue was full.
             */
            no_time: number;
        };
        /** @description Numbers of a rollout that has ended. */
        RolloutCounts: {
            /**
             * Format: int64
             * @description Those that were equal.
             */
            agreed: number;
            /**
             * Format: int64
             * @description Decisions of both generations that were compared.
             */
            compared: number;
            /**
             * Format: int64
             * @description Decisions of the candidate.
             */
            decisions: number;
            /**
             * Format: int64
             * @description Those in which a policy failed.
             */
            failed: number;
        };
        /** @description The state of a rollout. */
        RolloutDocument: {
            /** @description When a canary is aborted automatically. */
            bounds: components["schemas"]["RolloutBounds"];
            breach?: components["schemas"]["RolloutBreach"] | null;
            /** @description Who started it. */
            by: string;
            /** @description Decisions of the candidate. */
            candidate_arm: components["schemas"]["RolloutArm"];
            /** @description Comparison of both answers to the same input. */
            compared: components["schemas"]["RolloutComparison"];
            /**
             * Format: int64
             * @description Number of the active generation, the control.
             */
            control: number;
            /**
             * @description Decisions of the control: on its share of a canary, or those that the shadow
             *     repeated.
             */
            control_arm: components["schemas"]["RolloutArm"];
            /**
             * Format: int64
             * @description Number of the candidate generation.
             */
            generation: number;
            /** @description `shadow` or `canary`. */
            kind: components["schemas"]["RolloutKind"];
            /**
             * @description Figures over time, oldest first: at most 120, every ten seconds at first and less
             *     often the longer the rollout runs.
             */
            points: components["schemas"]["RolloutPoint"][];
            /** @description Share of the conversations. */
            share: string;
            /**
             * Format: date-time
             * @description When it was started.
             */
            since: string;
        };
        /**
         * @description A decision in which a field differs. Values are there only where they are free of customer
         *     text.
         */
        RolloutExample: {
            /** @description The candidate's value. */
            candidate?: unknown;
            /** @description The control's value. */
            control?: unknown;
            /** @description Its conversation; absent for a stateless request. */
            conversation?: string | null;
            /**
             * Format: int64
             * @description Number of the decision, as in `decisions/{decision}`; absent for a stateless request,
             *     and until the decision is committed.
             */
            decision?: number | null;
            /** @description Its interaction. */
            interaction?: string | null;
        };
        /** @description A field that differs. */
        RolloutField: {
            /**
             * Format: int64
             * @description Number of decisions in which it differs.
             */
            decisions: number;
            /** @description The first five. */
            examples: components["schemas"]["RolloutExample"][];
            /** @description Its path, such as `route.target.id`; `[]` is any index of a list. */
            field: string;
        };
        /** @description Rollouts that ended. */
        RolloutHistory: {
            /**
             * Format: int64
             * @description Value of `before` for the next page; absent on the last page.
             */
            next?: number | null;
            /** @description The newest first. */
            rollouts: components["schemas"]["EndedRolloutDocument"][];
        };
        /**
         * @description Kind of a rollout.
         * @enum {string}
         */
        RolloutKind: "shadow" | "canary";
        /** @description Times of decisions, in microseconds: queue, instantiation and policy calls. */
        RolloutLatency: {
            /**
             * Format: int64
             * @description Number of decisions since the host started.
             */
            decisions: number;
            /**
             * Format: int64
             * @description Maximum.
             */
            max_micros: number;
            /**
             * Format: int64
             * @description Median.
             */
            p50_micros: number;
            /**
             * Format: int64
             * @description 99th percentile.
             */
            p99_micros: number;
        };
        /**
         * @description Figures of a rollout at a moment. Shares and times are those of the last 1,000 to 2,000
         *     decisions of an arm, by which the bounds of a canary are judged; absent: it had none since
         *     the host started.
         */
        RolloutPoint: {
            /**
             * Format: date-time
             * @description The moment.
             */
            at: string;
            /**
             * Format: double
             * @description Share of the candidate's decisions in which a policy failed, 0 to 1.
             */
            candidate_failures?: number | null;
            /**
             * Format: int64
             * @description Time of the slowest of a hundred decisions of the candidate, in microseconds.
             */
            candidate_p99?: number | null;
            /**
             * Format: double
             * @description The same of the control. The bound is this plus `bounds.failures`.
             */
            control_failures?: number | null;
            /**
             * Format: int64
             * @description The same of the control. The bound is this times `bounds.p99`.
             */
            control_p99?: number | null;
            /**
             * Format: int64
             * @description Decisions of the candidate so far.
             */
            decisions: number;
            /**
             * Format: double
             * @description Share of the compared decisions in which both generations differ, 0 to 1.
             */
            disagreement?: number | null;
        };
        /** @description A rollout to start or change. */
        RolloutRequest: {
            bounds?: components["schemas"]["RolloutBounds"] | null;
            /** @description Name for the record. Default: the token's, or `operator` without tokens. */
            by?: string | null;
            /**
             * Format: int64
             * @description The active generation that the caller expects; if another is active, the
             *     request fails.
             */
            expected?: number | null;
            /**
             * Format: int64
             * @description Number of a stored generation, the candidate.
             */
            generation: number;
            /**
             * @description `shadow`: the candidate runs beside the active generation without effect.
             *     `canary`: the candidate decides for a share of the conversations.
             */
            kind: components["schemas"]["RolloutKind"];
            /**
             * @description Share of the conversations, such as `5%`, at most 90%. Default 10% for a
             *     shadow, 5% for a canary. A larger share includes the conversations of a
             *     smaller one.
             */
            share?: string | null;
        };
        /** @description An entry of the roster. */
        RosterEntry: {
            /**
             * Format: int32
             * @description Total capacity in units. Default 100.
             */
            capacity?: number;
            /** @description Most conversations at once by channel; replaces the company's limit. */
            channel_capacity?: {
                [key: string]: number;
            };
            /** @description The company's identifier of the agent, unique; 1 to 256 bytes. */
            id: string;
            /** @description Languages spoken (BCP 47). */
            languages?: string[];
            /** @description Display name. */
            name?: string | null;
            /** @description Most conversations at once by queue; replaces the queue's limit. */
            queue_capacity?: {
                [key: string]: number;
            };
            /**
             * @description Queues the agent is a member of; absent: every queue whose skills the agent
             *     meets.
             */
            queues?: string[];
            /** @description Site. */
            site?: string | null;
            /** @description Skills with their proficiency, 1 (learning) to 5 (expert). */
            skills?: {
                [key: string]: number;
            };
            /** @description Teams. */
            teams?: string[];
        };
        /** @description An entry of the roster whose agent the address names. */
        RosterFields: {
            /**
             * Format: int32
             * @description Total capacity in units. Default 100.
             */
            capacity?: number;
            /** @description Most conversations at once by channel; replaces the company's limit. */
            channel_capacity?: {
                [key: string]: number;
            };
            /** @description Languages spoken (BCP 47). */
            languages?: string[];
            /** @description Display name. */
            name?: string | null;
            /** @description Most conversations at once by queue; replaces the queue's limit. */
            queue_capacity?: {
                [key: string]: number;
            };
            /**
             * @description Queues the agent is a member of; absent: every queue whose skills the agent
             *     meets.
             */
            queues?: string[];
            /** @description Site. */
            site?: string | null;
            /** @description Skills with their proficiency, 1 (learning) to 5 (expert). */
            skills?: {
                [key: string]: number;
            };
            /** @description Teams. */
            teams?: string[];
        };
        /** @description Route of a conversation */
        RoutePlan: {
            /** @description Ids of agents who are not offered the conversation */
            excluded?: string[];
            /**
             * Format: patchbay-duration
             * @description Timeout of an offer; absent: the company's; a duration such as 90s, 30m or 1h30m
             */
            offer_timeout?: string | null;
            /** @description Preferred agents */
            preferences?: components["schemas"]["Preference"][];
            /**
             * Format: int32
             * @description 0 to 100; null: the queue's
             */
            priority?: number | null;
            /** @description SLA targets by clock */
            sla: {
                /**
                 * Format: patchbay-duration
                 * @description Target; a duration such as 90s, 30m or 1h30m
                 */
                first_response?: string;
                /**
                 * Format: patchbay-duration
                 * @description Target; a duration such as 90s, 30m or 1h30m
                 */
                next_response?: string;
                /**
                 * Format: patchbay-duration
                 * @description Target; a duration such as 90s, 30m or 1h30m
                 */
                resolution?: string;
            };
            /** @description Requirements of agents, relaxed step by step */
            steps: components["schemas"]["RouteStep"][];
            /** @description Codes of tags to add */
            tags: string[];
            target: components["schemas"]["RouteTarget"];
            /** @description Reason */
            why: string;
        };
        /** @description Requirements of agents for a time */
        RouteStep: {
            /**
             * Format: patchbay-duration
             * @description Duration of the step; absent: unlimited; a duration such as 90s, 30m or 1h30m
             */
            expires?: string | null;
            /** @description Languages, of which the agent must speak one */
            languages?: string[];
            /**
             * Format: int32
             * @description The step is skipped if fewer agents qualify
             */
            minimum_agents?: number | null;
            /** @description Proficiency, 1 to 5, by skill */
            skills?: {
                [key: string]: number;
            };
        };
        /** @description Target of a route */
        RouteTarget: {
            /** @description Id of the queue or agent */
            id?: string | null;
            /** @description Kind: `queue`, `agent`, `hold`, `close`; later versions add codes */
            kind: string;
            /** @description For `agent` and `hold`: the queue it belongs to meanwhile and returns to */
            queue?: string | null;
            /**
             * Format: date-time
             * @description For `agent` and `hold`: when it ends
             */
            until?: string | null;
            /** @description For `agent`: whether it keeps waiting while they are away or offline */
            while_away?: boolean;
        };
        /** @description What a person should know about a row. Repeats no address and no value. */
        RowNoticeDocument: {
            /**
             * @description Code of its kind: `malformed`, `invalid`, `not-utf-8`, `too-long`, `id-twice`,
             *     `address-twice`, `different-people`, `other-record`, `erased` or `left-apart`.
             */
            code: string;
            /** @description Ids of the contacts it is about. */
            contacts?: string[];
            /**
             * Format: int64
             * @description The line on which it begins, from 1.
             */
            line: number;
            /** @description What is wrong. */
            message: string;
            /** @description What to do next. */
            next: string;
        };
        /** @description An interaction with its text. */
        SaidInteraction: {
            interaction?: components["schemas"]["Interaction"] | null;
            /**
             * Format: int64
             * @description Position in the order of acceptance.
             */
            ordinal: number;
        };
        /**
         * @description What a search goes by.
         * @enum {string}
         */
        SearchField: "conversation" | "address" | "words";
        /** @description What to search for. */
        SearchRequest: {
            /**
             * @description The id of a conversation; the address of a customer, as a mail address, a phone number
             *     or a name with `@`; the exact id of a message; or one to eight words. At most 512
             *     bytes.
             */
            text: string;
        };
        /** @description How a search went. */
        SearchSummary: {
            /**
             * Format: date-time
             * @description When the last of them was resolved: `next` leads to those that were resolved before.
             *     Absent where `resolved` is 0.
             */
            back_to?: string | null;
            /**
             * @description What the text was taken for. `conversation`: the id of a conversation. `address`: an
             *     address that a customer writes from; all conversations of that person are found.
             *     `words`: conversations in which each word occurs, and those with a message of that
             *     id.
             */
            by: components["schemas"]["SearchField"];
            /**
             * @description Whether all conversations that match the filter were searched, beside resolved ones of
             *     further pages. `false`: of those that are not resolved only the 25,000 with the newest
             *     messages were searched, of conversations with texts of thousands of people only a part
             *     of the texts, or for the id of a message only 1,000 channels and accounts or the first
             *     100 conversations. A narrower filter searches the others.
             */
            complete: boolean;
            /**
             * Format: int64
             * @description Conversations of the company whose words are still being collected: after an update of
             *     the host, or after a message was changed or deleted. They are not found by all of
             *     their texts yet.
             */
            outdated: number;
            /**
             * @description Resolved conversations that this page was chosen from, the last resolved first; at
             *     most 10,000. 0 where the page ends before the resolved ones.
             */
            resolved: number;
        };
        /** @description How far the caller has read a conversation. */
        SeenDocument: {
            /**
             * Format: int64
             * @description Number of the newest history entry that they saw: the one sent, or a newer one that
             *     was sent before.
             */
            seen: number;
        };
        /** @description How far a person has read a conversation. */
        SeenRequest: {
            /** @description Id of the agent or supervisor; required without tokens. */
            by?: string | null;
            role?: components["schemas"]["RoleField"] | null;
            /**
             * Format: int64
             * @description Number of the newest history entry that was shown; at most the conversation's
             *     `sequence`.
             */
            seen: number;
        };
        /** @description Result of a reply. */
        SentDocument: {
            /** @description Id of the reply. */
            id: string;
            review?: components["schemas"]["Review"] | null;
            /**
             * Format: date-time
             * @description When it is sent, of a `published` reply of a company with `send-after`: until then it
             *     may be taken back.
             */
            sends_at?: string | null;
            /**
             * @description `published` (on its way to the channel), `revise` (back to its agent), `held`
             *     (waiting for approval) or `blocked`; when the same reply is sent again also
             *     `delivered`, `undeliverable`, `rejected`, `stale` or `taken-back`.
             */
            status: string;
        };
        /** @description A file of a reply. */
        SentFile: {
            /**
             * @description Id of the uploaded file, by which it is downloaded; absent: the reply has a reference
             *     to a file elsewhere.
             */
            file?: string | null;
            /** @description `image`, `video`, `audio`, `document`, `location` or `other`. */
            kind: string;
            /** @description Media type. */
            media_type?: string | null;
            /** @description File name. */
            name?: string | null;
            /**
             * @description In the history of a conversation and in a reply that waits for approval: whether the
             *     file was removed since, and cannot be downloaded. Default: false.
             */
            removed?: boolean;
            /**
             * Format: int64
             * @description Size in bytes.
             */
            size?: number | null;
        };
        /** @description A filled template. */
        SentTemplate: {
            /** @description Its language as the provider writes it. */
            language: string;
            /** @description Its name at the provider, as `GET …/templates` lists it. */
            name: string;
            /** @description The parameters, in the order of their numbers. */
            parameters: string[];
        };
        /** @description When a session ends. */
        SessionEnds: {
            /**
             * Format: date-time
             * @description When it ends at the latest.
             */
            expires_at: string;
            /**
             * Format: date-time
             * @description When it ends unless its person does something before: 30 minutes from now, and not
             *     after `expires_at`. By the clock of the header `Date`.
             */
            idle_ends_at: string;
        };
        /**
         * @description Severity of a finding
         * @enum {string}
         */
        Severity: "info" | "low" | "medium" | "high" | "critical";
        /** @description What a person signs in with: one of both. */
        SignInRequest: {
            /** @description The code of a one-time link, as `patchbay token link` makes it. */
            code?: string | null;
            /** @description A token of this host, or of its issuer. */
            token?: string | null;
        };
        /** @description How people may sign in. */
        SignInWays: {
            /** @description Whether a one-time link signs in. */
            link: boolean;
            openid_connect?: components["schemas"]["OpenIdConnectWay"] | null;
            /** @description Whether requests need a token or a session. */
            required: boolean;
            /** @description Whether a pasted token signs in. */
            token: boolean;
        };
        /**
         * @description Stage of a decision.
         *
         *     - `classify`: what an interaction is
         *     - `route`: who handles its conversation
         *     - `tone`: whether a draft may go out
         *     - `escalate`: whether more people must know
         * @enum {string}
         */
        Stage: "classify" | "route" | "tone" | "escalate";
        /** @description Decisions of a stage. */
        StageStatistics: {
            /** @description Decisions of its plugins by outcome, without outcomes that did not happen. */
            decisions: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Decisions that a rule of the host made in place of a plugin.
             */
            fallbacks: number;
        };
        /** @description Calls at a stage since the start. */
        StageStatus: {
            /** @description Plugin calls by outcome. Counts of retired generations are dropped. */
            outcomes: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Median duration in microseconds.
             */
            p50?: number | null;
            /**
             * Format: int64
             * @description 99th percentile in microseconds.
             */
            p99?: number | null;
            /** @description The stage. */
            stage: string;
            /** @description Numbers of decisions by duration, in the ranges of `bounds`. */
            times: number[];
        };
        /** @description Generation and plugins that decided */
        Stamp: {
            /**
             * Format: int64
             * @description Number of the generation
             */
            generation: number;
            /** @description The plugins, in the order of their calls */
            plugins: components["schemas"]["PluginPart"][];
        };
        /** @description Statistics of one time. */
        StatisticsBucket: {
            /**
             * Format: date-time
             * @description Its end, which is the start of the next.
             */
            end: string;
            /** @description Sorted by `key`. A subject without a row did nothing in this time. */
            rows: components["schemas"]["StatisticsRow"][];
            /**
             * Format: date-time
             * @description Its start.
             */
            start: string;
        };
        /** @description Statistics of a company over time. */
        StatisticsDocument: {
            /**
             * Format: int64
             * @description Entries of the feed that are not counted yet; 0: everything is.
             */
            behind: number;
            /** @description In order, without gaps. */
            buckets: components["schemas"]["StatisticsBucket"][];
            /** @description What the rows are about. */
            by: components["schemas"]["StatisticsSubject"];
            /**
             * Format: int64
             * @description Number of the last entry of the feed that is counted.
             */
            counted: number;
            /**
             * Format: date-time
             * @description Start of the first bucket.
             */
            from: string;
            /** @description Length of the buckets. */
            step: components["schemas"]["StatisticsStep"];
            /**
             * Format: date-time
             * @description End of the last bucket.
             */
            to: string;
            /** @description The whole time, by subject. */
            totals: components["schemas"]["StatisticsRow"][];
            /** @description IANA name of the time zone of the hours and days. */
            zone: string;
        };
        /** @description What happened in a time. */
        StatisticsRow: {
            /**
             * @description The queue, agent, channel or stage; absent: the company, or conversations that had
             *     no queue yet.
             */
            key?: string | null;
            stage?: components["schemas"]["StageStatistics"] | null;
            work?: components["schemas"]["WorkStatistics"] | null;
        };
        /**
         * @description Length of the buckets.
         *
         *     - `5m`: five minutes, for 62 hours at most and 35 days back
         *     - `hour`: an hour of the company's time zone, for 31 days at most
         *     - `day`: a day of the company's time zone, of 23 or 25 hours where the clock changes, for 750 days at most
         * @enum {string}
         */
        StatisticsStep: "5m" | "hour" | "day";
        /**
         * @description What the rows are about.
         *
         *     - `company`: the whole company
         *     - `queue`: each queue, as of the moment that counts
         *     - `agent`: each agent who did it or whose conversation it was
         *     - `channel`: each channel
         *     - `stage`: each stage of the pipelines: only `stage` is set
         * @enum {string}
         */
        StatisticsSubject: "company" | "queue" | "agent" | "channel" | "stage";
        /** @description The server is alive. */
        Status: {
            /** @description `ok`. */
            status: string;
        };
        /** @description A reply that was taken back, and its conversation. */
        TakenBackReply: {
            /** @description Agent who owns the conversation now. */
            owner?: string | null;
            /** @description Id of the reply. Nothing is ever sent with this id: send the text with a new one. */
            reply: string;
            /**
             * Format: int64
             * @description Number of the last history entry of the conversation: the value of `expected` for
             *     what the author does next.
             */
            sequence: number;
            /** @description State of the conversation now. */
            state: string;
            written?: components["schemas"]["WrittenReply"] | null;
        };
        /** @description A message that the provider approved. */
        TemplateDocument: {
            /** @description Code of the channel. */
            channel: string;
            /** @description Its id, as a reply names it. */
            id: string;
            /** @description Its language as the provider writes it: `en_US`. */
            language: string;
            /** @description Its name at the provider. */
            name: string;
            /** @description How many parameters it has. */
            parameters: number;
            /** @description The text; the parameters stand at `{{1}}`, `{{2}}` and so on. */
            text: string;
        };
        /** @description The templates of the company file. */
        TemplateList: {
            /** @description Sorted by channel and id. */
            templates: components["schemas"]["TemplateDocument"][];
        };
        /** @description A token, without its secret. */
        TokenDocument: {
            /** @description Id of the agent, for the role `agent`. */
            agent?: string | null;
            /** @description Name of the company; absent: the whole host. */
            company?: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description Who created it: id of a token, `local` or `command-line`. */
            created_by: string;
            /**
             * Format: date-time
             * @description When it expires; absent: never.
             */
            expires_at?: string | null;
            /** @description Id of the token. */
            id: string;
            /** @description Name under which its holder acts. */
            name: string;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revoked_at?: string | null;
            /** @description Role. */
            role: components["schemas"]["Role"];
            /** @description `active`, `expired` or `revoked`. */
            state: string;
        };
        /** @description Tokens. */
        TokenList: {
            /** @description All tokens, including revoked and expired ones, in the order of creation. */
            tokens: components["schemas"]["TokenDocument"][];
        };
        /** @description A token to create. */
        TokenRequest: {
            /** @description Id of the agent; required for the role `agent`, not allowed for others. */
            agent?: string | null;
            /**
             * @description Name of the company; absent: the whole host, which only operators and
             *     auditors can have.
             */
            company?: string | null;
            /** @description Lifetime, such as `30d`, from a minute to 3650 days. Default 90 days. */
            expires_in?: string | null;
            /**
             * @description Name under which its holder acts, 1 to 256 bytes. Default: the token's id. An
             *     agent's token always acts under the agent's id.
             */
            name?: string | null;
            /** @description Whether it is valid until it is revoked. */
            never_expires?: boolean;
            /** @description `integrator`, `operator`, `agent`, `supervisor` or `auditor`. */
            role: components["schemas"]["Role"];
        };
        /** @description A draft to check, with its context */
        ToneRequest: {
            classification?: components["schemas"]["Classification"] | null;
            /** @description Whether the agent is still typing */
            composing?: boolean;
            conversation?: components["schemas"]["Conversation"] | null;
            draft: components["schemas"]["Draft"];
            interaction?: components["schemas"]["Interaction"] | null;
            /**
             * Format: int64
             * @description Seed of the policies' random numbers. Default derived from the id
             */
            seed?: number | null;
            /** @description Include every host call in the answer */
            transcript?: boolean;
        };
        /** @description Trigger of the escalation. Default `classified` */
        Trigger: {
            /** @description Id of the agent who declined, did not answer an offer, or is silent */
            agent?: string | null;
            /** @description The SLA clock it is about: `first-response`, `next-response`, `resolution`; later versions add codes */
            clock?: string | null;
            /** @description What fired: `classified`, `sla-at-risk`, `sla-breached`, `customer-returned`, `declined`, `silent-agent`, `wake-up`, `volume-surge`, `reach-surge`; later versions add codes */
            code: string;
            /**
             * Format: int64
             * @description Number of interactions or people in a surge, or of declined offers
             */
            count?: number | null;
            /**
             * Format: date-time
             * @description When the target is or was due, or the wake-up was requested for
             */
            due_at?: string | null;
            /** @description Subject of a surge, or name of a wake-up */
            subject?: string | null;
            /** @description Usual number of a surge */
            usual?: number | null;
            /**
             * Format: patchbay-duration
             * @description Length of a surge's window; a duration such as 90s, 30m or 1h30m
             */
            window?: string | null;
        };
        /** @description Result of the check of a reply that an agent is typing. */
        TypedDocument: {
            /**
             * Format: int32
             * @description Length, in the channel's unit.
             */
            length: number;
            /**
             * Format: int32
             * @description The channel's limit; absent: none.
             */
            limit?: number | null;
            review?: components["schemas"]["Review"] | null;
        };
        /** @description A reply that an agent is typing. */
        TypedRequest: {
            /** @description Id of the agent or supervisor who types; required without tokens. */
            by?: string | null;
            role?: components["schemas"]["RoleField"] | null;
            /** @description The text so far. */
            text: string;
            /** @description `human` or `policy`. Default `human`. */
            written_by?: components["schemas"]["WrittenBy"];
        };
        /** @description The unsealing. */
        UnsealingDocument: {
            /**
             * Format: int64
             * @description Its number in the audit trail: pass it as `under` to each decision. Valid for
             *     a day and for the same caller.
             */
            act: number;
        };
        /** @description Decisions to unseal. */
        UnsealingRequest: {
            /**
             * Format: int64
             * @description How many decisions between them will be read.
             */
            decisions: number;
            /**
             * Format: int64
             * @description Number of the first decision.
             */
            from: number;
            /**
             * Format: int64
             * @description Number of the last decision.
             */
            to: number;
        };
        /** @description An uploaded file. */
        UploadedFile: {
            /**
             * Format: date-time
             * @description When the upload began.
             */
            at: string;
            /** @description Id of the person who uploaded it. */
            by: string;
            /**
             * Format: date-time
             * @description When it is deleted unless a reply names it; absent once one does. Then it is kept
             *     with its conversation.
             */
            expires_at?: string | null;
            /** @description Its id, by which a reply names it in `attachments`. */
            id: string;
            /** @description Its media type, by the bytes. */
            media_type: string;
            /** @description Its name; one that had no ending has got that of its type. */
            name: string;
            /** @description SHA-256 of the bytes, hexadecimal. */
            sha256: string;
            /**
             * Format: int64
             * @description Its bytes.
             */
            size: number;
        };
        /**
         * @description Verdict on a draft, mildest first
         * @enum {string}
         */
        Verdict: "approve" | "revise" | "hold" | "block";
        /** @description A person who has a conversation open. */
        Viewer: {
            /** @description Id of the agent, or name of the supervisor. */
            agent: string;
            /**
             * Format: date-time
             * @description Since when they do it.
             */
            since: string;
            /** @description What they do. */
            state: components["schemas"]["ViewerState"];
        };
        /** @description The viewers of a conversation. */
        ViewerList: {
            /** @description At most 32, by the time since when they do what they do. */
            viewers: components["schemas"]["Viewer"][];
        };
        /**
         * @description What a person does in a conversation that they have open.
         *
         *     - `viewing`: they look at it
         *     - `typing`: they write a reply or a note
         *     - `away`: they have it open and are elsewhere
         * @enum {string}
         */
        ViewerState: "viewing" | "typing" | "away";
        /** @description What a person does in a conversation. */
        ViewingRequest: {
            /** @description Id of the agent or supervisor; required without tokens. */
            by?: string | null;
            role?: components["schemas"]["RoleField"] | null;
            /** @description What they do. */
            state: components["schemas"]["ViewerState"];
        };
        /**
         * @description Who may read it. Default the channel's usual visibility
         * @enum {string}
         */
        Visibility: "public" | "private";
        /** @description A company that a caller may see. */
        VisibleCompany: {
            /** @description Name of the company. */
            name: string;
            /**
             * @description Whether its active generation could be built; without, its requests are
             *     answered 503.
             */
            ready: boolean;
        };
        /** @description The state of a watched company file. */
        WatchedFile: {
            /**
             * Format: date-time
             * @description Since when.
             */
            at: string;
            /** @description Name of the file, without its directory. */
            file: string;
            /**
             * Format: int64
             * @description Number of the generation that was built from the file.
             */
            generation?: number | null;
            /** @description Every problem of the file. */
            problems?: string[];
            /**
             * @description `applied`: a generation was built from the file and activated.
             *     `unchanged`: the active generation has the same content. `refused`: the
             *     file is invalid, and the active generation stays. `removed`: the file was
             *     removed, and the active generation stays.
             */
            state: string;
        };
        /** @description What another generation decides. */
        WhatIf: {
            /**
             * Format: int64
             * @description Number of the decision.
             */
            decision: number;
            /** @description The fields that differ. List indexes are left out of their names. */
            differences: components["schemas"]["FieldDifference"][];
            /**
             * Format: int64
             * @description Number of the generation that decided again.
             */
            generation: number;
            /**
             * Format: int64
             * @description Such calls that the record has no answer for: the company file of the generation
             *     answered them.
             */
            missed: number;
            /**
             * Format: int64
             * @description Host calls about agents, queues and state that the record answered.
             */
            recalled: number;
            /**
             * @description `same`, `different`, `failed` (a policy fails that did not before) or
             *     `not-replayable`.
             */
            result: string;
            /** @description The plugin that fails, and how; or why the decision cannot be repeated. */
            why?: string | null;
        };
        /** @description A decision in which a field differs. */
        WhatIfExample: {
            /**
             * Format: int64
             * @description Number of the decision.
             */
            decision: number;
            /** @description The recorded value; absent if it had none. */
            recorded?: unknown;
            /** @description The value now; absent if it has none. */
            replayed?: unknown;
        };
        /** @description Decisions in which one plugin failed with one outcome. */
        WhatIfFailures: {
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
            /** @description The first decisions, at most 5. */
            decisions: number[];
        };
        /** @description A field that differs in some decisions. */
        WhatIfField: {
            /**
             * Format: int64
             * @description In how many decisions, counted once for each place in a list.
             */
            count: number;
            /** @description The first decisions, at most 5. A value of more than 2,000 bytes is cut. */
            examples: components["schemas"]["WhatIfExample"][];
        };
        /** @description A job, and what it has counted so far. Personal data is masked. */
        WhatIfJob: {
            /** @description Who started it. */
            by: string;
            /**
             * Format: int64
             * @description With another result.
             */
            different: number;
            /**
             * Format: int64
             * @description Decisions repeated so far.
             */
            done: number;
            /**
             * Format: date-time
             * @description When it ended.
             */
            ended_at?: string | null;
            /**
             * Format: int64
             * @description In which a policy failed that did not before.
             */
            failed: number;
            /** @description Failures by plugin and outcome; beyond 200, together as `others`. */
            failures: {
                [key: string]: components["schemas"]["WhatIfFailures"];
            };
            /** @description Differences by field; beyond 200 fields, together as `others`. */
            fields: {
                [key: string]: components["schemas"]["WhatIfField"];
            };
            /**
             * Format: date-time
             * @description Only decisions at this time or later.
             */
            from?: string | null;
            /**
             * Format: int64
             * @description Number of the generation that decides again.
             */
            generation: number;
            /** @description Id of the job. */
            id: string;
            /** @description At most this many decisions, the newest ones. */
            limit: number;
            /**
             * Format: int64
             * @description Such calls that the record has no answer for.
             */
            missed: number;
            /** @description Not compared, by the reason, such as `no-transcript`. */
            not_replayable: {
                [key: string]: number;
            };
            problem?: components["schemas"]["Problem"] | null;
            /**
             * Format: int64
             * @description Host calls whose answer changes with time and that the record answered.
             */
            recalled: number;
            /**
             * Format: int64
             * @description With the same result.
             */
            same: number;
            /**
             * Format: date-time
             * @description When it was started.
             */
            started_at: string;
            /** @description `running`, `done`, `failed` or `cancelled`. */
            state: string;
            /**
             * Format: date-time
             * @description Only decisions before this time.
             */
            to?: string | null;
            /** @description Decisions to repeat; absent until they are listed. */
            total?: number | null;
        };
        /** @description The decisions to repeat. */
        WhatIfRequest: {
            /** @description Name for the record. Default: the token's, or `operator` without tokens. */
            by?: string | null;
            /**
             * Format: date-time
             * @description Only decisions at this time or later.
             */
            from?: string | null;
            /**
             * Format: int64
             * @description Number of a stored generation, active or not.
             */
            generation: number;
            /** @description At most this many, the newest ones. Default 1,000. */
            limit?: number | null;
            /**
             * Format: date-time
             * @description Only decisions before this time.
             */
            to?: string | null;
        };
        /** @description What a company, a queue, an agent or a channel did in a time. */
        WorkStatistics: {
            /** @description SLA clocks, in working time. */
            clocks: components["schemas"]["ClockStatistics"];
            /** @description Conversations. */
            conversations: components["schemas"]["ConversationStatistics"];
            /**
             * @description Time from the start of a conversation to its first reply, by the clock on the wall;
             *     counted when the channel accepts the reply.
             */
            first_response: components["schemas"]["DurationStatistics"];
            /**
             * @description Time that an agent owned a conversation that did not wait on its customer; counted
             *     when the agent no longer owns it.
             */
            handle: components["schemas"]["DurationStatistics"];
            /**
             * Format: int64
             * @description Messages of customers, without those that a program wrote.
             */
            interactions: number;
            /** @description Offers to agents. */
            offers: components["schemas"]["OfferStatistics"];
            /** @description Replies. */
            replies: components["schemas"]["ReplyStatistics"];
            /**
             * @description Time from the start of a conversation to resolved, by the clock on the wall; counted
             *     when it is resolved, each time.
             */
            resolution: components["schemas"]["DurationStatistics"];
        };
        /**
         * @description Author of a draft. Default `human`.
         * @enum {string}
         */
        WrittenBy: "human" | "policy";
        /** @description What the author of a reply wrote. */
        WrittenReply: {
            /** @description References to other files, as in the request. */
            attachments?: Record<string, unknown>[];
            /** @description Uploaded files: they can be sent with another reply of the conversation. */
            files?: components["schemas"]["SentFile"][];
            template?: components["schemas"]["SentTemplate"] | null;
            /** @description The text; of a template, the filled text. */
            text: string;
            /** @description `human` or `policy`. */
            written_by: components["schemas"]["WrittenBy"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server is alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description At least one company is ready. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    active_alerts: {
        parameters: {
            query?: {
                /** @description Only this company. */
                company?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Active alerts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActiveAlertList"];
                };
            };
        };
    };
    audit: {
        parameters: {
            query?: {
                /** @description Only actions of this code, such as `token.created`. */
                act?: string;
                /** @description Only actions of this actor: id of a token, `local` or `command-line`. */
                actor?: string;
                /** @description `next` of the page before; with `order=oldest` only. */
                after?: number;
                /** @description `next` of the page before, where the newest come first. */
                before?: number;
                /** @description Only actions at this time or later. */
                from?: string;
                /** @description Page size, 1 to 500. Default 500. */
                limit?: number;
                /** @description Order of the entries. Default `newest`. */
                order?: "oldest" | "newest";
                /**
                 * @description Only actions with this text in their details, which name what they concern, or in the
                 *     company's name; case does not matter. 1 to 256 bytes.
                 */
                q?: string;
                /** @description Only actions before this time. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Entries of the audit trail. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
        };
    };
    verify_audit: {
        parameters: {
            query?: {
                /** @description A `head` stored earlier: 64 hexadecimal digits. */
                expect?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Result of the verification. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditReport"];
                };
            };
        };
    };
    agents: {
        parameters: {
            query?: {
                /** @description Id of the previous page's last agent. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the roster. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentList"];
                };
            };
        };
    };
    import_agents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RosterEntry"][];
            };
        };
        responses: {
            /** @description Numbers of added and changed agents. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
        };
    };
    agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the agent. */
                agent: string;
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agent. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentDocument"];
                };
            };
        };
    };
    put_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the agent. */
                agent: string;
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RosterFields"];
            };
        };
        responses: {
            /** @description Whether the agent was added or changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
        };
    };
    remove_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the agent. */
                agent: string;
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agent is removed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    set_presence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the agent. */
                agent: string;
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PresenceRequest"];
            };
        };
        responses: {
            /** @description The presence is set. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceDocument"];
                };
            };
        };
    };
    alerts: {
        parameters: {
            query?: {
                /** @description `next` of the page before, where the oldest come first. */
                after?: number;
                /** @description `next` of the page before, where the newest come first. */
                before?: number;
                /** @description Page size, 1 to 500. Default 500. */
                limit?: number;
                /** @description `true`: only alerts without an acknowledgement. Default false. */
                open?: boolean;
                /** @description Order of the alerts. Default: `newest` with `before`, else `oldest`. */
                order?: "oldest" | "newest";
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alerts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertList"];
                };
            };
        };
    };
    acknowledge_alert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of the alert: `feed`. */
                alert: number;
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcknowledgeRequest"];
            };
        };
        responses: {
            /** @description The acknowledgement that counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acknowledgement"];
                };
            };
        };
    };
    approvals: {
        parameters: {
            query?: {
                /** @description `next` of the previous page. */
                after?: string;
                /** @description For whom `mine` is said, without tokens; a token says it. */
                by?: string;
                /** @description Most replies of the page; default 50. */
                limit?: number;
                /** @description `agent` or `supervisor`: the role of `by`, without tokens. Default `agent`. */
                role?: components["schemas"]["RoleField"];
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of replies waiting for approval. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalList"];
                };
            };
        };
    };
    approve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Id of the reply. */
                reply: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActorFields"];
            };
        };
        responses: {
            /** @description Status of the reply. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneDocument"];
                };
            };
        };
    };
    reject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Id of the reply. */
                reply: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RejectRequest"];
            };
        };
        responses: {
            /** @description Status of the reply. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneDocument"];
                };
            };
        };
    };
    company_audit: {
        parameters: {
            query?: {
                /** @description Only actions of this code, such as `token.created`. */
                act?: string;
                /** @description Only actions of this actor: id of a token, `local` or `command-line`. */
                actor?: string;
                /** @description `next` of the page before; with `order=oldest` only. */
                after?: number;
                /** @description `next` of the page before, where the newest come first. */
                before?: number;
                /** @description Only actions at this time or later. */
                from?: string;
                /** @description Page size, 1 to 500. Default 500. */
                limit?: number;
                /** @description Order of the entries. Default `newest`. */
                order?: "oldest" | "newest";
                /**
                 * @description Only actions with this text in their details, which name what they concern, or in the
                 *     company's name; case does not matter. 1 to 256 bytes.
                 */
                q?: string;
                /** @description Only actions before this time. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Entries of the audit trail. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
        };
    };
    breakers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The breakers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BreakerList"];
                };
            };
        };
    };
    close_breaker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Name of the plugin. */
                plugin: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CloseRequest"];
            };
        };
        responses: {
            /** @description The breakers are closed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClosedBreakers"];
                };
            };
        };
    };
    bypasses: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Bypasses in effect. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BypassList"];
                };
            };
        };
    };
    bypass: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description A stage (`classify`, `route`, `tone`, `escalate`) or the name of a plugin. */
                target: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BypassRequest"];
            };
        };
        responses: {
            /** @description The bypass. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BypassDocument"];
                };
            };
        };
    };
    lift_bypass: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description The stage, or the name of the plugin. */
                target: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bypass that was lifted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BypassDocument"];
                };
            };
        };
    };
    channels: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connections. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionList"];
                };
            };
        };
    };
    test_connection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the channel. */
                channel: string;
                /** @description Name of the company. */
                company: string;
                /** @description Name of the connection. */
                connection: string;
            };
            cookie?: never;
        };
        /** @description Any JSON, such as {}: the server reads only the media type. */
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description What the provider answered. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionTestDocument"];
                };
            };
        };
    };
    retry_channel: {
        parameters: {
            query?: {
                /** @description Name of the connection; without it, all of the channel. */
                connection?: string;
            };
            header?: never;
            path: {
                /** @description Name of the channel. */
                channel: string;
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        /** @description Any JSON, such as {}: the server reads only the media type. */
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description The replies are due. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelRetryDocument"];
                };
            };
        };
    };
    export_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the contact. */
                contact: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Addresses, conversations with their messages, and the history; `complete` says whether it has all. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    erase_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the contact. */
                contact: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The contact is erased. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErasedDocument"];
                };
            };
        };
    };
    contact_card: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the contact. */
                contact: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The card. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContactCard"];
                };
            };
        };
    };
    journey: {
        parameters: {
            query?: {
                /** @description `next` of the page before, where the oldest come first. */
                after?: number;
                /** @description `next` of the page before; with `order=newest` only. */
                before?: number;
                /** @description Order of the entries. Default `oldest`, and `newest` with `before`. */
                order?: "oldest" | "newest";
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the contact. */
                contact: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The journey. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Journey"];
                };
            };
        };
    };
    merge_contacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the contact. */
                contact: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MergeRequest"];
            };
        };
        responses: {
            /** @description The contacts are merged. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangeDocument"];
                };
            };
        };
    };
    split_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the contact. */
                contact: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ByRequest"];
            };
        };
        responses: {
            /** @description The contacts are split. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangeDocument"];
                };
            };
        };
    };
    undo_contact_change: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of the change. */
                change: number;
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ByRequest"];
            };
        };
        responses: {
            /** @description The change is undone; the undo has a number of its own. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangeDocument"];
                };
            };
        };
    };
    import_contacts: {
        parameters: {
            query?: {
                /** @description Name for the record; required without tokens. */
                by?: string;
                /** @description Say what would happen, and change nothing. */
                dry_run?: boolean;
                /** @description Take records of people who were erased. */
                restore_erased?: boolean;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-ndjson": string;
                "text/csv": string;
            };
        };
        responses: {
            /** @description What became of each row. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportDocument"];
                };
            };
        };
    };
    opt_outs: {
        parameters: {
            query?: {
                /** @description Id of the previous page's last contact. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The opt-outs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OptOutList"];
                };
            };
        };
    };
    import_opt_outs: {
        parameters: {
            query?: {
                /** @description Say what would happen, and change nothing. */
                dry_run?: boolean;
                /** @description Take back opt-outs that customers made themselves. */
                override?: boolean;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-ndjson": string;
                "text/csv": string;
            };
        };
        responses: {
            /** @description What became of each row. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OptOutImportDocument"];
                };
            };
        };
    };
    conversations: {
        parameters: {
            query?: {
                /** @description `next` of the previous page, with the same filter and `sort`. */
                after?: string;
                /**
                 * @description Only conversations that this agent owns or is offered; of resolved ones, those that
                 *     the agent replied to last.
                 */
                agent?: string;
                /**
                 * @description Id of the agent or supervisor who lists them, for `seen`, `unread` and `viewers`.
                 *     Default: whom the token names; absent without tokens: none of these fields.
                 */
                by?: string;
                /**
                 * @description Only conversations of this channel: one that the host knows, that the company file has
                 *     a table for, or that something stored came from.
                 */
                channel?: string;
                /**
                 * @description Only conversations of which an SLA clock says one of these now, separated by commas:
                 *     `at-risk` (it runs, and its at-risk share is used up) or `missed` (also where it was
                 *     stopped since). Default: all.
                 */
                clock?: string;
                /** @description Only conversations of the person behind this contact. */
                contact?: string;
                /** @description Only conversations of this incident, by its subject. */
                incident?: string;
                /** @description Most conversations of the page. Default 100. */
                limit?: number;
                /**
                 * @description Only conversations that this agent owns; of resolved ones, those that the agent
                 *     replied to last.
                 */
                owner?: string;
                /** @description Only conversations that wait in this queue or came from it. */
                queue?: string;
                /**
                 * @description Order of the conversations that are not resolved; equal ones follow their ids.
                 *     `id`; `deadline`: the nearest `due_at` first; `age`: the oldest first; `priority`:
                 *     the most urgent first, and of these the oldest; `activity`: the newest message
                 *     first. Default `id`.
                 */
                sort?: "id" | "deadline" | "age" | "priority" | "activity";
                /** @description States, separated by commas. Default: all but `resolved`. */
                state?: string;
                /** @description Only conversations with this tag. */
                tag?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of conversations. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenConversations"];
                };
            };
        };
    };
    conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationDocument"];
                };
            };
        };
    };
    act: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActionRequest"];
            };
        };
        responses: {
            /** @description The action is done, and on disk. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneDocument"];
                };
            };
        };
    };
    file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Id of the file. */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": number[];
                };
            };
        };
    };
    upload_file: {
        parameters: {
            query?: {
                /** @description Id of the agent or supervisor; required without tokens. */
                by?: string;
                /** @description `agent` or `supervisor`. Default: the token's role, or `agent` without tokens. */
                role?: components["schemas"]["RoleField"];
            };
            header: {
                /** @description `attachment; filename*=UTF-8''NAME`: the name of the file, percent-encoded; at most 200 bytes before. */
                "Content-Disposition": string;
            };
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Id of the file, made by the client and unique in the conversation: 1 to 64 letters, digits, `-`, `_` and `.`. */
                file: string;
            };
            cookie?: never;
        };
        /** @description The file. */
        requestBody: {
            content: {
                "*/*": number[];
            };
        };
        responses: {
            /** @description The conversation has this file already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadedFile"];
                };
            };
            /** @description The file is on disk. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadedFile"];
                };
            };
        };
    };
    remove_file: {
        parameters: {
            query?: {
                /** @description Id of the agent or supervisor; required without tokens. */
                by?: string;
                /** @description `agent` or `supervisor`. Default: the token's role, or `agent` without tokens. */
                role?: components["schemas"]["RoleField"];
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Id of the file. */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    history: {
        parameters: {
            query?: {
                /** @description The entries after this `sequence`; not with `before`. */
                after?: number;
                /** @description The entries before this `sequence`. Default: the newest ones. */
                before?: number;
                /** @description Most entries of the page. Default 500. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryPage"];
                };
            };
        };
    };
    attachment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Position of the file in `attachments`, from 0; `original`: the whole mail. */
                index: string;
                /** @description `ordinal` of the interaction. */
                ordinal: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": number[];
                };
            };
        };
    };
    messages: {
        parameters: {
            query?: {
                /** @description The messages after this ordinal; not with `before`. */
                after?: number;
                /** @description The messages before this ordinal. Default: the newest ones. */
                before?: number;
                /** @description Most messages of the page. Default 100. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of messages. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagePage"];
                };
            };
        };
    };
    notes: {
        parameters: {
            query?: {
                /** @description `older` of the previous page. Absent: the newest notes. */
                before?: number;
                /** @description Most notes of the page; default 50. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of notes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoteList"];
                };
            };
        };
    };
    add_note: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoteRequest"];
            };
        };
        responses: {
            /** @description The note is on disk. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddedNote"];
                };
            };
        };
    };
    reply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplyRequest"];
            };
        };
        responses: {
            /** @description Result of the reply. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneDocument"];
                };
            };
        };
    };
    reply_outcome: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Id of the reply, from the agent's client. */
                reply: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The outcome. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplyOutcome"];
                };
            };
        };
    };
    take_back_reply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
                /** @description Id of the reply. */
                reply: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActorFields"];
            };
        };
        responses: {
            /** @description The reply is not sent. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakenBackReply"];
                };
            };
        };
    };
    check_reply: {
        parameters: {
            query?: never;
            header?: {
                /** @description How long the request may wait for a thread, in milliseconds; at most the server's own deadline. */
                "Patchbay-Deadline-Ms"?: number | null;
            };
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TypedRequest"];
            };
        };
        responses: {
            /** @description Result of the check. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TypedDocument"];
                };
            };
        };
    };
    mark_seen: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SeenRequest"];
            };
        };
        responses: {
            /** @description The mark that counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SeenDocument"];
                };
            };
        };
    };
    viewers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The viewers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewerList"];
                };
            };
        };
    };
    view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewingRequest"];
            };
        };
        responses: {
            /** @description The viewers, with the caller. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewerList"];
                };
            };
        };
    };
    end_view: {
        parameters: {
            query?: {
                /** @description Id of the agent or supervisor; required without tokens. */
                by?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the conversation. */
                conversation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The other viewers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewerList"];
                };
            };
        };
    };
    act_on_many: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkActionRequest"];
            };
        };
        responses: {
            /** @description The result of each conversation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkActionReport"];
                };
            };
        };
    };
    conversation_counts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountsByGroup"];
                };
            };
        };
    };
    requeue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RequeueRequest"];
            };
        };
        responses: {
            /** @description The result of each conversation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequeuedList"];
                };
            };
        };
    };
    search_conversations: {
        parameters: {
            query?: {
                /** @description `next` of the previous page, with the same filter and `sort`. */
                after?: string;
                /**
                 * @description Only conversations that this agent owns or is offered; of resolved ones, those that
                 *     the agent replied to last.
                 */
                agent?: string;
                /**
                 * @description Id of the agent or supervisor who lists them, for `seen`, `unread` and `viewers`.
                 *     Default: whom the token names; absent without tokens: none of these fields.
                 */
                by?: string;
                /**
                 * @description Only conversations of this channel: one that the host knows, that the company file has
                 *     a table for, or that something stored came from.
                 */
                channel?: string;
                /**
                 * @description Only conversations of which an SLA clock says one of these now, separated by commas:
                 *     `at-risk` (it runs, and its at-risk share is used up) or `missed` (also where it was
                 *     stopped since). Default: all.
                 */
                clock?: string;
                /** @description Only conversations of the person behind this contact. */
                contact?: string;
                /** @description Only conversations of this incident, by its subject. */
                incident?: string;
                /** @description Most conversations of the page. Default 100. */
                limit?: number;
                /**
                 * @description Only conversations that this agent owns; of resolved ones, those that the agent
                 *     replied to last.
                 */
                owner?: string;
                /** @description Only conversations that wait in this queue or came from it. */
                queue?: string;
                /**
                 * @description Order of the conversations that are not resolved; equal ones follow their ids.
                 *     `id`; `deadline`: the nearest `due_at` first; `age`: the oldest first; `priority`:
                 *     the most urgent first, and of these the oldest; `activity`: the newest message
                 *     first. Default `id`.
                 */
                sort?: "id" | "deadline" | "age" | "priority" | "activity";
                /** @description States, separated by commas. Default: all but `resolved`. */
                state?: string;
                /** @description Only conversations with this tag. */
                tag?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SearchRequest"];
            };
        };
        responses: {
            /** @description A page of conversations. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundConversations"];
                };
            };
        };
    };
    decide: {
        parameters: {
            query?: never;
            header?: {
                /** @description How long the request may wait for a thread, in milliseconds; at most the server's own deadline. */
                "Patchbay-Deadline-Ms"?: number | null;
                /** @description The span this request belongs to (W3C Trace Context); a malformed header is ignored. */
                traceparent?: string | null;
            };
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DecideRequest"];
            };
        };
        responses: {
            /** @description The decision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Decision"];
                };
            };
        };
    };
    decisions: {
        parameters: {
            query?: {
                /** @description Only decisions with a smaller number: `next` of the previous page. */
                before?: number;
                /** @description Only decisions about this person, by the id of one of their contacts. */
                contact?: string;
                /** @description Only decisions of this conversation, by id. */
                conversation?: string;
                /** @description Only decisions at this time or later. */
                from?: string;
                /** @description Only decisions by this generation. */
                generation?: number;
                /** @description Only decisions about this interaction, by the channel's id. */
                interaction?: string;
                /** @description Page size, 1 to 500. Default 50. */
                limit?: number;
                /** @description Only decisions with this outcome, such as `ok` or `timeout`. */
                outcome?: "ok" | "declined" | "failed" | "timeout" | "out-of-fuel" | "out-of-memory" | "stack-overflow" | "trapped" | "bad-output" | "denied" | "overloaded" | "quarantined" | "bypassed" | "incompatible";
                /** @description Only decisions that called this plugin. */
                plugin?: string;
                /** @description Only decisions of this last period, such as `24h`. */
                since?: string;
                /** @description Only decisions with a plugin called at this stage. */
                stage?: "classify" | "route" | "tone" | "escalate";
                /** @description Only decisions before this time. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of decisions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionPage"];
                };
            };
        };
    };
    decision: {
        parameters: {
            query?: {
                /**
                 * @description Number of an unsealing of many decisions in the audit trail. Default: this
                 *     request is recorded as an unsealing of its own.
                 */
                under?: number;
                /** @description `true`: with the customer's words and identity, for an auditor. Default false. */
                unsealed?: boolean;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the decision. */
                decision: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The decision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionDocument"];
                };
            };
        };
    };
    decision_case: {
        parameters: {
            query?: {
                /**
                 * @description Whether personal data is masked: then the answer may differ from what the policy
                 *     says to the masked words. `false` is for an auditor. Default: `false` for an
                 *     auditor, `true` for others.
                 */
                masked?: boolean;
                /** @description Name of the plugin; required if the decision called several. */
                plugin?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the decision. */
                decision: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The case. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    replay_decision: {
        parameters: {
            query?: {
                /**
                 * @description Number of an unsealing of many decisions in the audit trail. Default: this
                 *     request is recorded as an unsealing of its own.
                 */
                under?: number;
                /** @description `true`: with the customer's words and identity, for an auditor. Default false. */
                unsealed?: boolean;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the decision. */
                decision: number;
            };
            cookie?: never;
        };
        /** @description Any JSON, such as {}: the server reads only the media type. */
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description Result of the replay. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayReport"];
                };
            };
        };
    };
    what_if_decision: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the decision. */
                decision: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DecisionWhatIfRequest"];
            };
        };
        responses: {
            /** @description The comparison. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhatIf"];
                };
            };
        };
    };
    unseal_decisions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnsealingRequest"];
            };
        };
        responses: {
            /** @description The unsealing is recorded. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnsealingDocument"];
                };
            };
        };
    };
    company_drain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether it is draining, and the work in progress. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainDocument"];
                };
            };
        };
    };
    begin_company_drain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DrainRequest"];
            };
        };
        responses: {
            /** @description The drain. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainDocument"];
                };
            };
        };
    };
    undo_company_drain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Not draining. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainDocument"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: {
                /**
                 * @description Only entries about conversations that this agent owns or is offered, or did before
                 *     the entry, and those of the company but for the presence and roster of others.
                 */
                agent?: string;
                /**
                 * @description With `signals`, the id of the agent or supervisor whose signals these are; required
                 *     without tokens.
                 */
                by?: string;
                /** @description Only entries about this conversation, and those of the company. */
                conversation?: string;
                /** @description Kinds of entries, separated by commas. Default all. */
                kinds?: string;
                /**
                 * @description Only entries about conversations that wait in this queue or came from it, or did
                 *     before the entry, and those of the company.
                 */
                queue?: string;
                /**
                 * @description Whether the stream also has signals for the caller, which are not entries of the
                 *     feed and have no id: `viewers`, `{"conversation": …, "viewers": […]}`, where the
                 *     people change who have a conversation open that the caller owns or has open, or
                 *     what these do; and `seen`, `{"conversation": …, "seen": …}`, where the caller has
                 *     read on in another place. A signal may be lost. Default false.
                 */
                signals?: boolean;
            };
            header?: {
                /** @description Continue after this event. */
                "Last-Event-ID"?: number | null;
            };
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    generations: {
        parameters: {
            query?: {
                /** @description Only generations with a smaller number. */
                before?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of generations, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GenerationList"];
                };
            };
        };
    };
    apply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company; a new one requires `new`. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplyRequest"];
            };
        };
        responses: {
            /** @description The planned change, a stored generation, or nothing to change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
            /** @description The change. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
        };
    };
    generation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the generation. */
                generation: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The generation with its source. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GenerationDetail"];
                };
            };
        };
    };
    delete_generation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the generation. */
                generation: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The generation was deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeletedGeneration"];
                };
            };
        };
    };
    activate_generation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the generation. */
                generation: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HowDocument"];
            };
        };
        responses: {
            /** @description The planned change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
            /** @description The change. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
        };
    };
    generation_differences: {
        parameters: {
            query?: {
                /** @description Number of the generation to compare with. Default: the active one. */
                from?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the later generation. */
                generation: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The differences. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DifferenceList"];
                };
            };
        };
    };
    validate_company_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company, which may not exist yet. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompanyFileText"];
            };
        };
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompanyFileCheck"];
                };
            };
        };
    };
    incidents: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description Page size, 1 to 100. Default 100. */
                limit?: number;
                /** @description Only incidents in this state. Default: both. */
                state?: "open" | "closed";
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of incidents. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentList"];
                };
            };
        };
    };
    incident: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description Conversations of a page, 1 to 100. Default 100. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Subject of the incident. */
                subject: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The incident, with a page of its conversations. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDocument"];
                };
            };
        };
    };
    change_incident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Subject of the incident. */
                subject: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IncidentRequest"];
            };
        };
        responses: {
            /** @description The incident after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentDocument"];
                };
            };
        };
    };
    accept: {
        parameters: {
            query?: never;
            header?: {
                /** @description How long the request may wait for a thread, in milliseconds; at most the server's own deadline. */
                "Patchbay-Deadline-Ms"?: number | null;
                /** @description The span this request belongs to (W3C Trace Context); a malformed header is ignored. */
                traceparent?: string | null;
            };
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Interaction"];
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description The result of each interaction, in order. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipts"];
                };
            };
        };
    };
    knowledge: {
        parameters: {
            query?: {
                /**
                 * @description Language (BCP 47). Articles of it and those that serve every language come first,
                 *     then those of another variant of it; others only if there are none.
                 */
                language?: string;
                /** @description Most articles; default 10. */
                limit?: number;
                /**
                 * @description Words to look for, without case and accents; at most 1,024 bytes. The last one may
                 *     be incomplete. Absent: all articles, in the company's order.
                 */
                q?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The articles found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeList"];
                };
            };
        };
    };
    offers: {
        parameters: {
            query?: {
                /** @description Only offers to this agent; an agent's token sees only that agent's. */
                agent?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The open offers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfferList"];
                };
            };
        };
    };
    accept_offer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the offer. */
                offer: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActorFields"];
            };
        };
        responses: {
            /** @description The offer is accepted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneDocument"];
                };
            };
        };
    };
    decline_offer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the offer. */
                offer: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActorFields"];
            };
        };
        responses: {
            /** @description The offer is declined. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneDocument"];
                };
            };
        };
    };
    outbox: {
        parameters: {
            query?: {
                /** @description Key of the previous page's last item. */
                after?: string;
                /** @description `waiting`, `dead` (failed for good) or `done`. Default `dead`. */
                state?: "waiting" | "done" | "dead";
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Items of the outbox. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OutboxList"];
                };
            };
        };
    };
    retry_outbox: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Key of the item. */
                key: string;
            };
            cookie?: never;
        };
        /** @description Any JSON, such as {}: the server reads only the media type. */
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description The delivery starts at once. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    quarantine: {
        parameters: {
            query?: {
                /** @description Number of the previous page's last item. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineList"];
                };
            };
        };
    };
    quarantined_body: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the delivery. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    remove_quarantined: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the delivery. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is removed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    retry_quarantined: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Number of the delivery. */
                number: number;
            };
            cookie?: never;
        };
        /** @description Any JSON, such as {}: the server reads only the media type. */
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description The result. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RerunDocument"];
                };
            };
        };
    };
    queues: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The queues. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueueList"];
                };
            };
        };
    };
    roll_back: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollBackRequest"];
            };
        };
        responses: {
            /** @description The planned change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
            /** @description The change. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
        };
    };
    rollout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description State of the rollout. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutDocument"];
                };
            };
        };
    };
    try_generation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RolloutRequest"];
            };
        };
        responses: {
            /** @description State of the rollout. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutDocument"];
                };
            };
        };
    };
    abort_rollout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndRequest"];
            };
        };
        responses: {
            /** @description Final state of the rollout. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutDocument"];
                };
            };
        };
    };
    rollout_history: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                before?: number;
                /** @description Page size, 1 to 100. Default 20. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rollouts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutHistory"];
                };
            };
        };
    };
    last_rollout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End of the last rollout. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndedRolloutDocument"];
                };
            };
        };
    };
    promote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HowDocument"];
            };
        };
        responses: {
            /** @description The planned change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
            /** @description The change. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDocument"];
                };
            };
        };
    };
    statistics: {
        parameters: {
            query: {
                /** @description What the rows are about. Default `company`. */
                by?: "company" | "queue" | "agent" | "channel" | "stage";
                /** @description A moment in the first bucket. */
                from: string;
                /**
                 * @description Only this queue, agent, channel or stage; not with `by=company`. Default: all. One
                 *     that the company does not have and that has no counts in the time is an error; of
                 *     one that it had before, the counts are answered.
                 */
                key?: string;
                /** @description Length of the buckets. Default `hour`. */
                step?: "5m" | "hour" | "day";
                /** @description The buckets that start before this time are the last. Default: now. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statistics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatisticsDocument"];
                };
            };
        };
    };
    templates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Templates. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateList"];
                };
            };
        };
    };
    tone: {
        parameters: {
            query?: never;
            header?: {
                /** @description How long the request may wait for a thread, in milliseconds; at most the server's own deadline. */
                "Patchbay-Deadline-Ms"?: number | null;
                /** @description The span this request belongs to (W3C Trace Context); a malformed header is ignored. */
                traceparent?: string | null;
            };
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToneRequest"];
            };
        };
        responses: {
            /** @description The decision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Decision"];
                };
            };
        };
    };
    start_what_if: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WhatIfRequest"];
            };
        };
        responses: {
            /** @description The job has started. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhatIfJob"];
                };
            };
        };
    };
    what_if: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the job. */
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhatIfJob"];
                };
            };
        };
    };
    cancel_what_if: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the company. */
                company: string;
                /** @description Id of the job. */
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhatIfJob"];
                };
            };
        };
    };
    contract: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The contract. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyContract"];
                };
            };
        };
    };
    drain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether it is draining, and the work in progress. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainDocument"];
                };
            };
        };
    };
    begin_drain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DrainRequest"];
            };
        };
        responses: {
            /** @description The drain. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainDocument"];
                };
            };
        };
    };
    undo_drain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Not draining. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainDocument"];
                };
            };
        };
    };
    journal_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts and size. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JournalStatus"];
                };
            };
        };
    };
    journal_backup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackupRequest"];
            };
        };
        responses: {
            /** @description The backup. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupDocument"];
                };
            };
        };
    };
    journal_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Any JSON, such as {}: the server reads only the media type. */
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description Result of the check. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckDocument"];
                };
            };
        };
    };
    journal_compact: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompactRequest"];
            };
        };
        responses: {
            /** @description Numbers of deleted rows. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompactDocument"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who the caller is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    keep_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description When the session ends. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionEnds"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRequest"];
            };
        };
        responses: {
            /** @description Who signed in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: {
                /** @description Whether all sessions of the same person end. Default: this one. */
                everywhere?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person is signed out. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finish_sign_in: {
        parameters: {
            query?: {
                /** @description To be exchanged at the issuer; at most 4,096 bytes. */
                code?: string;
                /** @description Why there is no code (RFC 6749, 4.1.2.1). */
                error?: string;
                /** @description The issuer (RFC 9207); required if its document says that it sends it. */
                iss?: string;
                /** @description Which sign-in it is about, as the host gave it to the issuer. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    begin_sign_in: {
        parameters: {
            query?: {
                /** @description Where in the console the person continues: `/console/`, or `/console/#/` and a place; at most 1,024 bytes. Default, also for any other value: `/console/`. */
                return?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    sign_in_ways: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How people sign in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInWays"];
                };
            };
        };
    };
    status: {
        parameters: {
            query?: {
                /** @description Only this company. */
                company?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Health and concerns. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostStatus"];
                };
            };
        };
    };
    tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tokens, without their secrets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** @description The token, with its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeToken"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the token. */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token is revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    create_link: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** @description The link, and its token. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewLink"];
                };
            };
        };
    };
}

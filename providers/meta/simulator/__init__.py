"""Meta's side of a number migration, as an HTTP server of our own: for development, demonstrations and tests.

Graph's calls live under /v<version>/ and follow Meta's published calls, limits and errors: POST <waba>/phone_numbers,
POST <number>/request_code, verify_code, register and deregister, POST <number> with a new PIN, GET <number> and <waba>
with `fields`, GET <waba>/phone_numbers with cursors, GET and POST <waba>/subscribed_apps, GET <waba>/message_templates,
POST <waba>/migrate_message_templates. Any bearer token is accepted.
Every number in the world exists at some source account, connected, approved and with two-step verification off,
and every destination account is in order, until the control calls say otherwise. A second start of the same migration
answers the same id again, so that starting it can serve as a proof that two-step verification is off.

Control calls, JSON in and out, for people and tests (never part of Graph):

    GET  /_sim/                    what exists
    GET  /_sim/inbox/<digits>      {"messages": [{"at", "method", "code", "text"}]}, newest last: the telephone of
                                   the client, and the only place where a code can be read
    GET  /_sim/numbers/<digits>    a number's settings and its objects at Meta
    PUT  /_sim/numbers/<digits>    any of: two_step, pin, display_name, display_name_status, business_id, line_type
                                   (mobile, landline, voip, freephone, pager ...), ivr, otp_never_arrives,
                                   sms_never_arrives, free, source_set_up, source_waba_id, quality_rating
    GET  /_sim/wabas/<id>          an account's settings
    PUT  /_sim/wabas/<id>          any of: name, payment, subscribed_apps, approved, messaging_for_approved,
                                   business_id, number_cap, country, template_limit, copies_by_itself (good templates
                                   follow a number when it is registered), shared (our token may see it), templates:
                                   a list, each with name, language and any of status, category, quality, reason,
                                   fails_with (why copying fails), becomes (status of its copy)
    PUT  /_sim/phones/<id>         {"deleted": true}: a person removes this object in WhatsApp Manager
    POST /_sim/faults              a list of faults, used up in order; each has
                                   call           start_migration, request_code, verify_code, register, deregister,
                                                  set_pin, number_facts, waba_facts, numbers_of, subscribed_apps,
                                                  subscribe_app, templates_of, migrate_templates, or "*"
                                   digits         only for this number (optional)
                                   times          how often, default 1
                                   error_key      answer this error of the catalogue instead of doing the call, or
                                   status, body   answer exactly this instead of doing the call
                                   headers        further headers of the answer, e.g. {"Retry-After": "120"}
                                   delay_seconds  the call is done at once, its answer comes late
                                   drop           "before": connection closed, call not done; "after": done, then closed
    GET  /_sim/faults              the faults not yet used up
    POST /_sim/reset               forget numbers, accounts and faults

The state file keeps numbers and accounts over a restart, but neither messages nor codes: a code asked for before a
restart must be asked for again. Codes and PINs are never logged; of a PIN only a salted digest is kept.
"""

"""What each kind of visitor gets, of every route and every command.

A column is a kind of visitor (people.py); a new kind is a new column. What is asked for is branch north's, or its
company's. Cells of routes:

    own   the page, with what is theirs (`shows`) and nothing that is not
    ok    the page, or what a sent form is answered with; nothing that is not theirs
    403   not allowed          404  not found, said as for what is not there          410  the link is used
    422   sent and refused     401  the log-in said no     in   to the log-in           -    not asked

Cells of commands: done, idle (done, and nothing was), the refusal's status, or in. What is not in COMMANDS no page
sends.
"#…" tells several requests of one route apart.
"""

from __future__ import annotations

ROUTES = """
                                                  owner twin whole south east plain lapsed agent admin erp  oper off  nobody both viewer
GET  /                                            own   own  own   own   own  ok    ok     own   own   own  own  in   in     own  own
GET  /add-ons                                     own   own  own   own   own  own   own    403   403   403  403  in   in     own  own
GET  /administration                              403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
GET  /administration/branding                     403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
GET  /administration/companies                    403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /administration/features                     403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
GET  /administration/history                      403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /administration/looks                        403   403  403  403   403  403   403    403   ok    403  403  in   in     403  403
GET  /administration/licences                     403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /administration/menu                         403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /administration/menu/<entry>                 403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /administration/menu/new                     403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
GET  /administration/sign-in                      403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
GET  /administration/sign-in/<path:code>          403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /balance                                     own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /balance/past                                own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /branding/<version>/accent.css               ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET  /branding/logo/<name>                        ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET  /charts                                      own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /charts/orders                               ok    ok   ok    ok    ok   403   403    403   403   403  403  in   in     ok   ok
GET  /companies                                   403   403  403   403   403  403   403    own   own   403  403  in   in     403  403
GET  /companies/<path:code>                       403   403  403   403   403  403   403    own   own   403  403  in   in     403  403
GET  /companies/<path:code>/contacts/new          403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /companies/<path:code>/rights                403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /company/contacts                            403   403  own   403   own  403   403    403   403   403  403  in   in     403  403
GET  /company/contacts/<contact_id>               403   403  own   403   404  403   403    403   403   403  403  in   in     403  403
GET  /company/contacts/<contact_id>/details       403   403  own  403   404  403   403    403   403   403  403  in   in     403  403
GET  /company/contacts/new                        403   403  own   403   own  403   403    403   403   403  403  in   in     403  403
GET  /company/requests                            403   403  own   403   ok   403   403    403   403   403  403  in   in     403  403
GET  /company/requests/<key>                      403   403  own   403   404  403   403    403   403   403  403  in   in     403  403
GET  /contacts/<contact_id>                       403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /contacts/<contact_id> #staff                403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
GET  /contacts/<contact_id>/companies             403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /contacts/<contact_id>/companies/<path:code> 403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /contacts/<contact_id>/details               403   403  403   403   403  403   403    403   own    403  403  in   in     403  403
GET  /contacts/<contact_id>/details #staff        403   403  403   403   403  403   403    403   404    403  403  in   in     403  403
GET  /contacts/<contact_id>/erase                 403   403  403   403   403  403   403    403   own    403  403  in   in     403  403
GET  /contacts/<contact_id>/erase #staff          403   403  403   403   403  403   403    403   404    403  403  in   in     403  403
GET  /contacts/<contact_id>/history               403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /contacts/<contact_id>/history #staff        403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
GET  /contacts/<contact_id>/history #viewed       403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET /contacts/<contact_id>/sign-in                403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET /contacts/<contact_id>/sign-in #staff         403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
GET  /credit-memos                                own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /credit-memos/<path:number>                  own   own  own   404   404  403   403    403   403   403  403  in   in     own  own
GET  /credit-memos/<path:number>/pdf              own   -    -     404   404  403   -      403   -     -    -    in   in     -    -
GET  /deliveries                                  own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /deliveries #sums                            -     -    own   -     -    -     -      -     -     -    -    -    -      -    -
GET  /deliveries/<path:number>                    own   own  own   404   404  403   403    403   403   403  403  in   in     own  own
GET  /deliveries/<path:number>/pdf                own   -    -     404   404  403   -      403   -     -    -    in   in     -    -
GET  /desk                                        403   403  403   403   403  403   403    own   own   403  403  in   in     403  403
GET  /desk/<number>                               403   403  403   403   403  403   403    own   own   403  403  in   in     403  403
GET  /exports                                     own   ok   ok    ok    ok   403   403    403   403   403  403  in   in     ok   own
GET  /exports/<key>/file                          own   404  404   404   404  403   403    403   403   403  403  in   in     404  own
GET  /forgot                                      ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET  /info/<entry>                                own   own  own   own   404  own   own    404   404   404  404  in   in     own  own
GET  /info/<entry> #everybody                     ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   ok
GET  /info/<entry> #permission                    ok    ok   ok    ok    ok   404   404    404   404   404  404  in   in     ok   ok
GET  /invitation/<token>                          ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET  /invoices                                    own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /invoices #after                             ok    ok   ok    ok    ok   403   403    403   403   403  403  in   in     ok   ok
GET  /invoices #found                             own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /invoices #overdue                           own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /invoices/<path:number>                      own   own  own   404   404  403   403    403   403   403  403  in   in     own  own
GET  /invoices/<path:number> #same                own   own  own   404   ok   403   403    403   403   403  403  in   in     own  own
GET  /invoices/<path:number> #same-east           -     -    -     -     own  -     -      -     -     -    -    -    -      -    -
GET  /invoices/<path:number>/pdf                  own   -    -     404   404  403   403    403   403   403  403  in   in     -    own
GET  /invoices/<path:number>/pdf #same-east       -     -    -     -     own  -     -      -     -     -    -    -    -      -    -
GET  /items-bought                                own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /items-bought #months                        own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /layouts/<kind>                              own   own  own   own   ok   403   403    403   403   403  403  in   in     own  own
GET  /layouts/<kind> #change                      own   own  own   own   ok   403   403    403   403   403  403  in   in     own  own
GET  /login                                       ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET /login/back/<provider>                        404   404  404   404   404  404   404    404   404   404  404  404  404    404  404
GET  /login/code                                  ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET /login/passkey                                ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET /login/password                               ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET /login/second-factor                          ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET /login/with/<provider>                        404   404  404   404   404  404   404    404   404   404  404  404  404    404  404
GET  /mails                                       403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /mails/sender                                403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /mails/texts                                 403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /mails/texts/<kind>/<language>               403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /open-items                                  own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /order-pad                                   own   ok   ok    ok    ok   403   403    403   403   403  403  in   in     ok   ok
GET  /order-pad/items                             ok    ok    ok    ok    ok    403   403   403   403   403   403   in    in    ok    ok
GET  /orders                                      own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /orders/<path:number>                        own   own  own   404   404  403   403    403   403   403  403  in   in     own  own
GET  /orders/<path:number> #placed                own   own  own   404   404  403   403    403   403   403  403  in   in     own  own
GET  /orders/<path:number>/pdf                    own   -    -     404   404  403   -      403   -     -    -    in   in     -    -
GET  /outbox                                      403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /outbox/<key>                                403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /outbox/<key>/html                           403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /payments                                    own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /payments/<path:number>                      own   own  own   404   404  403   403    403   403   403  403  in   in     own  own
GET  /payments/<path:number>/pdf                  own   -    -     404   404  403   -      403   -     -    -    in   in     -    -
GET  /projects                                    own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /projects/<path:number>                      own   own  own   own   404  403   403    403   403   403  403  in   in     own  own
GET  /quotes                                      own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /quotes/<path:number>                        own   own  own   404   404  403   403    403   403   403  403  in   in     own  own
GET  /quotes/<path:number>/pdf                    own   -    -     404   404  403   -      403   -     -    -    in   in     -    -
GET  /request-access                              ok    ok   ok    ok    ok   ok    ok     403   403   403  403  in   in     ok   ok
GET  /requests                                    403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /requests/<key>                              403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /reset/<token>                               ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
GET  /roles                                       403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /roles/<role>                                403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /roles/<role>/remove                         403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
GET  /roles/new                                   403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
GET  /search                                      own   own   own   own   own   ok    ok    own   own   ok    ok    in    in    own   own
GET  /search #case                                own   own   own   own   ok    ok    ok    own   own   ok    ok    in    in    own   own
GET  /search #contact                             ok    ok    ok    ok    ok    ok    ok    own   own   ok    ok    in    in    ok    ok
GET  /search #description                         own   own   own   own   own   ok    ok    ok    ok    ok    ok    in    in    own   own
GET  /search #item                                own   own   own   own   own   ok    ok    ok    ok    ok    ok    in    in    own   own
GET  /search #note                                own   own   own   own   own   ok    ok    ok    ok    ok    ok    in    in    own   own
GET  /search #number                              own   own   own   ok    ok    ok    ok    ok    ok    ok    ok    in    in    own   own
GET  /search #product                             own   own   own   own   own   own   own   ok    ok    ok    ok    in    in    own   own
GET  /search #project                             own   own   own   own   own   ok    ok    ok    ok    ok    ok    in    in    own   own
GET  /search #said                                own   own   own   own   own   ok    ok    own   own   ok    ok    in    in    own   own
GET  /search/suggest                              own   own   own   ok    ok    ok    ok    ok    ok    ok    ok    in    in    own   own
GET  /settings                                    own   own  own   own   own  own   own    own   own   own  own  in   in     own  own
GET  /settings/details                            own   own  own   own   own  own   own    own   own   own  own  in   in     own  own
GET  /settings/mails                              ok    ok   ok    ok    ok   ok    ok     403   403   403  403  in   in     ok   ok
GET /settings/passkeys                            ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
GET /settings/passkeys/<passkey>/remove           404   404  404   404   404  404   404    404   404   404  404  in   in     404  403
GET /settings/passkeys/new                        ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
GET  /settings/password                           ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
GET  /settings/second-factor                      ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
GET  /settings/second-factor/codes                ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
GET  /settings/second-factor/off                  ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
GET  /statement                                   own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /statement/pdf                               own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /style                                       ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   ok
GET  /support                                     own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /support #by                                 own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /support/<number>                            own   own  own   own   404  403   403    403   403   403  403  in   in     own  own
GET  /support/new                                 own   own  own   own   own  403   403    403   403   403  403  in   in     own  own
GET  /sync                                        403   403  403   403   403  403   403    403   own   own  own  in   in     403  403
GET  /sync/postings                               403   403  403   403   403  403   403    403   own   own  own  in   in     403  403
GET  /sync/runs/<run>                             403   403  403   403   403  403   403    403   own   own  own  in   in     403  403
POST /administration/branding                     403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/branding/logo                403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/features/<feature> #off      403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/features/<feature> #on       403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/history/undo                 403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/licences                     403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/licences/change              403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/menu/<entry>                 403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/menu/<entry>/remove          403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/menu/new                     403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/sign-in                      403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/sign-in/<path:code>          403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /administration/sign-in/company              403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
LIVE /events                                      own   own  own   own   own  own   own    own   own   own  own  401  401    own  own
POST /branch                                      ok    ok   ok    404   404  ok    ok     404   404   404  404  in   in     ok   ok
POST /companies/<path:code>/contacts/new          403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /companies/<path:code>/features              403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /company                                     404   404  404   404   404  404   404    403   403   403  403  in   in     ok   404
POST /company/contacts/<contact_id>               403   403  ok    403   404  403   403    403   403   403  403  in   in     403  403
POST /company/contacts/<contact_id> #preview      403   403  own   403   404  403   403    403   403   403  403  in   in     403  403
POST /company/contacts/<contact_id>/access        403   403  ok    403   404  403   403    403   403   403  403  in   in     403  403
POST /company/contacts/<contact_id>/details       403   403  ok   403   404  403   403    403   403   403  403  in   in     403  403
POST /company/contacts/<contact_id>/invite        403   403  ok    403   404  403   403    403   403   403  403  in   in     403  403
POST /company/contacts/<contact_id>/leave         403   403  ok    403   ok   403   403    403   403   403  403  in   in     403  403
POST /company/contacts/new                        403   403  ok    403   ok   403   403    403   403   403  403  in   in     403  403
POST /company/requests/<key>                      403   403  ok    403   404  403   403    403   403   403  403  in   in     403  403
POST /contacts/<contact_id>                       403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id> #preview              403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
POST /contacts/<contact_id> #staff                403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
POST /contacts/<contact_id>/access                403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/access #staff         403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
POST /contacts/<contact_id>/companies/<path:code> 403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/delegation            403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/delegation #staff     403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
POST /contacts/<contact_id>/details               403   403  403   403   403  403   403    403   ok     403  403  in   in     403  403
POST /contacts/<contact_id>/details #staff        403   403  403   403   403  403   403    403   404    403  403  in   in     403  403
POST /contacts/<contact_id>/erase                 403   403  403   403   403  403   403    403   ok     403  403  in   in     403  403
POST /contacts/<contact_id>/erase #staff          403   403  403   403   403  403   403    403   404    403  403  in   in     403  403
POST /contacts/<contact_id>/export                403   403  403   403   403  403   403    403   own    403  403  in   in     403  403
POST /contacts/<contact_id>/export #staff         403   403  403   403   403  403   403    403   404    403  403  in   in     403  403
POST /contacts/<contact_id>/invite                403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/leave/<path:code>     403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/password              403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/password #staff       403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
POST /contacts/<contact_id>/second-factor         403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/second-factor #staff  403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
POST /contacts/<contact_id>/unlock                403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /contacts/<contact_id>/unlock #staff         403   403  403   403   403  403   403    403   404   403  403  in   in     403  403
POST /contacts/<contact_id>/view-as               403   403  403   403   403  403   403    ok    ok    403  403  in   in     403  403
POST /contacts/<contact_id>/view-as #staff        403   403  403   403   403  403   403    404   404   403  403  in   in     403  403
POST /desk/<number>                               403   403  403   403   403  403   403    ok    ok    403  403  in   in     403  403
POST /desk/<number>/status                        403   403  403   403   403  403   403    ok    ok    403  403  in   in     403  403
POST /favourites                                  ok    ok   ok    ok    ok   404   404    404   404   404  404  in   in     ok   403
POST /favourites #layout                              ok    404  404   404   404  404   404    404   404   404  404  in   in     404  403
POST /favourites #unpin                           ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
POST /forgot                                      ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
POST /invitation/<token>                          -     -    -     -     -    -     -      -     -     -    -    -    ok     -    -
POST /invitation/<token> #used                    410   -    -     -     410  -     -      410   -     -    -    -    410    -    -
POST /language                                    ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
POST /login                                       ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   401  401    ok   ok
POST /login/code                                  ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
POST /login/passkey                               401   401  401   401   401  401   401    401   401   401  401  401  401    401  401
POST /login/password                              ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
POST /login/second-factor                         ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
POST /logout                                      ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   ok
POST /mails/<mail>/again                          403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /mails/sender                                403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /mails/texts/<kind>/<language>               403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /mails/texts/<kind>/<language>/original      403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /order-pad                                   ok    ok   ok    ok    ok   403   403    403   403   403  403  in   in     ok   403
POST /order-pad/again                             ok    ok   ok    404   404  403   403    403   403   403  403  in   in     ok   403
POST /orders/<key>/cancel                         ok    ok   ok    404   404  403   403    403   403   403  403  in   in     ok   403
POST /preferences                                 ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   ok   ok     ok   ok
POST /request-access                              ok    ok   ok    ok    ok   ok    ok     403   403   403  403  in   in     ok   403
POST /requests/<key>                              403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /reset/<token>                               -     -    -     -     -    -     -      -     -     -    -    -    ok     -    -
POST /reset/<token> #used                         410   -    -     -     410  -     -      -     410   -    -    -    410    -    -
POST /roles/<role>                                403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /roles/<role> #preview                       403   403  403   403   403  403   403    403   own   403  403  in   in     403  403
POST /roles/<role>/remove                         403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /roles/new                                   403   403  403   403   403  403   403    403   ok    403  403  in   in     403  403
POST /settings/details                            ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
POST /settings/devices/<session_id>               ok    404  404   404   404  404   404    404   404   404  404  in   in     404  403
POST /settings/mails                              ok    ok   ok    ok    ok   ok    ok     403   403   403  403  in   in     ok   403
POST /settings/passkeys/<passkey>/remove          404   404  404   404   404  404   404    404   404   404  404  in   in     404  403
POST /settings/passkeys/new                       422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
POST /settings/password                           422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
POST /settings/second-factor                      422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
POST /exports/<key>/cancel                        ok    404  404   404   404  403   403    403   403   403  403  in   in     404  403
POST /exports/<kind>                              own   own  own   own   own  403   403    403   403   403  403  in   in     own  403
POST /exports/<kind> #cases                       own   own  own   own   own  403   403    403   403   403  403  in   in     own  403
POST /layouts/<kind>                              ok    ok   ok    ok    ok   403   403    403   403   403  403  in   in     ok   403
POST /layouts/<kind>/<layout>                     ok    ok   ok    ok    404  403   403    403   403   403  403  in   in     ok   403
POST /layouts/<kind>/<layout> #remove             ok    404  404   404   404  403   403    403   403   403  403  in   in     404  403
POST /settings/second-factor/codes                422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
POST /settings/second-factor/off                  422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
POST /style                                       ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   403
POST /support/<number>                            ok    ok   ok    ok    404  403   403    403   403   403  403  in   in     ok   403
POST /support/new                                 ok    ok   ok    ok    ok   403   403    403   403   403  403  in   in     ok   403
POST /view-as/end                                 ok    ok   ok    ok    ok   ok    ok     ok    ok    ok   ok   in   in     ok   ok
"""

COMMANDS = """
                             owner twin whole south east plain lapsed agent admin erp  oper off  nobody both viewer
cases.OpenCase               done  done done  done  done 403   403    403   403   403  403  in   in     done 403
cases.ReplyToCase            done  done done  done  404  403   403    403   403   403  403  in   in     done 403
cases.AnswerCase             403   403  403   403   403  403   403    done  done  403  403  in   in     403  403
cases.ChangeCaseStatus       403   403  403   403   403  403   403    done  done  403  403  in   in     403  403
identity.CreateContact       403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.InviteContact       403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.CorrectContact      403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.CorrectOwnDetails   done  done done  done  done done  done   done  done  done done in   in     done 403
identity.EraseContact        403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.SetPermissions      403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.SetDelegation       403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.RequestAccess       done  done done  422   422  done  done   403   403   403  403  in   in     done 403
identity.ApproveAccess       403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.RefuseAccess        403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.AddToCompany        403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.RemoveFromCompany   403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.DefineRole          403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.ChangeRole          403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.RemoveRole          403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.ChangePassword      422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
identity.EnableSecondFactor  422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
identity.RenewRecoveryCodes  422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
identity.DisableSecondFactor 422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
identity.RemoveSecondFactor  403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.ChooseMails         done  done done  done  done done  done   403   403   403  403  in   in     done 403
identity.ChooseLanguage      done  done done  done  done done  done   done  done  done done in   in     done 403
identity.PinPage             done  done done  done  done done  done   done  done  done done in   in     done 403
identity.UnpinPage           done  done done  done  done done  done   done  done  done done in   in     done 403
identity.BeginViewAs         403   403  403   403   403  403   403    done  done  403  403  in   in     403  403
identity.EndViewAs           403   403  403   403   403  403   403    404   done  403  403  in   in     403  403
identity.DeactivateContact   403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.ReactivateContact   403   403  done  403   404  403   403    403   done  403  403  in   in     403  403
identity.SendMailAgain       403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.ChangeMailText      403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.RestoreMailText     403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.ChangeMailSender    403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.ChangeSettings      403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.ChangeLogo          403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.SetMenuEntry        403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.RemoveMenuEntry     403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.UndoChange          403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
licensing.GrantFeature       403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
licensing.WithdrawFeature    403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
orders.PlaceOrder            done  done done  done  done 403   403    403   403   403  403  in   in     done 403
orders.CancelOrder           done  done done  done  404  403   403    403   403   403  403  in   in     done 403
identity.SetPassword         403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.LiftSignInLock      403   403  403   403   403  403   403    403   done  403  403  in   in     403  403
identity.SaveLayout          done  done done  done  done 403   403    403   403   403  403  in   in     done 403
identity.RemoveLayout        done  404  done  404   404  403   403    403   403   403  403  in   in     404  403
identity.ChooseLayout        done  done done  done  404  403   403    403   403   403  403  in   in     done 403
identity.AddPasskey          422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
identity.RemovePasskey       422   422  422   422   422  422   422    422   422   422  422  in   in     422  403
"""
"""What a page could send for them if it checked nothing itself. Branches are the pages' to check, as the routes' table
has it: `POST /orders/<key>/cancel` as south is 404.
"""

AT_THE_SERVICES = """
                             mine theirs staff nobody reaction
cases.OpenCase               done done   403   -      -
cases.ReplyToCase            done 404    done  404    404
cases.AnswerCase             403  403    done  403    403
cases.ChangeCaseStatus       403  403    done  403    403
identity.CreateContact       403  404    done  403    403
identity.CreateStaff         403  403    done  403    403
identity.InviteContact       403  404    done  403    403
identity.SetPassword         403  403    done  403    403
identity.ChangePassword      422  422    422   404    404
identity.ChooseMails         done done   done  404    404
identity.ChooseLanguage      done done   done  404    404
identity.PinPage             done done   done  404    404
identity.UnpinPage           done done   done  404    404
identity.SetPermissions      403  404    done  403    403
identity.AddToCompany        403  403    done  403    403
identity.RemoveFromCompany   403  404    done  403    403
identity.SetDelegation       403  403    done  403    403
identity.RequestAccess       done 422    403   403    403
identity.ApproveAccess       403  404    done  403    403
identity.RefuseAccess        403  404    done  403    403
identity.DefineRole          403  403    done  403    403
identity.ChangeRole          403  403    done  403    403
identity.RemoveRole          403  403    done  403    403
identity.BeginViewAs         403  403    done  403    403
identity.EndViewAs           404  404    done  404    404
identity.DeactivateContact   403  404    done  403    403
identity.ReactivateContact   403  404    done  403    403
identity.EraseContact        403  403    done  403    403
identity.CorrectContact      403  404    done  403    403
identity.CorrectOwnDetails   done done   done  404    404
identity.SetStaffRoles       403  403    403   403    403
identity.EnableSecondFactor  422  422    422   404    404
identity.RenewRecoveryCodes  422  422    422   404    404
identity.DisableSecondFactor 422  422    422   404    404
identity.RemoveSecondFactor  403  403    done  403    403
identity.RequestMail         403  403    403   403    idle
identity.SendMailAgain       403  403    done  403    403
identity.ChangeMailText      403  403    done  403    403
identity.RestoreMailText     403  403    done  403    403
identity.ChangeMailSender    403  403    done  403    403
identity.ChangeSettings      403  403    done  403    403
identity.ChangeLogo          403  403    done  403    403
identity.SetMenuEntry        403  403    done  403    403
identity.RemoveMenuEntry     403  403    done  403    403
identity.UndoChange          403  403    done  403    403
licensing.GrantFeature       403  403    done  403    403
licensing.WithdrawFeature    403  403    done  403    403
orders.PlaceOrder            done done   403   -      -
orders.CancelOrder           done 404    done  404    404
orders.MarkOrderQueued       403  403    403   403    404
orders.MarkOrderPosted       403  403    403   403    404
orders.MarkOrderWithdrawn    403  403    403   403    404
orders.MarkOrderNotWithdrawn 403  403    403   403    404
orders.MarkOrderRejected     403  403    403   403    404
erp_sync.StartImport         403  403    done  403    403
erp_sync.RequestPosting      403  403    403   403    404
erp_sync.WithdrawPosting     403  403    403   403    404
identity.LiftSignInLock      403  403    done  403    403
identity.SaveLayout          done done   403   403    403
identity.RemoveLayout        done 404    403   403    403
identity.ChooseLayout        done 404    403   403    403
identity.AddPasskey          422  422    422   404    404
identity.RemovePasskey       422  422    422   404    404
"""
"""What services do even if the gateway sent it: for a contact of the company, for another company's, for staff, for
nobody, and for a reaction to another company's event. Permissions and branches they do not know.
"""


def parsed(table: str) -> dict[str, dict[str, str]]:
    """Each row's cells by visitor. A row that is there twice, or has a cell too many, is an error of the table."""
    head, *rows = [line for line in table.splitlines() if line.strip()]
    columns = head.split()
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        words = row.split()
        name, cells = " ".join(words[: -len(columns)]), words[-len(columns) :]
        assert name not in found, f"{name} is there twice"
        found[name] = dict(zip(columns, cells, strict=True))
    return found

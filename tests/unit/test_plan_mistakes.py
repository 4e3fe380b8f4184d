"""One planted mistake each: its code, its place, and words of its fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from legato.model.problem import Problem
from legato.plan.impact.breaking import bereft, in_problems
from legato.plan.impact.impact import unapproved
from legato.plan.load import load
from legato.plan.rules.workspace import plain_secrets
from legato.workspace import shipped_connectors, shipped_sources

WORKSPACE = Path(__file__).parent.parent / "golden" / "plan" / "workspace.yaml"
JOURNEY = """journey: planted
owner: growth
purpose: marketing
enter: {on: Checkout Started}
steps:
"""
"""Five lines: what is planted begins in line 6."""
ENTER = "journey: a\nowner: b\npurpose: service\nenter: "
"""What is planted begins in line 4, column 8."""
SEGMENT = "segment: planted\nowner: growth\nwhen: "
"""What is planted begins in line 3, column 7."""
DESTINATION = "destination: planted\nconnector: letters\nsettings: "

STREAM = (
    "destination: planted\nconnector: letters\nsettings: {account: a, token: {secret: T}}\nevents: "
)
"""What is planted begins in line 4, column 9."""
HOOK = "source: planted\nkind: webhook\nsigning_key: {secret: A}\nevent: Order Completed\n"
REPLIES = "source: planted\nkind: twilio_sms\nauth_token: {secret: A}\nchannel: sms\n"

TEN = """segment: a
owner: growth
titel: A
when:
  all:
    - {in_segment: vipp}
    - {did: Order Completd}
    - {trait: {email: {over: 3}}}
    - {did: Order Completed, within: soon}
---
cap: week
at_most: -1
within: 7d
channels: [fax]
---
journey: j
owner: growth
enter: {on: Checkout Started, key: cart}
steps:
  - send: {message: order_delayed, on: email}
"""

SHARED = """destination: one
connector: letters
settings: {account: a, token: {secret: T}}
rate: {limit: 50/s, shared: twilio}
---
destination: other
connector: letters
settings: {account: a, token: {secret: T}}
rate: """
"""What is planted begins in line 9, column 7."""

CASES: list[tuple[str, str, str, int, int, str]] = [
    # what is planted, text, code, line, column, words of the fix
    ("a bracket left open", "segment: a\nowner: [b\nwhen: c", "Y001", 3, 5, "quotes"),
    ("an alias of nothing", "segment: a\nowner: *who", "Y001", 2, 8, "anchor"),
    ("a key twice", "cap: a\nat_most: 1\nwithin: 7d\nat_most: 2", "Y002", 4, 1, "remove one"),
    ("a tab", "cap: a\n\tat_most: 1", "Y003", 2, 1, "spaces"),
    (
        "a value in itself",
        "cap: a\nat_most: 1\nwithin: 7d\nchannels: &c [*c]",
        "Y004",
        4,
        11,
        "alias",
    ),
    ("a tag", "cap: a\nat_most: !!python/none 1\nwithin: 7d", "Y005", 2, 10, "without it"),
    ("a huge number", "cap: a\nat_most: 99999999999999999999\nwithin: 7d", "Y005", 2, 10, "quote"),
    ("an unknown document", "segmnt: a", "D101", 1, 1, "`segment`"),
    ("a list as a document", "- a\n- b", "D101", 1, 1, "begin it"),
    ("the kind not first", "owner: a\nsegment: b", "D101", 1, 1, "put `segment:` first"),
    ("no owner", "event: A\npurpose: service", "D102", 1, 1, "owner: growth"),
    ("an unknown key", "cap: a\nat_most: 1\nwithn: 7d\nwithin: 7d", "D103", 3, 1, "`within`"),
    (
        "a list for a text",
        "segment: [a]\nowner: b\nwhen: {did: Product Viewed}",
        "D104",
        1,
        10,
        "segment",
    ),
    ("a text for a number", "cap: a\nat_most: three\nwithin: 7d", "D104", 2, 10, "`at_most: 3`"),
    ("an unknown word", "source: a\nkind: segmnt\nwrite_keys: [k]", "D105", 2, 7, "`segment`"),
    ("a bad duration", "cap: a\nat_most: 1\nwithin: 7 days", "D106", 3, 9, "30m"),
    ("no time at all", "cap: a\nat_most: 1\nwithin: 0s", "D106", 3, 9, "1m"),
    ("a share over all", "holdout: a\nshare: 105%", "D107", 2, 8, "50%"),
    ("a 25th hour", 'quiet_hours: a\nfrom: "25:00"\nto: "08:00"', "D108", 2, 7, "09:30"),
    (
        "an unknown zone",
        'quiet_hours: a\nfrom: "21:00"\nto: "08:00"\nunknown_zones: [Europe/Lisbonn]',
        "D108",
        4,
        17,
        "Europe/Lisbon",
    ),
    ("a name twice", "cap: week\nat_most: 1\nwithin: 7d", "N201", 1, 1, "rename"),
    (
        "a computed trait named like a trait",
        "computed: phone\nowner: a\npurpose: service\ncount: Order Completed",
        "N201",
        1,
        1,
        "rename",
    ),
    ("an unknown segment", f"{SEGMENT}{{in_segment: vipp}}", "N202", 3, 20, "`vip`"),
    ("an unknown event", f"{SEGMENT}{{did: Order Complete}}", "N202", 3, 13, "`Order Completed`"),
    ("an unknown trait", f"{SEGMENT}{{trait: {{emial: a}}}}", "N202", 3, 16, "`email`"),
    ("an unknown journey", f"{SEGMENT}{{in_journey: cart}}", "N202", 3, 20, "journeys/"),
    (
        "an unknown purpose",
        "trait: a\nowner: b\npurpose: servic\nschema: {}",
        "N202",
        3,
        10,
        "`service`",
    ),
    ("an unknown connector", "destination: a\nconnector: leters", "N202", 2, 12, "`letters`"),
    (
        "an unknown channel",
        "cap: a\nat_most: 1\nwithin: 7d\nchannels: [emial]",
        "N202",
        4,
        12,
        "`email`",
    ),
    (
        "an audience in two places",
        JOURNEY + "  - join: {audience: recent_buyers, destination: post}",
        "N203",
        6,
        22,
        "another name",
    ),
    (
        "an address of no kind",
        "channel: a\ndestination: post\naddress: phone",
        "A301",
        3,
        10,
        "trait phone",
    ),
    (
        "an address nobody declared",
        "channel: a\ndestination: post\naddress: trait fone",
        "N202",
        3,
        10,
        "`phone`",
    ),
    (
        "a schema that is none",
        "event: A\nowner: b\npurpose: service\nschema: {type: objekt}",
        "C301",
        4,
        16,
        "json-schema.org",
    ),
    (
        "a schema that needs the network",
        "event: A\nowner: b\npurpose: service\nschema: {$ref: 'https://x.example/y'}",
        "C301",
        4,
        16,
        "$defs",
    ),
    (
        "a schema with a pattern that is none",
        "event: A\nowner: b\npurpose: service\nschema: {pattern: '['}",
        "C301",
        4,
        19,
        "json-schema.org",
    ),
    (
        "a field renamed to another place",
        "mapping: m\nevent: Order Completed\nrename: {a.amt: value}",
        "C311",
        3,
        10,
        "where it stands",
    ),
    (
        "a field converted to a type it does not have",
        "mapping: m\nevent: Order Completed\nconvert: {value: text}",
        "C311",
        3,
        18,
        "its declared type",
    ),
    (
        "a mapping to a field nobody declared",
        "mapping: m\nevent: Order Completed\nrename: {amt: valu}",
        "R402",
        3,
        15,
        "`value`",
    ),
    ("a mapping of nothing", "mapping: m\nevent: Order Completed", "D102", 1, 1, "rename:"),
    (
        "a guard of something that may be too old",
        "trait: t\nowner: a\npurpose: service\nfresh_for: 1h\nschema: {type: number}\n---\n"
        + JOURNEY
        + "  - when: {trait: {t: 3}}\n    then: []",
        "J321",
        12,
        5,
        "stale:",
    ),
    ("half a character", 'event: A\nowner: "\\ud800"', "Y005", 2, 8, "whole character"),
    (
        "a call of something its entry does not have",
        JOURNEY + "  - call: {destination: post, content: {a: '{{ event.cartid }}'}}",
        "R402",
        6,
        44,
        "`cart_id`",
    ),
    (
        "nothing measured",
        "computed: a\nowner: b\npurpose: service",
        "C302",
        1,
        1,
        "count: Order Completed",
    ),
    (
        "one name in two spellings",
        "event: order_completed\nowner: orders\npurpose: service",
        "C303",
        1,
        1,
        "agree with growth",
    ),
    (
        "one property of two types",
        (
            "event: Order Packed\nowner: orders\npurpose: service\n"
            "schema: {properties: {value: {type: string}}}"
        ),
        "C304",
        1,
        1,
        "let orders and growth agree",
    ),
    (
        "a segment that reads a retired trait",
        (
            "trait: plea\nowner: desk\npurpose: marketing\nschema: {type: string}\n"
            "retired: 2026-11-21\n---\n" + SEGMENT + "{trait: {plea: {exists: true}}}"
        ),
        "C305",
        7,
        1,
        "take `retired` off it (ask desk)",
    ),
    (
        "a guard in a journey that reads a retired property",
        (
            "event: Plea Heard\nowner: desk\npurpose: marketing\n"
            "schema: {properties: {tone: {type: string, retired: 2026-11-21}}}\n---\n"
            "journey: planted\nowner: growth\npurpose: marketing\nenter: {on: Plea Heard}\n"
            "steps:\n  - when: {entry: {tone: {is: sad}}}\n    then: [{leave: quietly}]"
        ),
        "C305",
        11,
        5,
        "ask desk",
    ),
    (
        "a journey that enters by a retired event",
        (
            "event: Plea Heard\nowner: desk\npurpose: marketing\nretired: 2026-11-21\n---\n"
            "journey: planted\nowner: growth\npurpose: marketing\nenter: {on: Plea Heard}\n"
            "steps:\n  - wait: 1d"
        ),
        "C305",
        6,
        1,
        "do without it",
    ),
    (
        "a property that is retired and required",
        (
            "event: Plea Heard\nowner: desk\npurpose: marketing\n"
            "schema: {required: [tone], properties: {tone: {type: string, retired: 2026-11-21}}}"
        ),
        "C306",
        1,
        1,
        "take `tone` out of `required`",
    ),
    (
        "a retirement that is no day",
        (
            "trait: plea\nowner: desk\npurpose: marketing\nschema: {type: string}\n"
            "retired: next week"
        ),
        "D107",
        5,
        10,
        "2026-11-21",
    ),
    (
        "a guard that reads what is kept for another purpose",
        "purposes: {support: {basis: contract, promotional: false}}\n---\n"
        "trait: plea\nowner: desk\npurpose: support\nschema: {type: string}\n---\n"
        + JOURNEY
        + "  - when: {trait: {plea: {exists: true}}}\n    then: [{leave: quietly}]",
        "U301",
        13,
        5,
        "ask desk to add `marketing`",
    ),
    (
        "a message that tells more than its channel may hold",
        (
            "trait: illness\nowner: desk\npurpose: marketing\nprivacy: health\n"
            "schema: {type: string}\n---\n"
            "template: get_well\npurpose: marketing\nemail: {body: 'Your {{ profile.illness }}'}"
        ),
        "U302",
        7,
        1,
        "`accepts: health`",
    ),
    (
        "a call that nothing says the purpose of",
        (
            "journey: planted\nowner: growth\nenter: {on: Checkout Started}\nsteps:\n"
            "  - call: {destination: post, content: {cart: '{{ event.cart_id }}'}}"
        ),
        "U303",
        5,
        5,
        "add `purpose:`",
    ),
    (
        "a measurement less delicate than what it measures",
        (
            "event: Prescription Filled\nowner: desk\npurpose: service\nprivacy: health\n---\n"
            "computed: pills\nowner: desk\npurpose: service\nprivacy: personal\n"
            "count: Prescription Filled"
        ),
        "U304",
        6,
        1,
        "remove `privacy`",
    ),
    (
        "a digest for an address",
        (
            "trait: fax\nowner: growth\npurpose: service\nhash: sha256\nschema: {}\n---\n"
            "channel: fax\ndestination: post\naddress: trait fax"
        ),
        "U307",
        7,
        1,
        "under another name",
    ),
    (
        "a digest that its schema refuses",
        "trait: fax\nowner: growth\npurpose: service\nhash: sha256\nschema: {maxLength: 20}",
        "U307",
        1,
        1,
        "64 hexadecimal digits",
    ),
    (
        "an unknown way of hashing",
        "trait: fax\nowner: growth\npurpose: service\nhash: md5\nschema: {}",
        "D105",
        4,
        7,
        "sha256",
    ),
    (
        "a number test of a text",
        f"{SEGMENT}{{did: Order Completed, where: {{cart_id: {{over: 3}}}}}}",
        "R401",
        3,
        38,
        "catalog",
    ),
    (
        "a value that is not declared",
        f"{SEGMENT}{{did: Checkout Started, where: {{kind: wep}}}}",
        "R401",
        3,
        39,
        "`web`",
    ),
    (
        "an event where a purpose is meant",
        (
            "property: planted\nowner: a\ntitle: b\n"
            "never: {sends: promotional, without: Order Completed}\n"
        ),
        "N202",
        4,
        38,
        "`Order Completed` is an event: name a purpose here; else declare it",
    ),
    (
        "an unknown property",
        f"{SEGMENT}{{did: Order Completed, where: {{valu: 3}}}}",
        "R402",
        3,
        38,
        "`value`",
    ),
    (
        "an unknown property in a list",
        f"{SEGMENT}{{unique: 'products[].sku', of: Order Completed, is: a}}",
        "R402",
        3,
        16,
        "products",
    ),
    ("a word that is no condition", f"{SEGMENT}{{dit: Order Completed}}", "R403", 3, 8, "`did`"),
    (
        "two measurements in one",
        f"{SEGMENT}{{did: Product Viewed, did_not: Order Completed, within: 2h}}",
        "R403",
        3,
        29,
        "all:",
    ),
    ("a property of nothing", f"{SEGMENT}{{property: {{value: 3}}}}", "R404", 3, 8, "entry"),
    (
        "an unknown comparison",
        f"{SEGMENT}{{trait: {{email: {{start_with: a}}}}}}",
        "R405",
        3,
        24,
        "`starts_with`",
    ),
    (
        "a sum compared with nothing",
        f"{SEGMENT}{{sum: value, of: Order Completed}}",
        "R405",
        3,
        8,
        "over: 500",
    ),
    ("segments in a circle", f"{SEGMENT}{{in_segment: planted}}", "S301", 1, 1, "without"),
    (
        "an identifier nowhere",
        "event: A\nowner: b\npurpose: service\n---\nsource: s\nwrite_keys: [web-key]",
        "N201",
        6,
        13,
        "rename",
    ),
    (
        "quiet hours of no length",
        'quiet_hours: a\nfrom: "08:00"\nto: "08:00"',
        "P301",
        3,
        1,
        "two different",
    ),
    (
        "a link that nobody asks for",
        "template: a\npurpose: service\nemail: {subject: s, body: '{{ confirm_url }}'}",
        "P304",
        3,
        27,
        "`double_opt_in`",
    ),
    (
        "consent that is not waited for",
        "purposes:\n  planted: {basis: consent, when_unreadable: send}",
        "P306",
        2,
        46,
        "take `when_unreadable` out",
    ),
    ("a tag left open", "template: a\nemail: {body: '{% if a %}'}", "T301", 2, 15, "endif"),
    ("a template of nothing", "template: a", "T302", 1, 1, "email:"),
    (
        "a variable of nothing",
        "template: a\nemail: {body: '{{ profil.email }}'}",
        "T303",
        2,
        15,
        "`profile`",
    ),
    (
        "a trait nobody declared",
        "template: a\nemail: {body: '{{ profile.emial }}'}",
        "N202",
        2,
        15,
        "`email`",
    ),
    ("a text without its body", "template: a\nemail: {subject: b}", "T304", 2, 1, "body"),
    ("another limit for one rate", SHARED + "{limit: 5/s, shared: twilio}", "X309", 9, 7, "same"),
    ("no limit to share", SHARED + "{shared: mailer}", "X309", 9, 7, "limit: 50/s"),
    ("a rate without a name", SHARED + "{limit: 5/s}", "D102", 9, 8, "shared: twilio"),
    ("a stream for nothing", STREAM + "{only: [Order Completed]}", "D102", 4, 10, "purpose:"),
    ("a stream of nothing", STREAM + "[Order Completed]", "D104", 4, 9, "events:"),
    (
        "a stream for an unknown purpose",
        STREAM + "{purpose: servise}",
        "N202",
        4,
        19,
        "`service`",
    ),
    (
        "a stream of an unknown event",
        STREAM + "{purpose: service, only: [Order Complete]}",
        "N202",
        4,
        35,
        "`Order Completed`",
    ),
    (
        "a stream from nowhere",
        STREAM + "{purpose: service, from: [wep]}",
        "N202",
        4,
        35,
        "`web`",
    ),
    (
        "a stream of some and not of others",
        STREAM + "{purpose: service, only: [Order Completed], except: [Order Synced]}",
        "E301",
        4,
        53,
        "remove one",
    ),
    ("a stream of no event", STREAM + "{purpose: service, only: []}", "E302", 4, 28, "remove"),
    (
        "a stream of a type that never comes",
        STREAM + "{purpose: service, only: [Order Completed], types: [page]}",
        "E302",
        4,
        53,
        "`types`",
    ),
    (
        "a stream of an unknown type",
        STREAM + "{purpose: service, types: [pages]}",
        "D105",
        4,
        36,
        "`page`",
    ),
    (
        "a stream without what is not there",
        STREAM + "{purpose: service, only: [Order Completed], without: [cartt_id]}",
        "E303",
        4,
        62,
        "correct",
    ),
    (
        "a stream of events whose property is misspelt",
        STREAM + "{purpose: service, only: [Order Completed, Order Synced], when: {valu: 1}}",
        "R402",
        4,
        74,
        "`value`",
    ),
    (
        "a stream to who cannot take it",
        (
            "manifest: 1\nid: deaf\nname: a\ncategory: api\ndocs: https://a.example\nroutes:\n"
            "  - {on: send, request: {url: 'https://a.example'}}\n---\n"
            "destination: planted\nconnector: deaf\nevents: {purpose: service}"
        ),
        "X304",
        11,
        10,
        "another connector",
    ),
    (
        "a stream of what is not for it",
        "purposes:\n  measuring: {basis: consent}\n---\n"
        + STREAM
        + "{purpose: measuring, only: [Order Completed]}",
        "U301",
        7,
        10,
        "`measuring`",
    ),
    (
        "a stream that would lose what an event requires",
        "event: Weighed\nowner: growth\npurpose: service\nschema:\n  type: object\n"
        "  required: [kilos]\n  properties: {kilos: {type: number, privacy: health}}\n---\n"
        + STREAM
        + "{purpose: service}",
        "U302",
        12,
        10,
        "accepts: health",
    ),
    ("a setting missing", DESTINATION + "{token: {secret: T}}", "X302", 3, 11, "Add it"),
    (
        "a setting of another type",
        DESTINATION + "{account: 3, token: {secret: T}}",
        "X302",
        3,
        12,
        "string",
    ),
    (
        "an unknown setting",
        DESTINATION + "{acount: a, account: a, token: {secret: T}}",
        "X302",
        3,
        12,
        "`account`",
    ),
    (
        "a secret in the open",
        DESTINATION + "{account: a, token: abc}",
        "X303",
        3,
        24,
        "secret: NAME",
    ),
    (
        "a retry that speeds up",
        DESTINATION + "{account: a, token: {secret: T}}\nretry: {factor: 0.5}",
        "D107",
        4,
        9,
        "factor: 2",
    ),
    (
        "a step after leaving",
        JOURNEY + "  - leave: quietly\n  - wait: 1h",
        "J301",
        7,
        5,
        "remove it",
    ),
    (
        "a way back without a bound",
        JOURNEY + "  - label: a\n    wait: 1h\n  - go_to: a",
        "J302",
        8,
        12,
        "at_most: 3",
    ),
    (
        "a send without an end",
        JOURNEY + "  - send: {message: cart_reminder, on: email}",
        "J303",
        6,
        12,
        "expires: 6h",
    ),
    (
        "a send without a purpose",
        JOURNEY.replace("purpose: marketing\n", "")
        + "  - send: {message: order_delayed, on: email, expires: 1h}",
        "J304",
        5,
        12,
        "purpose: marketing",
    ),
    (
        "shares under all",
        JOURNEY + "  - split: a\n    arms: [{name: a, share: 50%}, {name: b, share: 40%}]",
        "J305",
        7,
        11,
        "100%",
    ),
    (
        "a case of two kinds",
        JOURNEY + "  - wait_for: [{on: Product Viewed, after: 2d}]",
        "J306",
        6,
        17,
        "after: 2d",
    ),
    ("a wait for nothing", JOURNEY + "  - wait_for: []", "J306", 6, 15, "add a case"),
    (
        "two ways in",
        ENTER + "{on: Product Viewed, api: true}\nsteps: []",
        "J306",
        4,
        9,
        "write one of",
    ),
    ("an unknown step", JOURNEY + "  - sned: {message: a}", "J307", 6, 5, "`send`"),
    (
        "a label twice",
        JOURNEY + "  - {label: a, wait: 1h}\n  - {label: a, wait: 1h}",
        "J308",
        7,
        13,
        "rename",
    ),
    (
        "a channel without a text",
        JOURNEY + "  - send: {message: order_delayed, on: [email, sms], expires: 1h}",
        "J309",
        6,
        40,
        "`sms:`",
    ),
    (
        "an offer about nothing",
        "offer: a\nkind: discount\nfor: 7d",
        "O301",
        1,
        1,
        "`item: coat`",
    ),
    (
        "a kind that no offer is of",
        "offer: a\nkind: discount\nitem: coat\nfor: 7d\ngoes_with: [discuont]",
        "O302",
        5,
        13,
        "`discount`",
    ),
    (
        "an offer about what no event says",
        "offer: a\nkind: discount\nitem: {from: product_id}\nfor: 7d\n---\n"
        + ENTER.replace("service", "marketing")
        + "{segment: vip}\nsteps:\n"
        + "  - send: {message: cart_reminder, on: email, expires: 1h, offer: a}",
        "O303",
        11,
        67,
        "fixed `item`",
    ),
    (
        "an offer about what its entry event never says",
        "offer: a\nkind: discount\nitem: {from: produkt_id}\nfor: 7d\n---\n"
        + JOURNEY
        + "  - send: {message: cart_reminder, on: email, expires: 1h, offer: a}",
        "R402",
        11,
        67,
        "product_id",
    ),
    (
        "an offer that nobody has declared",
        JOURNEY + "  - send: {message: cart_reminder, on: email, expires: 1h, offer: free}",
        "N202",
        6,
        67,
        "`offer: free`",
    ),
    (
        "an offer ended by what it has not",
        "offer: a\nkind: discount\nitem: coat\nfor: 7d\nends: {on: Order Completed, same: skuu}",
        "R402",
        5,
        35,
        "",
    ),
    (
        "nowhere to fall back to",
        JOURNEY + "  - send: {message: order_delayed, on: email, expires: 1h, fall_back: 10m}",
        "J313",
        6,
        60,
        "remove `fall_back`",
    ),
    (
        "one channel twice to fall back to",
        JOURNEY
        + "  - send: {message: order_delayed, on: [email, email], expires: 1h, fall_back: 10m}",
        "J313",
        6,
        69,
        "remove `fall_back`",
    ),
    (
        "a fall back after the end",
        JOURNEY
        + "  - send: {message: cart_reminder, on: [sms, email], expires: 1h, fall_back: 1h}",
        "J314",
        6,
        78,
        "shorter than 1 hour",
    ),
    (
        "a fall back without a length",
        JOURNEY
        + "  - send: {message: cart_reminder, on: [sms, email], expires: 1h, fall_back: soon}",
        "D106",
        6,
        78,
        "`fall_back: 30m`",
    ),
    ("a computed trait set", JOURNEY + "  - set: {orders_30d: 3}", "J310", 6, 11, "of your own"),
    ("a trait set to another type", JOURNEY + "  - set: {rescued: maybe}", "R401", 6, 20, "schema"),
    (
        "a circle without a pause",
        JOURNEY + "  - label: a\n    set: {rescued: true}\n  - {go_to: a, at_most: 9}",
        "J311",
        8,
        13,
        "`wait`",
    ),
    (
        "a property that says nothing",
        "property: calm\nowner: growth",
        "V401",
        1,
        1,
        "`never: {sends: ...}`",
    ),
    (
        "a property of two things",
        "property: calm\nat_most: 3\nends: orders\nwithin: 7d",
        "V401",
        1,
        1,
        "`at_most: 3`",
    ),
    (
        "a never of nothing",
        "property: calm\nnever: {by: sms}",
        "V401",
        2,
        9,
        "`sends: promotional`",
    ),
    (
        "a property about one message beside itself",
        "property: calm\nnever: {both: [cart_reminder]}",
        "V401",
        2,
        15,
        "both: [",
    ),
    (
        "a property of a message that there is not",
        "property: calm\nnever: {sends: cart_remindr}",
        "N202",
        2,
        16,
        "`cart_reminder`",
    ),
    (
        "a property over a channel that there is not",
        "property: calm\nnever: {sends: promotional, by: smss}",
        "N202",
        2,
        33,
        "`sms`",
    ),
    (
        "a property after an event that there is not",
        "property: calm\nnever: {sends: any, after: Order Complete}",
        "N202",
        2,
        28,
        "`Order Completed`",
    ),
    (
        "a waiver without a reason",
        ENTER + "{on: Checkout Started}\nsteps: []\nwaive: [{code: V504}]",
        "D102",
        6,
        10,
        "because:",
    ),
    (
        "a recurrence without a beginning",
        ENTER + "{schedule: 'RRULE:FREQ=DAILY'}\nsteps: []",
        "J312",
        4,
        19,
        "DTSTART",
    ),
    (
        "a recurrence of no kind",
        ENTER + "{schedule: 'DTSTART:20260302T090000 RRULE:FREQ=OFTEN'}\nsteps: []",
        "J312",
        4,
        19,
        "FREQ=WEEKLY",
    ),
    (
        "a label nobody gave",
        JOURNEY + "  - label: start\n    wait: 1h\n  - go_to: strat",
        "N202",
        8,
        12,
        "`start`",
    ),
    (
        "a template nobody wrote",
        JOURNEY + "  - send: {message: cart_remainder, on: email, expires: 1h}",
        "N202",
        6,
        21,
        "`cart_reminder`",
    ),
    (
        "a key the event does not have",
        ENTER + "{on: Checkout Started, key: cartid}\nsteps: []",
        "R402",
        4,
        36,
        "`cart_id`",
    ),
    (
        "an event variable that no entry has",
        "template: t\nemail: {body: '{{ event.cartid }}'}\n---\n"
        + JOURNEY
        + "  - send: {message: t, on: email, expires: 1h}",
        "R402",
        2,
        15,
        "`cart_id`",
    ),
    (
        "`again` of no kind",
        ENTER + "{on: Product Viewed, again: never}\nsteps: []",
        "D105",
        4,
        36,
        "after 24h",
    ),
    (
        "opt-outs of people whom nobody knows by that",
        HOOK + "opt_outs: {at: event, values: [gone], address: fax, channel: sms}",
        "I303",
        1,
        1,
        "properties.fax",
    ),
    (
        "an auth token in the open",
        "source: planted\nkind: webhook\nsigning_key: 5f3c\nevent: Order Completed",
        "X303",
        3,
        14,
        "{secret: MAIL_HOOK_KEY}",
    ),
    (
        "an answer that cannot be sent where it was asked",
        REPLIES + "help: t\n---\ntemplate: t\nemail: {subject: a, body: b}",
        "T305",
        1,
        1,
        "`sms: {body: ...}`",
    ),
    (
        "a source nobody declared",
        JOURNEY + "  - await_confirmation: {on: Order Synced, from: crn, within: 1h}",
        "N202",
        6,
        50,
        "`crm`",
    ),
]


def problems(planted: str, **files: str) -> tuple[Problem, ...]:
    texts = {"workspace.yaml": WORKSPACE.read_text(), "x.yaml": planted, **files}
    return load(texts, {}).problems


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "fix"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_planted_mistake_is_found_where_it_stands(
    text: str, code: str, line: int, column: int, fix: str
) -> None:
    found = problems(text)

    assert [problem.code for problem in found] == [code], "\n".join(map(str, found))
    assert str(found[0].place) == f"x.yaml:{line}:{column}"
    assert fix in found[0].fix


def test_ten_mistakes_are_all_reported_at_once() -> None:
    found = problems(TEN)

    assert [(problem.code, problem.place.line) for problem in found] == [
        ("D103", 3),
        ("N202", 6),
        ("N202", 7),
        ("R401", 8),
        ("D106", 9),
        ("N201", 11),
        ("D107", 12),
        ("N202", 14),
        ("R402", 18),
        ("J303", 20),
        ("J304", 20),
    ]


def test_a_slip_in_one_document_does_not_hide_the_others() -> None:
    found = problems("cap: [\n---\nsegment: a\nowner: b\nwhen: {in_segment: vipp}")

    assert [(problem.code, problem.place.line) for problem in found] == [("Y001", 2), ("N202", 5)]


def test_what_refers_to_an_unreadable_document_is_no_second_mistake() -> None:
    found = problems("segment: a\nwhen: [\n---\nsegment: b\nowner: c\nwhen: {in_segment: a}")

    assert [problem.code for problem in found] == ["Y001"]


def test_a_duplicate_names_the_other_place() -> None:
    (found,) = problems("segment: vip\nowner: growth\nwhen: {did: Product Viewed}")

    assert "workspace.yaml:100:1" in found.what


def test_billions_of_aliases_are_refused_quickly() -> None:
    lines = ["cap: a", "at_most: 1", "within: 7d", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 12):
        aliases = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} [{aliases}]")

    found = problems("\n".join(lines))

    assert "Y004" in [problem.code for problem in found]


def test_a_document_nested_without_end_is_a_problem() -> None:
    found = problems("cap: " + "[" * 20_000)

    assert [problem.code for problem in found] == ["Y004"]


def test_a_workspace_of_nothing_says_what_to_begin_with() -> None:
    found = load({}, {}).problems

    assert [problem.code for problem in found] == ["I301", "D109"]


def test_an_identity_of_no_kinds_is_a_problem() -> None:
    found = load({"a.yaml": "workspace: a\n---\nidentity: []"}, {}).problems

    assert [(problem.code, problem.place.line) for problem in found] == [("I301", 3)]


def test_an_identifier_that_stands_nowhere_is_a_problem() -> None:
    text = "workspace: a\n---\nidentity: [{kind: email, from: [email]}]"

    (found,) = load({"a.yaml": text}, {}).problems

    assert found.code == "I302"
    assert "traits.email" in found.fix


def test_a_broken_manifest_is_a_problem_at_its_place() -> None:
    found = problems("manifest: 1\nid: a\nname: A\ncategory: api\ndocs: d\nroutes:\n  - on: sent")

    assert {problem.code for problem in found} == {"X301"}
    assert 7 in [problem.place.line for problem in found]


def test_a_source_that_a_manifest_pairs_with_has_to_exist() -> None:
    routes = "routes:\n  - {on: send, request: {url: 'https://a.example'}}"
    text = (
        f"manifest: 1\nid: a\nname: A\ncategory: api\ndocs: d\ninbound: [stripe, strip]\n{routes}"
    )

    found = load({"a.yaml": text}, {}, shipped_sources()).problems

    (problem,) = [one for one in found if one.code == "N202"]
    assert problem.place.line == 6
    assert "did you mean `stripe`?" in problem.fix


def test_the_address_that_messages_go_to_is_declared_as_personal_data() -> None:
    routes = "routes:\n  - {on: send, request: {url: 'https://a.example'}}"

    found = problems(f"manifest: 1\nid: a\nname: A\ncategory: sms\ndocs: d\n{routes}")

    (problem,) = [one for one in found if one.code == "X301"]
    assert problem.place.line == 4
    assert problem.fix == "Add `pii: [phone]` at the top."


def test_a_connector_that_cannot_do_it_is_a_problem() -> None:
    manifest = (
        "manifest: 1\nid: mute\nname: M\ncategory: api\ndocs: d\ntransport: file\nroutes:\n"
        "  - {on: call, request: {path: a, line: b}}\n---\n"
        "destination: quiet\nconnector: mute\n---\n"
        "channel: c\ndestination: quiet\naddress: trait phone"
    )

    (found,) = problems(manifest)

    assert (found.code, found.place.line, found.place.column) == ("X304", 14, 14)


MAIL = """manifest: 1
id: mail
name: M
category: email
docs: d
pii: [email]
transport: http
routes: [{on: send, inputs: {subject: {}, body: {}INPUT}, request: {url: "https://a.example"}}]
---
destination: mailer
connector: mail
---
channel: mail
destination: mailer
address: trait email
---
template: offer
purpose: marketing
mail: {subject: Offers, body: "TEXT"}
"""
"""The channel stands in line 13, the texts in line 19."""
FOOT = "{{ sender.postal_address }} {{ unsubscribe_url }}"
LEGATO_TEXT = WORKSPACE.read_text()
NAMELESS = "\n---\n".join(
    part for part in LEGATO_TEXT.split("\n---\n") if not part.startswith(("pages:", "sender:"))
)


@pytest.mark.parametrize(
    ("text", "inputs", "code", "line", "fix"),
    [
        ("{{ sender.postal_address }}", ", unsubscribe_url: {}", "L302", 19, "unsubscribe_url"),
        ("{{ preferences_url }}", ", unsubscribe_url: {}", "L303", 19, "sender.postal_address"),
        (FOOT, "", "L305", 13, "`unsubscribe_url`"),
        (FOOT + "{{ sender.phone }}", ", unsubscribe_url: {}", "T303", 19, "`sender.name`"),
    ],
)
def test_promotional_email_is_lawful_or_a_problem(
    text: str, inputs: str, code: str, line: int, fix: str
) -> None:
    (found,) = problems(MAIL.replace("TEXT", text).replace("INPUT", inputs))

    assert (found.code, found.place.line) == (code, line)
    assert fix in found.fix


def test_promotional_email_as_the_law_wants_it_has_no_problem() -> None:
    text = MAIL.replace("TEXT", FOOT).replace("INPUT", ", unsubscribe_url: {}")

    assert problems(text) == ()


def test_every_part_of_a_promotional_email_that_is_read_is_looked_at() -> None:
    text = MAIL.replace("TEXT", FOOT).replace("INPUT", ", unsubscribe_url: {}")

    found = problems(text.replace('body: "', 'html: Look!, body: "'))

    assert [problem.code for problem in found] == ["L302", "L303"]


def test_a_journey_can_make_a_message_promotional() -> None:
    text = MAIL.replace("TEXT", "Look!").replace("INPUT", ", unsubscribe_url: {}")
    text = text.replace("purpose: marketing\nmail", "mail")
    journey = JOURNEY + "  - send: {message: offer, on: mail, expires: 1h}"

    assert [one.code for one in problems(text)] == []
    assert [one.code for one in problems(f"{text}---\n{journey}")] == ["L302", "L303"]


def test_promotional_email_needs_pages_and_a_sender() -> None:
    text = MAIL.replace("TEXT", FOOT).replace("INPUT", ", unsubscribe_url: {}")

    found = load({"workspace.yaml": NAMELESS, "x.yaml": text}, {}).problems

    assert [problem.code for problem in found] == ["L301", "L301", "L304", "L304"]
    assert any("`pages: {url:" in problem.fix for problem in found)


def test_a_call_is_given_no_link_that_ends_a_purpose() -> None:
    planted = JOURNEY + "  - call: {destination: post, content: {a: '{{ unsubscribe_url }}'}}"

    assert [problem.code for problem in problems(planted)] == ["T303"]


@pytest.mark.parametrize(
    ("word", "value", "code"),
    [
        ("url", "http://shop.example", "D107"),
        ("url", "https://shop.example/a?b=c", "D107"),
        ("url", "https://user@shop.example", "D107"),
        ("valid", "59d", "D107"),
        ("accent", "green", "D107"),
        ("font", "a; background: url(//evil)", "D107"),
        ("logo_url", "http://shop.example/logo.png", "D107"),
        ("mailto", "nobody", "D107"),
        ("texts", "{english: {a: b}}", "D107"),
        ("colour", "red", "D103"),
        ("texts", "{en: {unsubscribe.titel: a}}", "D103"),
        ("texts", "{en: {purpose.sold: a}}", "N202"),
    ],
)
def test_pages_take_no_address_or_style_that_could_do_harm(
    word: str, value: str, code: str
) -> None:
    given = {"url": "https://shop.example", word: value}
    written = value if value.startswith("{") else f"{value!r}"
    lines = [f"  {name}: {written if name == word else one}" for name, one in given.items()]

    found = load({"w.yaml": f"{NAMELESS}\n---\npages:\n" + "\n".join(lines)}, {}).problems

    assert [problem.code for problem in found] == [code]


TEXTS = (
    "manifest: 1\nid: {name}\nname: {name}\ncategory: {category}\ndocs: d\n"
    "pii: [email, phone]\nroutes:\n  - {{on: {on}, request: {{url: 'https://a.example'}}}}\n---\n"
    "destination: {name}\nconnector: {name}\n{more}"
)


def accounts(first: str, second: str, *, category: str = "sms", on: str = "send") -> str:
    one = TEXTS.format(name="one", category="sms", on="send", more=first)
    return one + "\n---\n" + TEXTS.format(name="two", category=category, on=on, more=second)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (accounts("when_down: {use: one}", ""), "it is the same"),
        (
            accounts("when_down: {use: two}", "when_down: {use: one}"),
            "it gives its own messages to",
        ),
        (accounts("when_down: {use: two}", "", on="call"), "`two` sends no messages"),
        (accounts("when_down: {use: two}", "", category="email"), "it is for email"),
        (accounts("when_down: {use: two}", "accepts: public"), "accepts what is public at most"),
    ],
)
def test_who_cannot_take_over_is_a_problem(text: str, why: str) -> None:
    found = [problem for problem in problems(text) if problem.code == "X308"]

    assert (found[0].place.line, found[0].place.column) == (12, 18)
    assert why in found[0].what


def test_who_takes_over_has_to_exist() -> None:
    (found,) = problems(accounts("when_down: {use: tow}", ""))

    assert (found.code, found.fix[:18]) == ("N202", "did you mean `two`")


def test_a_destination_of_the_same_kind_takes_over() -> None:
    assert problems(accounts("when_down: {after: 15s, use: two}", "")) == ()


def test_scenarios_are_passed_over() -> None:
    found = problems("", **{"scenarios/a.yaml": "scenario: [a"})

    assert found == ()


def test_a_file_of_plain_secrets_in_the_workspace_is_a_problem() -> None:
    (found,) = plain_secrets(["legato.yaml", ".secrets"])

    assert (found.code, found.place.file) == ("X306", ".secrets")
    assert plain_secrets(["legato.yaml"]) == ()


def test_a_connector_whose_library_is_not_installed_is_a_problem_with_the_command_to_run() -> None:
    text = 'destination: stream\nconnector: kafka\nsettings: {brokers: "b.example:9093"}\n'
    files, command = {"x.yaml": text}, "pip install 'legato[kafka]'"

    without = load(files, shipped_connectors(), lacks={"kafka": command}).problems
    installed = load(files, shipped_connectors()).problems

    (found,) = [one for one in without if one not in installed]
    assert (found.code, found.place.line, found.place.column) == ("X307", 2, 12)
    assert command in found.fix


def test_no_message_holds_the_secret_that_stands_in_the_open() -> None:
    (found,) = problems(DESTINATION + "{account: a, token: hunter2}")

    assert "hunter2" not in str(found)


CONFIRM = """template: confirm
purpose: service
email: {subject: Please confirm, body: "{{ confirm_url }}"}
---
consent:
"""
"""Five lines: what is planted begins in line 6."""
CONSENTS: list[tuple[str, str, str, int, int, str]] = [
    (
        "a double opt-in of what rests on a contract",
        "  double_opt_in: {purpose: service, channels: [email], message: confirm}",
        "P302",
        6,
        28,
        "basis is consent",
    ),
    (
        "two of one purpose",
        "  double_opt_in:"
        + 2 * "\n    - {purpose: marketing, channels: [email], message: confirm}",
        "N201",
        8,
        7,
        "join the two",
    ),
    (
        "a question without a text",
        "  double_opt_in: {purpose: marketing, channels: [email, sms], message: confirm}",
        "P303",
        6,
        72,
        "`sms:`",
    ),
    (
        "a question of nobody",
        "  double_opt_in: {purpose: marketing, channels: [email], message: conform}",
        "N202",
        6,
        67,
        "`confirm`",
    ),
    ("an objection to nothing", "  gpc: [advertising]", "N202", 6, 9, "purposes"),
    ("a purpose of no number", "  tcf: {purposes: {storage: marketing}}", "P305", 6, 20, "List"),
    (
        "a vendor of no number",
        "  tcf: {vendor: 70000, purposes: {1: marketing}}",
        "P305",
        6,
        17,
        "List",
    ),
]


def consent_problems(text: str) -> list[Problem]:
    before = "consent:\n  opt_out_scope: topic\n  categories: {Advertising: marketing}\n---\n"
    golden = WORKSPACE.read_text()
    assert before in golden
    files = {"workspace.yaml": golden.replace(before, ""), "x.yaml": text}
    return list(load(files, {}).problems)


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "fix"),
    [case[1:] for case in CONSENTS],
    ids=[case[0] for case in CONSENTS],
)
def test_a_mistake_about_consent_is_found_where_it_stands(
    text: str, code: str, line: int, column: int, fix: str
) -> None:
    found = consent_problems(CONFIRM + text)

    own = [problem for problem in found if problem.code != "P304"]  # nothing else asks then
    assert [problem.code for problem in own] == [code], "\n".join(map(str, found))
    assert str(own[0].place) == f"x.yaml:{line}:{column}"
    assert fix in own[0].fix


@pytest.mark.parametrize(
    ("template", "fix"),
    [
        ("purpose: marketing\nemail: {subject: s, body: '{{ confirm_url }}'}", "basis"),
        ("email: {subject: s, body: '{{ confirm_url }}'}", "basis"),
        ("purpose: service\nemail: {subject: s, body: b}", "{{ confirm_url }}"),
    ],
    ids=["it rests on what it asks for", "it has no purpose", "it has no link"],
)
def test_a_message_that_cannot_ask_is_a_problem(template: str, fix: str) -> None:
    rule = "consent:\n  double_opt_in: {purpose: marketing, channels: [email], message: ask}"

    (found,) = consent_problems(f"template: ask\n{template}\n---\n{rule}")

    assert found.code == "P303"
    assert fix in found.fix


REGIONS = "residency: {trait: phone, regions: {eu: [PT], us: [US]}, unknown: eu}\n---\n"


def test_destinations_that_say_nothing_of_regions_are_problems() -> None:
    found = problems(REGIONS)

    assert [(problem.code, problem.place.file) for problem in found] == [
        ("U305", "workspace.yaml"),
        ("U305", "workspace.yaml"),
    ]
    assert "`regions: any`" in found[0].fix


def test_a_step_that_can_only_send_where_its_people_may_not_go_is_a_problem() -> None:
    workspace = WORKSPACE.read_text().replace("owner: growth\nconnector", "regions: us\nconnector")
    workspace = workspace.replace(
        "destination: ads\nconnector", "destination: ads\nregions: any\nconnector"
    )
    journey = JOURNEY.replace("{on: Checkout Started}", "{api: true, when: {trait: {phone: PT}}}")
    text = REGIONS + journey + "  - send: {message: cart_reminder, on: email, expires: 1d}\n"

    (found,) = load({"workspace.yaml": workspace, "x.yaml": text}, {}).problems

    assert (found.code, found.place.line) == ("U306", 8)
    assert "`eu`" in found.fix


def test_a_region_that_is_not_declared_is_a_problem() -> None:
    workspace = WORKSPACE.read_text().replace(
        "connector: letters\n", "connector: letters\nregions: [mars]\n"
    )

    found = load({"workspace.yaml": workspace, "x.yaml": REGIONS}, {}).problems

    assert {problem.code for problem in found} == {"N202"}


def test_an_identifier_and_a_trait_of_one_value_are_hashed_alike() -> None:
    workspace = WORKSPACE.read_text().replace("lowercase: true,", "hash: sha256,")

    found = load({"workspace.yaml": workspace}, {}).problems

    assert [(problem.code, problem.what[:19]) for problem in found if problem.code == "U308"] == [
        ("U308", "the trait `email` a")
    ]


@pytest.mark.parametrize(
    ("hours", "codes"),
    [
        ('from: "21:00"\nto: "08:00"', []),
        ('from: "20:00"\nto: "09:00"\nchannels: [texts]', []),
        ('from: "22:00"\nto: "08:00"', ["P307"]),
        ('from: "21:00"\nto: "07:00"', ["P307"]),
        ('from: "21:00"\nto: "08:00"\npurposes: [news]', ["P307"]),
    ],
)
def test_promotion_by_sms_at_night_is_a_problem_where_that_is_law(
    hours: str, codes: list[str]
) -> None:
    manifest = {
        "manifest": 1,
        "id": "texter",
        "name": "T",
        "category": "sms",
        "docs": "d",
        "transport": "file",
        "routes": [{"on": "send", "request": {"path": "a", "line": "b"}}],
    }
    text = (
        "workspace: a\n---\nidentity: [{kind: phone, from: [traits.phone]}]\n---\n"
        "purposes: {news: {basis: consent}}\n---\nconsent: {tcpa: true}\n---\n"
        f"quiet_hours: night\n{hours}\n---\ndestination: gateway\nconnector: texter\n---\n"
        "channel: texts\ndestination: gateway\naddress: identifier phone"
    )

    found = load({"a.yaml": text}, {"texter": manifest}).problems

    assert [problem.code for problem in found] == codes


def test_a_role_that_may_not_approve_is_a_problem() -> None:
    (found,) = problems("approvals: {when: {breaking: true}, by: [marketer]}")

    assert (found.code, found.place.line) == ("P309", 1)
    assert "approver" in found.fix


def test_what_a_change_may_not_do_is_said_with_codes() -> None:
    text = WORKSPACE.read_text()
    old = load({"w.yaml": text}, {}).plan
    new = load(
        {"w.yaml": text.replace("where: {value: {over: 1}}\nwithin: 30d", "within: 30d")}, {}
    ).plan
    assert old is not None
    assert new is not None

    found = in_problems(bereft(old, new, {}))
    asked = unapproved(("it is breaking",))

    assert (found[0].code, found[0].place.file) == ("B401", "w.yaml")
    assert "same change" in found[0].fix
    assert asked.code == "B402"
    assert "legato change propose" in asked.fix


@pytest.mark.parametrize(
    ("compare", "code", "fix"),
    [
        ("[{trait: email, as: code}]", "I304", "surname"),
        ("[{trait: email, as: code}, {trait: email, as: words}]", "I304", "leave one"),
        ("[{trait: email, as: code}, {trait: orders_30d, as: code}]", "I304", "told"),
        ("[{trait: email, as: code}, {trait: fone, as: code}]", "N202", "`phone`"),
        ("[{trait: email, as: code}, {trait: phone, as: number}]", "D107", "as: code"),
        ("[{trait: email, as: code}, {trait: illness, as: code}]", "U309", "accepts: health"),
        ("[{trait: email, as: code}, {trait: phone}]", "D102", "as: name"),
        ("[{trait: email, as: code}, {trait: phone, as: code}], above: 1", "D103", "compare"),
        ("[{trait: email, as: code}, {trait: phone, as: code}], suggest_above: 1", "D107", "0.9"),
    ],
)
def test_a_comparison_that_cannot_tell_people_apart_is_a_problem(
    compare: str, code: str, fix: str
) -> None:
    documents = WORKSPACE.read_text().split("\n---\n")
    others = "\n---\n".join(text for text in documents if not text.startswith("matching:"))
    others += (
        "\n---\ntrait: illness\nowner: care\npurpose: service\nprivacy: health\n"
        "schema: {type: string}\n"
    )
    planted = f"matching: {{compare: {compare}}}"

    (found,) = load({"workspace.yaml": others, "x.yaml": planted}, {}).problems

    assert (found.code, found.place.file) == (code, "x.yaml")
    assert fix in found.fix

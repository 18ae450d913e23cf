"""The words of orders: which verb each is, which way it goes, and the small words around them.

Holds tables only; `acts` finds the verb of a clause in them, `mood` weighs the small words.
"""

from collections.abc import Mapping
from typing import Literal

from cortex.fabric.catalogue.tool import Direction, Verb
from cortex.fabric.routing.language.text import wordset

Form = Literal["base", "third", "gerund", "past"]
Sense = tuple[Verb, Direction]

READING = frozenset({Verb.SHOW, Verb.DIAGNOSE, Verb.TEST})
"""Verbs that ask for facts; all others change something."""

ON, OFF, NONE = Direction.ON, Direction.OFF, Direction.NONE

_VERBS: Mapping[Sense, str] = {
    (Verb.BLOCK, ON): "block ban blacklist blocklist denylist quarantine banish deny",
    (Verb.BLOCK, OFF): """unblock unban unblacklist deblock whitelist allowlist unquarantine readmit
        reallow allow permit""",
    (Verb.RESTART, NONE): "restart reboot bounce reload",
    (Verb.CYCLE, NONE): "cycle powercycle repower",
    (Verb.SWITCH, ON): "enable activate reenable reactivate",
    (Verb.SWITCH, OFF): "disable deactivate",
    (Verb.SWITCH, NONE): "toggle",
    (Verb.RECONNECT, NONE): "kick disconnect reconnect deauth deauthenticate disassociate",
    (Verb.LOCATE, ON): "locate blink flash identify",
    (Verb.UPGRADE, NONE): "upgrade update",
    (Verb.ADOPT, NONE): "adopt",
    (Verb.FORGET, NONE): "forget remove delete erase purge unadopt",
    (Verb.PROVISION, NONE): "provision reprovision forceprovision",
    (Verb.AUTHORIZE, ON): "authorize authorise approve admit",
    (Verb.AUTHORIZE, OFF): "revoke deauthorize deauthorise unauthorize unauthorise",
    (Verb.RENAME, NONE): "rename relabel retitle call name",
    (Verb.SET, NONE): """set change assign configure adjust modify edit put move give make raise
        lower increase decrease reserve""",
    (Verb.CANCEL, NONE): "cancel",
    (Verb.CREATE, NONE): "create add generate issue mint forward",
    (Verb.TEST, NONE): "test measure speedtest",
    (Verb.DIAGNOSE, NONE): """diagnose troubleshoot investigate debug analyze analyse ping
        traceroute trace explain fix""",
    (Verb.SHOW, NONE): """show list get display view see find fetch count check describe inspect
        compare summarize summarise search audit report monitor read enumerate lookup rank sort""",
}

PARTICLES: Mapping[str, Mapping[str, Sense]] = {
    "turn": {"on": (Verb.SWITCH, ON), "off": (Verb.SWITCH, OFF)},
    "switch": {"on": (Verb.SWITCH, ON), "off": (Verb.SWITCH, OFF)},
    "power": {
        "on": (Verb.SWITCH, ON), "up": (Verb.SWITCH, ON),
        "off": (Verb.SWITCH, OFF), "down": (Verb.SWITCH, OFF),
    },
    "shut": {"off": (Verb.SWITCH, OFF), "down": (Verb.SWITCH, OFF), "out": (Verb.BLOCK, ON)},
    "bring": {"up": (Verb.SWITCH, ON), "down": (Verb.SWITCH, OFF)},
    "take": {"down": (Verb.SWITCH, OFF)},
    "cut": {"off": (Verb.BLOCK, ON)},
    "lock": {"out": (Verb.BLOCK, ON)},
    "kick": {"out": (Verb.BLOCK, ON), "off": (Verb.RECONNECT, NONE)},
    "throw": {"out": (Verb.BLOCK, ON), "off": (Verb.RECONNECT, NONE)},
    "boot": {"out": (Verb.BLOCK, ON), "off": (Verb.RECONNECT, NONE)},
    "set": {"up": (Verb.CREATE, NONE)},
}  # fmt: skip
"""Verbs that a particle completes, beside them or later: "turn the guest wifi off"."""

PAIRS: Mapping[tuple[str, str], Sense] = {
    ("power", "cycle"): (Verb.CYCLE, NONE),
    ("force", "provision"): (Verb.PROVISION, NONE),
    ("force", "reconnect"): (Verb.RECONNECT, NONE),
    ("speed", "test"): (Verb.TEST, NONE),
    ("look", "up"): (Verb.SHOW, NONE),
    ("look", "for"): (Verb.SHOW, NONE),
    ("look", "at"): (Verb.SHOW, NONE),
    ("tell", "me"): (Verb.SHOW, NONE),
    ("give", "me"): (Verb.SHOW, NONE),
    ("give", "us"): (Verb.SHOW, NONE),
    ("pull", "up"): (Verb.SHOW, NONE),
    ("find", "out"): (Verb.SHOW, NONE),
    ("figure", "out"): (Verb.DIAGNOSE, NONE),
}
"""Verbs of two words that always stand together."""

WEAK = wordset("""
    set change update name call make give put move forward lower raise issue label test trace
    report read count search monitor view check find see get audit cycle forget bounce flash edit
    permit remove add list blink display measure ping fix increase decrease name
""")
"""Verbs that are as often nouns or parts of names; inside a sentence they need an object."""

_DOUBLING = wordset("cancel ban unban set put cut shut get forget permit admit")
_IRREGULAR_PAST = {
    "set": "set", "put": "put", "cut": "cut", "shut": "shut", "get": "got", "forget": "forgotten",
    "give": "given", "make": "made", "find": "found", "see": "seen", "read": "read",
    "show": "shown", "take": "taken", "bring": "brought", "throw": "thrown",
}  # fmt: skip


def _forms(base: str) -> dict[str, Form]:
    stem = base + base[-1] if base in _DOUBLING else base.removesuffix("e")
    past = _IRREGULAR_PAST.get(base, stem + "ed")
    third = base + ("es" if base.endswith(("sh", "ch", "ss", "x")) else "s")
    if base.endswith("fy"):
        past, third = base[:-1] + "ied", base[:-1] + "ies"
    return {past: "past", third: "third", stem + "ing": "gerund", base: "base"}


def _all_forms() -> dict[str, tuple[str, Form]]:
    bases = {base for words in _VERBS.values() for base in words.split()} | PARTICLES.keys()
    return {word: (base, form) for base in bases for word, form in _forms(base).items()}


SENSES: Mapping[str, Sense] = {
    base: sense for sense, words in _VERBS.items() for base in words.split()
}
FORMS: Mapping[str, tuple[str, Form]] = _all_forms()
"""Every form of every verb: "blocking" is the gerund of "block"."""

DETERMINERS = wordset("""
    the a an my our your his her their its this that these those all every each any some both
    another me it him them everything everyone everybody someone
""")
ARTICLES = wordset("the a an my our your his her their its this these those")
PREPOSITIONS = wordset("""
    of on in at from to into onto for with by near behind using inside outside under over above
    connected attached plugged named called that which who where between within via through near
    via so is are was were has have had does do did until till after before during since about
""")
NEGATIONS = wordset("""
    not never no none nobody nothing nowhere neither nor without avoid refuse cancel abort refrain
    stop quit cease prevent forbid skip except excluding instead rather but hardly barely scarcely
    nope nah dont do'nt donot dnt didnt doesnt cant cannot wont shouldnt wouldnt couldnt mustnt
    neednt isnt arent wasnt werent hasnt havent hadnt aint shant nevermind lest leave keep undo
    ignore decline wrong unwise
""")
CONDITIONS = wordset("""
    if unless when whenever once provided providing assuming suppose supposing while whilst case
    whether otherwise depending lest given granted iff upon pending
""")
SCHEDULES = wordset("""
    tomorrow tonight later today overnight midnight noon daily nightly weekly monthly hourly monday
    tuesday wednesday thursday friday saturday sunday weekend weekends weekday weekdays mondays
    tuesdays wednesdays thursdays fridays saturdays sundays until till til after before evening
    evenings morning mornings afternoon afternoons o'clock temporarily soon eventually sometime
    someday afterwards periodically regularly automatically always yesterday overmorrow bedtime
    dinner breakfast lunch within during throughout future
""")
UNITS: Mapping[str, int] = {
    name: seconds
    for names, seconds in (
        ("s sec secs second seconds", 1),
        ("m min mins minute minutes", 60),
        ("h hr hrs hour hours", 3600),
        ("d day days", 86_400),
        ("w week weeks", 604_800),
        ("month months", 2_592_000),
        ("y yr year years", 31_536_000),
    )
    for name in names.split()
}
"""Units of time in seconds; a month is 30 days, a year 365."""

REPORTS = wordset("""
    said says say told tells asked asks wants wanted wrote writes according instructed ordered
    claimed claims suggests suggested recommends recommended insists insisted reckons reckon
    thinks think believes believe
    thought heard mentions mentioned demands demanded advises advised reads quoth allegedly
""")
DOUBTS = wordset("""
    i i'm i'd i'll i've we we're we'd we'll we've he he's she she's they they're you you're
    you'd it's that's there's here's who who's what what's why how whoever whatever whichever
    whose whom which is are was were be been being am will would could should can may might must
    shall ought has have had do does did maybe perhaps possibly probably hypothetically
    theoretically imagine pretend kidding joking jk joke jokes lol haha wait hold because
    although though or try trying idea example eg e.g i.e etc wonder wondering supposed
    apparently oops nvm as scratch psych sike rofl actually failed fails succeeded completed
    finished pending required needed necessary worked permission approval consent appropriate
    possible available theory principle practice where subject correct huh eh innit
""")
QUESTIONS = wordset("""
    what what's whats which who who's whos whom whose where where's wheres why why's how how's hows
    is are am was were do does did has have had can could would should will shall may might must
    isn't aren't wasn't weren't doesn't didn't hasn't haven't can't couldn't won't wouldn't
    shouldn't any anything anyone anybody
""")
TROUBLE = wordset("""
    slow sluggish dead dropping drops flaky lag lagging laggy hopping broken unreachable unstable
    unresponsive failing fails buffering stuck intermittent disconnecting dropouts outage bad weak
    poor down crash crashing trouble problem problems issue issues wrong error errors load loads
    loading respond responding answer work working connect keeps
""")
FILLERS = wordset("""
    please pls plz kindly now just quickly quick ok okay hey hi hello cortex so well alright right
    yes yeah yep sure and then also immediately asap thanks thx cheers again today's go dear
    straight away ahead promptly simply thank ty back permanently forever indefinitely completely
    entirely fully
""")
STATES = wordset(
    "online offline connected disconnected up down alive blocked unblocked reachable live"
)
_MORE_ENGLISH = wordset("""
    one two three four five six seven eight nine ten first second third last next much many more
    most least only please there here out off again yet still ever else than too very kids guest
    office garage living room kitchen meeting hall lobby everything new old active rogue fixed
    static strength signal usage data connected seen recent changed happened available firmware
    updates channel width transmit power name names names enabled disabled yesterday hour am pm ghz
    mhz mac traffic using use plugged running kind number gets got getting run perform start start
    let want need like would mind able so kind switch help man war also hat die den top busiest
    heaviest settings configuration latest newest provisioning adoption decommission retire push
    resend patch accept withdraw drop bring take management
""")
ENGLISH = (
    DETERMINERS | ARTICLES | PREPOSITIONS | NEGATIONS | CONDITIONS | SCHEDULES | UNITS.keys()
    | REPORTS | DOUBTS | QUESTIONS | TROUBLE | FILLERS | STATES | FORMS.keys() | _MORE_ENGLISH
)  # fmt: skip
"""Words by which a text is known to be English."""

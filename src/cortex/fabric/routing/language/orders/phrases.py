"""The roundabout forms of orders, each with the plain imperative that it stands for.

Holds tables only. In a pattern, words are as `text` folds them, marks stand apart, `*` takes
words, and `""` is a quotation; `$1` stands for what the first `*` or group takes. A line that
ends with a backslash goes on in the next.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.language.orders import devices


class Form(NamedTuple):
    """A form of order, and what must result from it to count."""

    pattern: str
    plain: str
    kinds: frozenset[TargetKind]
    names: bool
    """Whether the thing may be told by its name alone."""
    coded: bool
    """Whether such a name must look like a machine's."""
    polite: bool
    """Whether it orders only with a "please"."""


_SCHEDULED = (
    "scheduled |planned |pending |waiting |coming |upcoming |timed |nightly |daily |weekly |"
    "monthly |hourly |regular |recurring |repeated |repeating "
)
_WORDS = {
    "{config}": r"(?:config|configuration|configuraton|settings|cfg|conf)",
    "{firmware}": r"(?:firmware|fw|software|update|updates|release|version)",
    "{new}": (
        r"(?:the |a |an |any |its |newest |latest |new |current |available |pending |waiting |"
        r"most |recent |fresh |actual )*"
    ),
    "{few}": (
        r"(?:for (?:a|some|few|a few|one|two|several|a couple of) (?:sec|secs|second|seconds|"
        r"moment|bit)|briefly|for a short moment)"
    ),
    "{access}": (
        r"(?:access|pass|authorization|authorisation|auth|session|permission|rights|login|"
        r"internet|portal access)"
    ),
    "{known}": (
        r"(?:the |our |my )?(?:controller|controler|site|unifi|unifi list|unifi devices|"
        r"device inventory|inventory|device list|client db|client database|client list|"
        r"known clients|list of known clients|list of clients)"
    ),
    "{off}": r"(?:off|disable|disabled|deactivate|desactivate|down)",
    "{on}": r"(?:on|enable|enabled|activate|up)",
    "{again}": r"(?: again| once more| back| afresh| one more time| another time| now)*",
    "{locate}": (
        r"(?:the )?(?:locate|locating|locator|finding|blink|blinking|flash|flashing)(?: mode|"
        r" light| led| blinking| blink| flash)*"
    ),
    "{wish}": r"(?:i|we)(?:'d like| would like| want| need)",
    "{blink}": (
        r"(?:blink|flash|light up|identify itself)(?: (?:its|the|your) (?:locate |locator )?"
        r"(?:light|lights|led|leds))?"
    ),
    "{blinks}": (
        r"(?:(?:its |the |your )?(?:locate |locator )?(?:blinking|flashing|locating)"
        r"(?: (?:its|the|your) (?:light|lights|led|leds))?)"
    ),
    "{dropping}": r"(?:cancel|abort|call off|scrap|discard)",
    "{that}": r"(?:the |my |our |that |this )",
    "{one}": r"((?:(?! (?:and|or|but|then|,) ).)+)",
    "{ceasing}": r"(?:cancel|abort|call off|scrap|discard|stop|end|delete|remove|drop|clear)",
    "{planned}": rf"(?:{_SCHEDULED}|automatic )*",
    "{waiting}": rf"(?:{_SCHEDULED})+",
    "{other}": (
        rf"((?!(?:the|my|our|that|this|a|an) |{_SCHEDULED})(?:(?! (?:and|or|but|then|,) ).)+)"
    ),
    "{letting}": r"(?:unblock|unblocking|un-block|unban|unbanning|release)",
    "{undoing}": r"(?:undo|undoing|revert|reversal)",
    "{reboot}": (
        r"(?:quick |hard |soft |cold |warm |full |fresh |forced )*(?:reboot|restart|boot|"
        r"reload)"
    ),
}
_SWITCHED = frozenset(
    {TargetKind.WLAN, TargetKind.RULE, TargetKind.FORWARD, TargetKind.LED, TargetKind.POE}
)
_DEVICE = frozenset({TargetKind.DEVICE})
_CLIENT = frozenset({TargetKind.CLIENT})


def _forms(
    table: str, kinds: frozenset[TargetKind], *, names: bool = False, coded: bool = True
) -> Iterator[Form]:
    unwrapped = re.sub(r"\\\n\s*", "", table)
    for line in filter(None, map(str.strip, unwrapped.splitlines())):
        pattern, plain = line.split(" => ")
        polite = pattern.startswith("please ")
        pattern = pattern.removeprefix("please ")
        for name, words in _WORDS.items():
            pattern = pattern.replace(name, words)
        yield Form(_starred(pattern), plain, kinds, names, coded, polite)


def _starred(pattern: str) -> str:
    return re.sub(r"(?<![^ ?])\*(?=$| )", "(.+?)", pattern)


_REVOCATIONS = r"""
    (?:withdraw|pull|end|terminate|cancel|rescind|remove|take away|take back|stop|expire|drop) \
        (?:the |his |her )?(?:guest|portal|guest portal) {access} (?:of|from|for|on|to) (?:the \
        )?(?:guest )?* => revoke guest $1
    (?:end|cancel|stop|expire) (?:the )?guest session (?:of |for )?* => revoke guest $1
    strip * of (?:its|his|her|their) guest {access} => revoke $1
    (?:withdraw|pull|end|terminate|cancel|rescind|remove|take away|take back|stop|drop|revoke) \
        (.+?)'s (?:(?:guest|portal) {access}|{access} as a guest) => revoke guest $1
    take guest access away from * => revoke $1
    (?:sign|log) * out of the (?:guest )?portal => revoke $1
    (?:unauth|deauth|revok|unauthorise|expire) (?:the )?(guest .+) => revoke $1
    (guest .+?) (?:: |, )?(?:deauthorize|revoke|unauthorize|revoke it) => revoke $1
"""
_ADMISSIONS = r"""
    (?:grant|give|approve|allow) guest access(?: :| to| for)? * => authorize guest $1
    (?:give|grant) (.+?) (?:guest access|access as a guest|access)(?: please)? => authorize \
        guest $1
    (?:give|grant) (.+?) (?:guest access|access as a guest) (for .+) => authorize guest $1 $2
    grant (?:the )?guest (.+?) access (for .+) => authorize guest $1 $2
    (?:okay|ok|auth|let in|sign in|accept) (?:the )?guest(?: client)? * => authorize guest $1
    (?:wave|let|put|sign|get) (?:the )?(.+?) (?:through|past|in on|in through|in at|onto) \
        (?:the )?(?:guest |captive |hotspot )*(?:login|portal|page|splash page|login page) => \
        authorize guest $1
    (?:authorize|authorise|approve|admit|accept) (.+?) as (?:a |our )?guest => authorize guest $1
    (?:authorize|authorise|approve|admit|accept) (.+?) as (?:a |our )?guest (for .+) => authorize \
        guest $1 $2
    open (?:the )?portal for (?:the )?(?:guest )?* => authorize guest $1
    wave guest (.+?) through => authorize guest $1
    please guest (?:access|authorisation|authorization|auth) for * => authorize guest $1
    (guest .+?) (?:: |, )?(?:authorize|authorise|approve)(?: it)? => authorize $1
    (guest .+?) (?:authorize|authorise) ([0-9].*) => authorize $1 for $2
"""
_FORGETTINGS = r"""
    (?:take|kick|throw|chuck|drop|wipe|clear|clean|purge|erase|remove|delete|expunge) (?:out \
        )?(.+?) (?:out of|from|off|out from) {known}(?: for good| permanently| forever| \
        entirely| altogether)? => forget $1
    (?:decommission|decom|retire|un-manage|unmanage|expunge|unadopt|un-adopt) * => forget $1
    (?:make|have|let) the (?:controller|system) forget * => forget $1
    * : forget => forget $1
"""
_RIDDANCE = r"""
    get rid of (?:the )?(.+?) (?:in|from) {known} => forget $1
    (?:wipe|clear out) * => forget $1
"""
_RECONNECTIONS = r"""
    (?:make|force|get|let|have) (.+?) (?:to )?(?:join|rejoin|connect(?: to)?|reconnect to) \
        (?:the |our \
        |my )?(?:network |wifi |wi-fi |wlan )?(?:afresh|anew|from scratch) => reconnect $1
    {wish} (.+?) to (?:reconnect|re-connect|rejoin|connect afresh|connect anew) => reconnect $1
    (?:drop|kick|throw) (.+?) (?:off )?briefly => reconnect $1
    give * a (?:quick )?(?:reconnect|reconnection|fresh connection) => reconnect $1
    (?:do|force|trigger|run) a (?:quick )?(?:reconnect|reconnection) (?:on|of|for) * => reconnect $1
    (?:drop|bounce|reset|cut) (?:briefly )?(.+?)'s (?:wi-?fi |network |wireless )*(?:connection|\
        session|link)(?: briefly)? => reconnect $1
    (?:make|force|get|let|have) (.+?) (?:to )?(?:reconnect|re-connect|rejoin|re-join|\
        reassociate|associate again|connect again|associate afresh|rejoin the wifi|connect new) \
        => reconnect $1
    (?:make|force|get|let|have) (.+?) (?:to )?(?:reconnect|rejoin|reassociate) (?:to|with) .+ \
        => reconnect $1
    (?:drop|bounce|refresh|cycle|reset|restart|renew) (?:the )?(?:wi-?fi |network |wireless \
        )*(?:connection|session|association|link) (?:of|for|on) * => reconnect $1
    force (?:a )?(?:new |fresh )*(?:connection|reconnect|roam) (?:for|of|on) * => reconnect $1
    (?:disassoc|reassoc|reconect|disconect) * => reconnect $1
    bounce (?:the )?(?:client )* => reconnect $1
    (client .+?) (?:: |, )?(?:kick|reassoc|reconnect) => reconnect $1
"""
_NAMINGS = r"""
    give (?:to )?(.+?) (?:the |a )?(?:new |proper )?name(?: :)? * => rename $1 to $2
    give name (.+?) to * => rename $2 to $1
    (?:label|name|title|relabel|rename|retitle|alias) (.+?) (?:as|into) * => rename $1 to $2
    (?:label|name|relabel|alias) (.+?) ("") => rename $1 to $2
    (?:put|set) (?:the )?name (.+?) (?:on|for) * => rename $2 to $1
    (?:set|change|update|alter|edit) (?:the )?(?:alias|name|display name|hostname|label) (?:of|\
        for|on) (.+?) to * => rename $1 to $2
    (?:set|change|update|alter) (client|device) (?:alias|name) (.+?) to * => rename $1 $2 to $3
    (?:new )?(?:name|hostname|alias) (?:for|of) (.+?)(?: please)? (?::|is|=) * => rename $1 to $2
    (client|device) rename : (.+?) (?:to|- >) * => rename $1 $2 to $3
    please * (?:should|must|ought to|shall|needs to) (?:now )?be (?:called|named|renamed|\
        renamed to) * => rename $1 to $2
    (?:i'd|we'd|i would|we would) like (.+?) to be (?:called|named) * => rename $1 to $2
    please could (.+?) be (?:called|named|renamed to) * => rename $1 to $2
"""
_SECRETS = r"""
    (?:rotate|replace|reset|swap|alter|switch|renew) (?:the )?(.*(?:password|key|psk|passphrase|\
        passcode)(?: of| for| on| from)?.*?) (?:to|with|for|into) (\S+|"") => change the $1 to $2
    give (.+?) the (?:new )?(?:password|passphrase|psk|passcode) (\S+|"") => change the \
        password of $1 to $2
    (?:new )?(?:password|psk|passphrase|passcode|wifi password|wi-fi password) (?:for|on|of) \
        (.+?) (?::|is|=) (\S+|"") => change the password of $1 to $2
    for (.+?) use (?:the )?(?:password|passphrase|psk) (\S+|"") => change the password of $1 to $2
    use (\S+|"") as the (?:new )?(?:security key|password|psk|passphrase) (?:on|for) * => \
        change the password of $2 to $1
    (?:i'd|we'd|i would|we would) like (.+?) to have the (?:new )?(?:password|passphrase) (\S+|\
        "") => change the password of $1 to $2
    change (.+?) (?:password|pw|psk) (?:into|as) (\S+|"") => change $1 password to $2
    set (?:the )?(?:wpa key|key|psk|password) on (.+?) (?:as|to) (\S+|"") => change the \
        password of $1 to $2
"""
_PLACED = r"""
    (.*\bport [0-9]+) , (?:the )?((?:[a-z0-9-]+ )+switch|sw-\S+|core-sw) => $1 on $2
"""
_PROFILES = r"""
    (?:apply|use|assign|set|assing) (?:the )?(?:port )?(profile .+?) (?:to|on|at|in|for) (?:the \
        )?(port .+) => set $2 to $1
    (?:apply|use|assign|set) (?:the )?(.+? (?:port )?profile) (?:to|on|at|in|for|,) (?:the \
        )?(.*\bport\b.+) => set $2 to the $1
    give (.*\bport\b.+?) the (.+ profile|(?:port )?profile .+) => set $1 to the $2
    (?:switch|swap|configure|move) (.*\bport\b.+?) (?:over )?(?:to|on|as) (?:the )?(.+ profile|\
        (?:port )?profile .+) => set $1 to the $2
    (?:switch|change) profile (?:for|of) (port .+?) to * => set $1 to profile $2
    (.*\bport\b.+?) (?:: |- > |-> )(?:the )?(profile .+|.+ profile) => set $1 to the $2
    (?:the )?(profile .+?|.+? profile) (?:please )?(?:for|on) (port .+?) , please => set $2 to $1
    please (.*\bport\b.+?) (?:should|must) (?:use|have|get) (?:the )?(.+ profile|profile .+) => \
        set $1 to the $2
"""
_RADIOS = r"""
    (?:turn|take|bring|dial|put) (.*\bpower\b.*?) (?:down |up |back )?to * => set the radio $1 to $2
    {wish} (.+?) to (?:use|be on|run on|send on|work on|go to) (channel .+) => set $1 to $2
    (?:set|make|change|chnage|turn down|turn up|crank|dial|bump|narrow|widen|retune|shift|drop|\
        move) (.*(?:2\.4|ghz|mhz|5g|channel).*) => set the radio $1
    please (.+?) should use (channel .+) => set the radio of $1 to $2
    (?:turn down|turn up|crank|crank up|dial|dial down|bump|narrow|widen|retune|switch|drop|\
        tune|reduce|move|limit|put|swap|boost) (.+) => set $1
    (?:i'd|we'd|i would|we would) like (.+?) (?:moved|set|switched|put|changed|lowered|raised) \
        (to .+) => set $1 $2
"""
_ADDRESSES = r"""
    (?:pin|nail|bind|lock|tie|always give|always assign) (.+?) (?:to|at|on) ((?:ip |address |\
        the address )?\d+\.\d+\.\d+\.\d+)(?: permanently| forever| for good)? => set a fixed ip \
        for $1 to $2
    (?:static|fixed|permanent) (?:ip|address) (\d+\.\d+\.\d+\.\d+) for (.+) => set a fixed ip \
        for $2 to $1
    dhcp reservation (?:for )?(.+?) (\d+\.\d+\.\d+\.\d+) => set a fixed ip for $1 to $2
    (?:i'd|we'd|i would|we would) like a dhcp reservation of (\d+\.\d+\.\d+\.\d+) for (.+) => \
        set a fixed ip for $2 to $1
    always hand (\d+\.\d+\.\d+\.\d+) to (.+) => set a fixed ip for $2 to $1
    set (\d+\.\d+\.\d+\.\d+) as (?:a |the )?(?:static|fixed) (?:address|ip) for (.+) => set a \
        fixed ip for $2 to $1
"""
_VOUCHERS = r"""
    (?:print|make|issue|mint|generate|create|produce)(?: me| us)? (.+?) codes? for (?:the \
        )?guest wi-?fi => create $1 vouchers
    (?:print|print up|whip up|knock up|prepare|produce|gen|cut|get|give|make|issue|mint|\
        generate|create)(?: me| us| up)? (.*?\b)(?:guest |wi-?fi |portal |hotspot |guest wi-?fi \
        |guest access )+(?:pass )?codes?( .+)? => create $1 vouchers $2
    (?:print|print up|whip up|knock up|prepare|produce|gen|cut|get|give|make)(?: me| us| up)? \
        (.*\bvouchers?\b.*) => create $1
    (?:i|we)(?: would|'d)? (?:need|like) (.*\bvouchers?\b.*) => create $1
    ((?:new|fresh|one|two|three|\d+) (?:new |fresh )?vouchers? (?:for|,|with|valid) .+) => \
        create $1
    (?:let me have|get me|i could use) (.*\bvouchers?\b.*) => create $1
    please ((?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty) (?:new |fresh |\
        guest \
        |wifi |wi-fi |hotspot )*vouchers(?: .+)?) => create $1
    please ((?:new|fresh|a|an|one|two|three) (?:new |fresh )*vouchers?(?: .+)?) => create $1
    need (\d+ .*\bvouchers?\b.*) => create $1
"""
_TESTS = r"""
    (?:kick off|fire off|launch|trigger|start|make|carry out|perform|do|run|execute)(?: a| an| \
        another| the| new| fresh| quick)* (?:internet |wan |isp |line |broadband \
        )*(?:speed-?test|speed test|speed check|bandwidth test|throughput test|speed run|speed \
        measurement)(?: (?:of|on|for|from|against|to) (?:the |our |my )?(?:internet|wan|\
        line|isp|isp link|gateway|gw|router|uplink|broadband|connection))? => run a speed test
    (?:bench|clock|benchmark|speed-test) (?:the |our |my )?(?:internet|wan|line|isp|isp link|\
        broadband|uplink|connection|fiber|fibre)(?: for me)? => run a speed test
    (?:measure|test|mesure) (?:the |our |my )?(?:internet|wan|line|isp|broadband|uplink) \
        (?:speed|throughput|bandwidth)(?: now| again)? => run a speed test
"""
_FIREWALLS = r"""
    (?:make|create|add|write|build|set up|put in)(?: a| an| the| new| another| fresh)* \
        (?:firewall |fw |firwall |egress |deny )*(?:rule|policy|block)(?: so| so that| that|, \
        so)? (?:the )?(.+?) (?:can't|cannot|can not|mustn't|must not) (?:reach|talk to|get to|\
        go to|go in|access|get out to|connect to|go in to) (.+?)(?: at all)? => create a \
        firewall rule from $1 to $2
    (?:make|create|add|write|build|set up|put)(?: a| an| the| new| another| fresh| in)* \
        (?:firewall |fw |firwall |egress |deny )*block(?: rule)?(?: in (?:the )?firewall)? \
        (?:for|from|between|src) (.+?) (?:to|and|dst|towards|->) * => create a firewall rule \
        from $1 to $2
"""
_BLOCKS = r"""
    (?:keep|get) (.+?) (?:off|out of|away from) (?:the |our |my )(?:network|wifi|wi-fi|wlan)(?: , \
        (?:please )?(?:block|ban) it)? => block $1
    (?:throw|stick|add|move|place) (.+?) (?:on|onto|to) (?:the |our |my )?(?:blocklist|block list|\
        blacklist|ban list) => block $1
    put (?:a |the )?(?:block|ban) on * => block $1
    cut(?: off)? (.+?)'s (?:network|wifi|wi-fi) (?:access|connection) => block $1
    (?:cut|take|knock) (.+?) off (?:from )?(?:the |our |my )?(?:network|wifi|wi-fi|wlan)(?: \
        altogether| completely| permanently| for good)? => block $1
    put (.+?) on (?:the |our |my )?(?:blocklist|block list|blacklist|ban list) => block $1
    (?:ban|bar|exclude|lock out|banish) (.+?) from (?:the |our |my )?(?:network|wifi|wi-fi|\
        wlan) => block $1
    (client .+?) (?:: |, )block => block $1
"""
_PARDONS = r"""
    (?:take|lift|remove|drop|clear|cancel|end|undo) (?:the |his |her |its )?(?:ban|block|\
        blocking|restriction|quarantine) (?:off|from|on|of|for) (.+) => unblock $1
    give (.+?) (?:its|his|her|their) (?:network|wifi|wi-fi) access back => unblock $1
    take (.+?) off (?:the |our |my )?(?:blocklist|block list|blocked list|list of blocked \
        clients|blacklist|ban list) => unblock $1
    (?:de-list|un-block|unbanish|un-ban) (.+?)(?: from blocked)? => unblock $1
    (client .+?) (?:: |, )unblock => unblock $1
"""
_TIMERS = r"""
    {dropping} {that}{planned}{letting} (?:of|for|on) {one} => cancel the unblock timer for $1
    {dropping} {that}{planned}{letting} => cancel the unblock timer
    {dropping} {that}{planned}{undoing} (?:of|for|on) {one} => cancel the revert timer for $1
    {dropping} {that}{planned}{undoing} => cancel the revert timer
    {dropping} {that}{planned}(?:restart|reboot) (?:of|for|on) {one} => cancel the \
        restart timer for $1
    {dropping} {that}{waiting}(?:restart|reboot) => cancel the restart timer
    {dropping} {that}?{planned}{other} (?:restart|reboot|restarting|rebooting) => cancel the \
        restart timer for $1
    {dropping} {that}?{planned}{other} {letting} => cancel the unblock timer for $1
    {dropping} {that}{waiting}(?:block|ban|blocking) (?:of|for|on) {one} => cancel the block timer \
        for $1
    {dropping} {that}{waiting}(?:block|ban|blocking) => cancel the block timer
    (?:{dropping}|undo|revert|reverse|drop|forget|end|stop) {that}?{planned}{other} (?:block|ban|\
        blocking) => cancel the block timer for $1
    {ceasing} {that}?{planned}{other} (?:schedule|scheduling) => cancel the timer for $1
    {dropping} {that}(?!(?:first|second|third|last|other|next|previous|same|right|wrong|new)\b)\
        {other} one => cancel the timer for $1
    {dropping} (?:everything|all|anything|whatever)(?: (?:that|which))?(?:'s)?(?: is| are| that's)?\
        (?: still| currently)? (?:scheduled|planned|pending|waiting|timed|due|coming up)(?: for \
        later| to happen| later)? => cancel all my timers
    {dropping} (?:all |every )?(?:the |my |our )?(?:scheduled|planned|pending|waiting|timed) \
        (?:orders|changes|actions|jobs|things) => cancel all my timers
"""
_SET_ON_DEVICE = frozenset({TargetKind.RADIO})

FORMS_OF: tuple[Form, ...] = (
    *_forms(_TIMERS, frozenset({TargetKind.TIMER})),
    *_forms(devices.LOCATIONS, _DEVICE | {TargetKind.LED}, names=True),
    *_forms(devices.POE, frozenset({TargetKind.POE})),
    *_forms(devices.SWITCHES, _SWITCHED),
    *_forms(devices.CYCLES, frozenset({TargetKind.PORT, TargetKind.POE})),
    *_forms(devices.RESTARTS, _DEVICE, names=True),
    *_forms(devices.KICKED, _DEVICE),
    *_forms(devices.UPGRADES, _DEVICE, names=True),
    *_forms(devices.ADOPTIONS, _DEVICE, names=True),
    *_forms(devices.PROVISIONS, _DEVICE, names=True),
    *_forms(_REVOCATIONS, _CLIENT, names=True, coded=False),
    *_forms(_ADMISSIONS, _CLIENT, names=True, coded=False),
    *_forms(_FORGETTINGS, _DEVICE | _CLIENT, names=True),
    *_forms(_RIDDANCE, _DEVICE | _CLIENT),
    *_forms(_RECONNECTIONS, _CLIENT, names=True),
    *_forms(_NAMINGS, _DEVICE | _CLIENT, names=True),
    *_forms(_SECRETS, frozenset({TargetKind.PASSWORD, TargetKind.WLAN})),
    *_forms(_PLACED, frozenset({TargetKind.PORT, TargetKind.POE, TargetKind.PROFILE})),
    *_forms(_PROFILES, frozenset({TargetKind.PROFILE})),
    *_forms(_RADIOS, _SET_ON_DEVICE),
    *_forms(_ADDRESSES, frozenset({TargetKind.ADDRESS})),
    *_forms(_VOUCHERS, frozenset({TargetKind.VOUCHER})),
    *_forms(_TESTS, frozenset({TargetKind.INTERNET}), names=True, coded=False),
    *_forms(_FIREWALLS, frozenset({TargetKind.RULE})),
    *_forms(_BLOCKS, _CLIENT, names=True),
    *_forms(_PARDONS, _CLIENT, names=True),
)
"""Every form, in the order in which they are tried."""

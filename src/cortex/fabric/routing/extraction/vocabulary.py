"""The words of a template that are nobody's name, and those that make up the name of a thing.

Holds tables only. A word that stands in none of them is taken for a name and never stored, so
given names must stay out, even where they are words as well.
"""

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.language.lexicon import DETERMINERS, ENGLISH, FILLERS, PREPOSITIONS
from cortex.fabric.routing.language.nouns import GENERIC, NOUNS
from cortex.fabric.routing.language.text import wordset

PLACES = wordset("""
    kids office garage living room kitchen meeting hall lobby bedroom bathroom basement attic
    hallway study dining upstairs downstairs front rear main core lower upper
""")
"""Words before a noun that tell which one is meant; they say nothing about what is asked."""

_ABSTRACT = frozenset(
    {
        TargetKind.LED, TargetKind.POE, TargetKind.PASSWORD, TargetKind.ADDRESS,
        TargetKind.EVENT, TargetKind.LOG, TargetKind.HEALTH, TargetKind.INTERNET,
        TargetKind.CONTROLLER, TargetKind.RADIO,
    }
)  # fmt: skip
"""What is no entity with a name of its own."""

_COLLECTIVE = wordset("client guest user host device") | GENERIC
"""What people say of any client."""

KINDS = frozenset(
    word
    for word, noun in NOUNS.items()
    if not noun.plural and noun.kind not in {TargetKind.CLIENT, *_ABSTRACT}
) | frozenset({"client", "user", "host", "device"})
"""Singular nouns that stay readable beside a name, because they tell what kind of thing it is."""

THINGS = (
    frozenset(
        word for word, noun in NOUNS.items() if not noun.plural and noun.kind is TargetKind.CLIENT
    )
    - _COLLECTIVE
)
"""Singular nouns of clients: how people call one of theirs."""

GUESTED = frozenset(
    word for word in KINDS if NOUNS[word].kind in {TargetKind.WLAN, TargetKind.NETWORK}
)
"""Nouns before which "guest" tells which one is meant, and does not speak of a guest."""

PLURALS = frozenset(word for word, noun in NOUNS.items() if noun.plural)

_EVERYDAY = wordset("""
    able above accept access accessed accessing according across active activity actual actually
    additional addr admin administrator adopted adoption after against age ago air airtime alert
    alerts alone already alter alternative amount another answer anybody anymore anyway anywhere
    apart appear appears application applications applied apply applying apps around arp arrive
    arrives ask asking asleep assistant assoc attached audit authentication authorisation
    authorised authorization authorized auto automatic available average awake away awful back
    backup bandwidth banned barely barred basic become becomes before begin behave behaving
    behaviour belong belongs below besides best better between big bigger biggest bit blocked
    booted boots boss both bother bottleneck bottom box breaking brief briefly brightly bring
    brings broadcast broadcasting broke browse browsing bss bug build busier busy buy bytes
    cable cabling cached came capacity captive capture card care carry catch category cause
    causes causing certain certificate cfg ch chan change cheap check choose choppy cidr clean
    cleaned clear clinging clings clock clone close closed closer code codes cold coming
    commands common company complain complaining complains complete condition conf config
    configs configuration configured confirm congested congestion conn connect connecting
    connection connections connectivity connects conns consume consumes consuming consumption
    contacting contain contains controller's cool correct correctly cost counters cover coverage
    cpu cracked crappy crawl crawling crazy credentials critical crowded current currently daily
    damn dark date db deal decent default defaults defined definitions degraded delay delayed
    delays deletion delivering denied departing depend detail detailed details detected
    determine developed dfs dhcp diagnostics did die died diff difference different difficult
    dig digit dim direction disappear disappeared disassoc disconnects disposed distance dmesg
    dns doing done double doubt download downloading downloads downtime drama drive drop dropped
    dump during dying dynamic each early easy eat eaten eating eats effect egress else empty
    encryption end ended energy enough enroll entire entries entry equal especially estimate
    ethernet even events ever everybody's everywhere exact exactly example exist existing exists
    expire expired expires expiry export exposed external extra face fact fail failed failure
    failures fair family far fast faster fastest fault faults few fibre figure figures filled
    filter filtering fine finish firmware firmwares fitting fix flap flapping flaps flex flow
    flowing folks following forbidden force forced form format former forwarded forwarding found
    free freezing frequency frequent friends full fully funny further fw fwd game games gaming
    gb gbit general generally generate gets gigabit gigabits gimme give glitch glitches glitchy
    glow glowing goes going gone gonna good gotta grant granted graph graphs great green group
    guy guys gw half hand handle handling hands hanging hangs happen happened happening happens
    hard hardly hardware hardwired healthcheck healthchecks healthy heavy held hidden high
    higher highest history hog hogged hogging hogs holding home hook hooked hosted hosting
    hostname hot hotspot hourly hours household huge hung hungry hurt hw id idea idle ids igmp
    impact import important inactive inbound including indicator info information ingress init
    initialise inside install installed instead interest interested interface interfaces
    interference intermittently internal internals internet's interrupted intrusion intrusions
    inventory isolate isolation issued item items itself jammed job join joined joining joins
    jumbo jumpy kaput kb kbit kbps keep kept kernel key kick kicked kid kill killing kinds knock
    know known knows label lacp lame lan large largest last late latency later latest layout
    leaks lease leased leases least leaving left lemme length less let level levels library
    license lift lifted lights likely limit limited limits line lines link links listed lit
    literal little lldp load loaded local location log logged logging logs long longer longest
    look looking looks loop loops loose lose loses losing lost lot lots love low lowest machine
    machines made major make maker makes making manage managed manufacturer map mapped mapping
    max maxed maximum maybe mb mbit mbps mean meaning means meant measure measured medium
    megabit megabits megs member members memory mention mesh meshed mess message messages
    metrics mgmt middle minimum minor mirror mirroring missing moaning mode model models moment
    monitored mounted moving mtu multicast nag nat native nearby nearest neat need needed needs
    neighbor neighboring neighbors neighbour neighbouring neighbours network's never newer
    newest newly nice night noise noisiest noisy normal normally note noted notice noticed
    noticing nslookup nudge number numbers offending offered often older oldest ones online open
    operating option options order ordinary other others outages outbound outdated output over
    overall overlap overlapping overload overloaded overview own owned owner packet packets page
    paid pair pairing parameters parents particular parts patch patched path pause paused pay
    peak pending people per percent percentage perfect performance performing permanent person
    persons phase physical pick picks piece place plain plan play please plenty plugged
    plugged-in point points policies poor poorly popular portal possible post power-cycle pppoe
    prefer present presently prevented previous print prioritise prioritised priority problem
    problems process processes proof proper properly property protected prov provide provider
    public pull pulled pulling push pushed pushing qos quality question quick quickly quiet
    radius range ranges rank ranked rate rates reach reachable reaching ready really reapply
    reason reasons reassoc reassociate rebooted rebooting reboots receive recent recently
    reception record recorded recording records redeem redeemed reduce refresh refused register
    registered regular reject rejected rejoin rejoins related release reliable remaining remains
    remember remind reminder remote report reported repush required resend reservation
    reservations reset resolve response rest restarted result results resync retire retired
    retry revert rf rid right roam roaming roams rogue rotate rough round route routing rssi
    rundown running runs rx safe same saturated saved say scan schedule scheduled scope score
    screen seconds section secure security see seem seen segments send sending sends sense
    sensors separate serious served servers service services serving session sessions settings
    setup sev several severe severity share shared shift short shortest shows shut side sight
    signed signing similar simple single sitrep size skip slow slower slowest slowing small
    smart snapshot snmp snooping social software solid somebody someone something sometime
    somewhere sort sorted sorts source spanning spec specs spectrum speedy spend spike spikes
    spot spotty sprawl ssh ssl stable staff stale stand standby standing start started starts
    stat state statistics stats stay stays steady steps stick sticky still stop stopped stopping
    stops storage store stp strange stranger strangers stream streaming strict strobe strong
    stronger strongest struggle struggling stuff subsystem subsystems suck sucking sucks
    suddenly suggest sum summary super supply supported suppose supposed surfing suspicious swap
    sync sysinfo syslogs table tagged tagging tail take taken takes taking talk talkers talking
    tb tech tell temperature terminate terrible thing things think thresholds throttled
    throttling throughput thru ticket tickets tied till time timeline times tiny tls today
    together told tonight took tool tools top tops total totally totals touch toward track trail
    train transfer transferred transferring trend trouble true trunk trunking try trying tunnel
    tunnels turn tweak two tx type types typical ubiquiti ugly unauthorized unbind unblock
    unclaimed unexpected unhappy unhealthy unifi unknown unplugged unread unreliable unshut
    untrusted unused unusual upcoming update updates updating upgradable upgraded upgrades
    upgrading uplinks upload uploading uploads upset upstream uptime usage used useful users
    uses using usual util utilisation utilised utilization value values vendor verify version
    versions via video view virtual visible visited visiting visitor visitors visits vpn wait
    waiting wake waking walk wanna want wanted wants warning warnings watch watching way ways
    weak weaker weakest web weird whichever whitelisted whole wide widen wider widest widths
    wifi's wipe wired wireguard wireless withdraw withdrawn within wobbling wobbly wondering
    words worked working works world worse worst wpa wpa2 write wrong year zone zones
""")

READABLE = (
    (ENGLISH | NOUNS.keys() | _EVERYDAY | wordset("access point points dream wi-fi who's it's"))
    - THINGS
    - PLACES
)
"""Words that may stay as they are."""

NOMINAL = KINDS | THINGS | PLACES | wordset("access point dream machine guest wi-fi")
"""Words that a reference may be made of, beside names."""

EMPTY = (DETERMINERS | PREPOSITIONS | FILLERS | wordset("""
    what what's whats is are am do does did can could would will may i you we us and or there one
    as but
""")) - wordset("who where which when connected attached plugged")  # fmt: skip
"""Words that say nothing about what is asked."""

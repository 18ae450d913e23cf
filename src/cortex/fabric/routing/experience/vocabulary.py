"""The words of a template that are nobody's name, and those that make up the name of a thing.

Holds tables only. A word that stands in none of them is taken for a name and never stored, so
given names must stay out, even where they are words as well.
"""

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.language.lexicon import ENGLISH
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
    able above access accessed accessing according across active activity actual actually
    additional admin administrator adopted adoption after against age ago alert alerts
    alternative amount another answer anybody appear appears around arp asleep attached auto
    available average awake away awful back backup bandwidth banned basic become before begin
    behave behaving behaviour below best better between big bigger biggest bit blocked boss both
    bother bottleneck box breaking brief briefly bring brings broadcast broadcasting broke
    browse browsing bug busy buy bytes came capacity card care carry cause causes causing
    certain change cheap check choppy clean clear close closed closer coming common company
    complain complaining complains complete condition configuration configured congested
    congestion connect connecting connection connections connectivity connects consume consumes
    consuming consumption contain contains controller's cool correct correctly cost coverage cpu
    crappy crazy critical current daily damn date deal decent default delay delayed delays
    detail detailed details detected dhcp did die died different difficult digit direction
    disappear disappeared disconnects distance dmesg dns doing done double doubt download
    downloading downloads downtime drama drive drop dropped during dying each early easy eat
    eaten eating eats else empty end ended enough entire especially estimate ethernet even
    events ever everybody's exact exactly example exist existing exists expired expires extra
    face fact fail failed failure failures fair family far fast faster fastest fault faults few
    figure fine finish firmware flow flowing folks following forbidden force form found free
    freezing frequency frequent friends full fully funny further game games gaming gb gbit
    general gets gimme give glitch glitches glitchy goes gonna good gotta great group guy guys
    half happen happening happens hard hardly hardware hardwired heavy held hidden high higher
    highest history hog hogged hogging hogs holding home hook hooked hostname hot hotspot hourly
    hours household huge hungry id idea idle ids impact important including info information
    inside install installed instead interest interested interface interfaces interference
    internet's interrupted inventory item items job join joined joining joins jumpy kaput kb
    kbit keep kept kick kicked kid kill killing kinds know known knows label lame lan large
    largest last late latency latest layout leased leases least left lemme length less let level
    lights likely limit limited line lines link links listed little lldp load loaded local
    location log logged logging logs long longer longest look looking looks loose lose loses
    losing lost lot lots love low lowest machine machines made major make maker makes making
    manage managed manufacturer map max maximum maybe mb mbit mean means meant measure medium
    member members memory mess message messages metrics middle minimum minor missing mode model
    models moment moving nearby neat need needed needs neighbor neighboring neighbors neighbour
    neighbouring neighbours network's newer newest newly nice night noise noisy normal normally
    note notice noticed noticing number numbers offered often older oldest online open operating
    option options order ordinary outages outdated over overall overload overloaded overview own
    owned owner packet packets page parents particular parts patch path peak pending people per
    percent percentage perfect performance performing person persons piece place plain plan
    please plenty plugged point points poor poorly popular portal possible post present
    presently previous print problem problems process processes proper properly property
    protected provide provider public pull pulled pulling push quality question quick quickly
    quiet range rank ranked rate rates reach reachable reaching ready really reason reasons
    reboots receive recent recently reception recorded records refresh regular related release
    reliable remaining remains remember remote report reported required reset response rest
    restarted result results right roaming rogue rough round rundown running safe same saturated
    say scan schedule scheduled score screen seconds section secure security see seem seen
    sending separate serious serving session sessions settings setup several severe severity
    share shared short shortest side sight similar simple single size skip slow slower slowest
    small smart snapshot snmp social software solid somebody someone something sort sorted
    source spec specs speedy spend spike spikes spot spotty ssh stable staff stand standing
    start state statistics stats stay steady stick still stopped storage store stp strange
    stranger strangers stream streaming strong stronger strongest struggle struggling stuff suck
    sucking sucks suddenly suggest summary super supported suppose surfing suspicious table tail
    take taken takes taking talk talkers talking tb tech temperature terrible thing things think
    throughput tied till time times tiny today together told tonight took tool tools top total
    totally touch track train transfer transferred transferring trend trouble true trunk try
    trying turn two type types typical ubiquiti ugly unauthorized unclaimed unexpected unhappy
    unifi unknown unplugged unreliable untrusted unused unusual update updates upgradable upload
    uploading uploads upset uptime usage used useful users uses using usual utilisation
    utilization value values vendor verify version versions via video view visible visited
    visiting visitor visitors visits vpn wait waiting walk wanna want wanted wants warning
    warnings watch watching way ways web weird whole wide wifi's wired wireless within wobbling
    wobbly wondering words worked working works world worse worst write wrong year zone
""")

READABLE = (
    (ENGLISH | NOUNS.keys() | _EVERYDAY | wordset("access point points dream wi-fi who's it's"))
    - THINGS
    - PLACES
)
"""Words that may stay as they are."""

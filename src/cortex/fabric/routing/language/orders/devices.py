"""The roundabout forms of orders about our own devices, and about what is turned on and off.

Holds tables only, written as `phrases` reads them.
"""

POE = r"""
    {wish} (.*\bport\b.*) to have (?:its |the )?(?:poe|power over ethernet) (off|on) => turn $2 \
        poe on $1
    (?:poe|power over ethernet)(?: mode)? off(?: please)? (?:, )?(?:on |at |for |in )?* => turn \
        off poe on $1
    (?:poe|power over ethernet)(?: mode)? (?:on|auto)(?: please)? (?:, )?(?:on |at |for |in )?* \
        => turn on poe on $1
    * (?:, |: )?(?:poe|power over ethernet)(?: mode)? (?:off|disable) => turn off poe on $1
    * (?:, |: )?(?:poe|power over ethernet)(?: mode)? (?:on|auto|enable) => turn on poe on $1
    (?:set|put|switch|turn) (?:the )?(?:poe|power over ethernet)(?: mode)? (?:to|on|back to) \
        auto (?:on|for|at|in) * => turn on poe on $1
    (?:set|put|switch|turn) (?:the )?(?:poe|power over ethernet)(?: mode)? (?:to )?off (?:on|\
        for|at|in) * => turn off poe on $1
    (?:set|put|switch|turn) (?:the )?(?:poe|power over ethernet)(?: mode)? (?:to |back )?on \
        (?:on|for|at|in) * => turn on poe on $1
    (?:turn|switch|shut) off (?:the )?power over ethernet (?:on|for|at|in) * => turn off poe on $1
    (?:turn|switch) on (?:the )?power over ethernet (?:on|for|at|in) * => turn on poe on $1
    (?:disable|deactivate|desactivate|kill|shut) (?:the )?(?:poe|power over ethernet)(?: supply| \
        power)? (?:on |for |at |in |permanently on )?* => turn off poe on $1
    (?:enable|activate|allow|restore|give)(?: the)? (?:poe|power over ethernet)(?: supply| \
        power)?(?: again)? (?:on |for |at |in |to )?* => turn on poe on $1
    (?:stop|quit|cease) (?:feeding|supplying|giving|providing|sending|delivering) (?:power|poe) \
        (?:to|on|at) * => turn off poe on $1
    (?:start|resume) (?:feeding|supplying|giving|providing|sending|delivering) (?:power|poe) \
        (?:to|on|at) * => turn on poe on $1
    (?:stop|quit|cease) powering (?:the )?(port .+) => turn off poe on $1
    (?:take|cut) (?:the )?(?:poe|power over ethernet)(?: power)? (?:away |off )?from \
        (.*\bport\b.*) \
        => turn off poe on $1
    give (.*\bport\b.*) (?:its |some )?(?:poe|power over ethernet)(?: power)?(?: back)? => turn on \
        poe on $1
    (?:stop|cut) the poe (?:from|on|of|at) * => turn off poe on $1
    (?:leave|keep) (.*\bport\b.*) without (?:poe|power over ethernet)(?: from now on)? => turn \
        off poe on $1
"""

SWITCHES = r"""
    {wish} (.+?) (?:to be )?(off|on)(?: please)? => turn $2 $1
    {wish} (.+?) (?:to be )?(off|on) ((?:on|of|at|for) .+) => turn $2 $1 $3
    (?:kill|pause|suspend|close|shut|desactivate|darken|dark|shut off|swich off|turn of) * => \
        turn off $1
    (?:stop|quit|cease) (?:using|applying|enforcing|broadcasting|forwarding with|to broadcast) \
        * => turn off $1
    stop forwarding (?:the )?(port .+) => turn off the forward of $1
    stop forwarding (?!port)(?:the )?(.+?)(?: port)? => turn off the forward $1
    (?:open|reopen|resume|unpause|unshut|restore|fire up|start up|start broadcasting|bring back|\
        swich on|start|arm)(?: up)?{again} * => turn on $1
    take * (?:off (?:the )?air|out of (?:action|service|force|use)) => turn off $1
    put * back (?:on|in force|into force|on air|on the air|in service|into service|into effect|\
        up) => turn on $1
    put (?:back )?on * => turn on $1
    put * (?:on|active)(?: again)? => turn on $1
    put * (?:off|inactive) => turn off $1
    bring * back(?: up| on| online| to life| into effect| into force| into service)? => turn on $1
    get * (?:going|working|up|running|back on|on|back up)(?: again)? => turn on $1
    make * (?:active|on)(?: again)? => turn on $1
    make active * => turn on $1
    make * (?:inactive|off|not active) => turn off $1
    (?:flip|turn|switch) * back on => turn on $1
    flip * on => turn on $1
    flip * off => turn off $1
    off with * => turn off $1
    (?:make|let|have) (.*\b(?:leds?|lights?)) (?:go |turn |become )?(?:dark|black|out) => turn \
        off $1
    (?:make|let|have) (.*\b(?:leds?|lights?)) (?:shine|glow|come on|light up){again} => turn on $1
    light up (.+ (?:led|leds|light|lights)) => turn on $1
    lights out (?:on|at|in) * => turn off the lights on $1
    (?:turn|switch) out the (lights? .+) => turn off the $1
    ((?:all )?(?:the )?(?:status )?(?:leds?|lights?)) off(?: please)? (?:on |of |at |in |for \
        )?* => turn off $1 on $2
    ((?:all )?(?:the )?(?:status )?(?:leds?|lights?)) on(?: please)? (?:on |of |at |in |for )?* \
        => turn on $1 on $2
    * (?:: |, )?(?:please )?{off} => turn off $1
    * (?:: |, )?(?:please )?{on} => turn on $1
    please * (?:should|must|has to|needs to|can) (?:go|be) off => turn off $1
    please * (?:should|must|has to|needs to|can) (?:go|be) on => turn on $1
"""

CYCLES = r"""
    (?:please )?cut (?:the )?(?:power|poe) (?:on|to|from|of|at) * {few}(?: and .+| , then .+)? \
        => power cycle $1
    (?:please )?cut (?:the )?(?:power|poe) (?:on|to|from|of|at) * and (?:give|put|bring|\
        restore) .+ => power cycle $1
    (?:cut|drop|kill) and restore (?:the )?(?:power|poe) (?:on|to|from|of|at) * => power cycle $1
    (?:flap|bounce|recycle|cycle|reset) (?:the )?(?:poe|power|poe power) (?:on |of |for |to |at \
        )?* => power cycle $1
    (?:poe|power) (?:reset|bounce|cycle|power cycle) (?:on |of |for |at )?* => power cycle $1
    poe power cycle (?:on |of |for |at )?* => power cycle $1
    poe off/on (?:on |of |for |at )?* => power cycle $1
    * (?:: |, )?(?:poe|power|powr) (?:cycle|reset|bounce) => power cycle $1
    * (?:: |, )?power-?cycle(?: it)? => power cycle $1
    (?:do|perform|run|start) (?:a |an )?(?:quick )?(?:poe )?(?:power cycle|power-cycle|poe \
        cycle|poe reset) (?:on|of|for|at) * => power cycle $1
    give * (?:a|an) (?:short |quick |brief )?(?:poe|power) (?:cycle|reset|cut|bounce|blip) => \
        power cycle $1
    re-power (?:whatever hangs off |what hangs on )?* => power cycle $1
    (?:restart|reboot) (?:whatever|what) hangs on * by cycling .+ => power cycle $1
    (?:turn|switch|power|flip) (?:the )?(?:poe|power) (?:on|of|at|for) (.*\bport\b.*?) off and \
        (?:back )?on(?: again)? => power cycle $1
    (?:turn|switch|power|flip) (.*\bport\b.*?) off and (?:back )?on(?: again)? => power cycle $1
    power cycle (.+?) , ((?:[\w ]+ )?switch|sw-\S+) => power cycle $1 on $2
    cycle the power of (.+?) , ((?:[\w ]+ )?switch|sw-\S+) => power cycle $1 on $2
"""

RESTARTS = r"""
    give * (?:a|an|another) {reboot}(?: please)? => restart $1
    have (.+?) (?:do|perform|make) (?:a|an|another) {reboot} => restart $1
    (?:do|perform|carry out|run|trigger|initiate) (?:a|an|another|the) {reboot} (?:of|on|for) * \
        => restart $1
    {reboot} (?:of|for) (.+?) please => restart $1
    (?:hard|soft|cold|warm|full|power) (?:reboot|restart|boot|reset)(?: of| for| on)? * => \
        restart $1
    (?:restart|reboot) (?:of|for) * , please => restart $1
    * : (?:reboot|restart|reload)(?: now)? => restart $1
    * (?:needs|need) (?:a|an) {reboot} , (?:please|pls|do it) => restart $1
    please * (?:needs|need) (?:a|an) {reboot} => restart $1
    (?:turn|switch|power) * off and (?:back )?on(?: again)? => restart $1
    turn off and (?:turn )?on * => restart $1
    (?:boot|start) * (?:again|up again) => restart $1
    (?:rebot|reboot up|restrat|recycle|reload) * => restart $1
    ((?:ap|sw|gw|switch|core)-\S+) (?:reload|reboot|restart) => restart $1
"""

KICKED = r"""
    give * (?:a|another) (?:quick )?kick => restart $1
"""

UPGRADES = r"""
    (?:put|install|load|apply|push|roll|roll out|stick|get) {new}{firmware}(?: update| upgrade| \
        out)* (?:on|onto|to|for|at|down to|out to) * => upgrade $1
    install {new}update on * => upgrade $1
    (?:bring|get|move|bump|put|take) * (?:up )?(?:to|onto|on) {new}{firmware}(?: version| \
        release)?(?: now)? => upgrade $1
    (?:bring|make|mkae|get) * up to date => upgrade $1
    (?:patch|actualise) * => upgrade $1
    (?:do|start|run|perform|begin) (?:the |a )?(?:firmware |firmwere |fw )?(?:upgrade|update) \
        (?:of|on|for) * => upgrade $1
    (?:fw|firmware) (?:upgrade|update) (ap-\S+|sw-\S+|gw-\S+) => upgrade $1
    please (?:firmware|fw) (?:upgrade|update) (?:of|for|on) * => upgrade $1
    please (.+?) (?:firmware|fw) (?:upgrade|update) => upgrade $1
    * : (?:install (?:the )?update|upgrade|update) => upgrade $1
"""

ADOPTIONS = r"""
    (?:accept|claim|onboard|enroll|enrol|take in|welcome|adpot) (?:the |that |\
        a )?(?:pending |waiting )?* => adopt $1
    adopt (?:the |that |teh |a )?pending * => adopt $1
    (?:finish|complete|start|do|approve) (?:the )?adopt(?:ing|ion)(?: of| for)? * => adopt $1
    adoption (?:of|for) (.+?) (?:, )?go => adopt $1
    please adoption (?:of|for) * => adopt $1
    bring * (?:under|into) (?:our |the |this )?(?:controller|management|site)(?: .+)? => adopt $1
    (?:add|join|pull) (?:the |a )?(?:pending )?(.+?) (?:to|into) (?:our |the )?(?:controller|\
        site|unifi setup|unifi)(?: , adopt)? => adopt $1
    take over (?:the )?management of (?:the )?* => adopt $1
    (?:pending|waiting|new) (.+?) , (?:please )?(?:adopt|do adoption)(?: it)? => adopt $1
    * : adopt => adopt $1
"""

PROVISIONS = r"""
    (?:please )?(?:send|resend|re-send|push|repush|re-push|sync|resync|write|reapply|re-apply|\
        redeploy|feed) (?:the |its |all |saved |controller |controller's |current )*{config}(?: \
        out| down| back| over|{again})* (?:to|on|onto|of|for|at) * => provision $1
    (?:send|give|feed) * (?:its|his|the|all its) {config}{again} => provision $1
    force (?:a |the )?(?:re-?)?(?:provision|provisioning|provisionning|prov) (?:of |on |for )?* \
        => provision $1
    (?:trigger|start|do|run|make|perform) (?:a |the )?(?:forced? )?(?:provision|provisioning|\
        re-?provisioning) (?:of|on|for) * => provision $1
    force (.+?) to take its (?:settings|config|configuration)(?: afresh| again)? => provision $1
    (?:make|have) (?!the controller)(.+?) reload its {config}(?: from .+)? => provision $1
    config push , * => provision $1
    * : force provision => provision $1
"""

LOCATIONS = r"""
    (?:make|have|get|let) (.+?) (?:to )?(?:stop|quit|cease|end) {blinks} => stop locating $1
    {wish} (.+?) to (?:stop|quit|cease|end) {blinks} => stop locating $1
    {wish} (.+?) to {blink} => blink $1
    {wish} (.+?) to {blink} (for .+) => blink $1 $2
    (?:turn|switch|shut) {locate} (?:on|of|for|at) (.+?) off => stop locating $1
    (?:turn|switch) {locate} (?:on|of|for|at) (.+?) on => blink $1
    (?:start|begin) {blinks} (?:on|of|for|at) * => blink $1
    (?:make|have|let|get) (.+?) (?:to )?(?:{blink}|{blinks})(?: at me)? => blink $1
    (?:make|have|let|get) (.+?) (?:to )?{blink} (for .+) => blink $1 $2
    (?:start|activate|enable|turn on|switch on) {locate} (?:on|of|for|at) * => blink $1
    start locate for * => blink $1
    locate on (?:, )?* => blink $1
    locate off (?:, )?* => stop locating $1
    (?:strobe|beacon|beacon led) * => blink $1
    (?:stop|end|cancel|quit|turn off|switch off|disable|deactivate) (?:teh )?{locate} (?:on|of|\
        for|at) * => stop locating $1
    (?:stop|quit) (.+?) (?:flashing|blinking) => stop locating $1
    turn (?:the )?(?:locator|locating|blinking|flashing) off (?:on|of|for|at) * => stop \
        locating $1
    quit flashing * => stop locating $1
    please * (?:can|may) stop {blinks}(?: now)? => stop locating $1
"""

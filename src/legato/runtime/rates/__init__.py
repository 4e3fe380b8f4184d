"""How fast requests leave: a bucket for each destination, or one that several share.

A rate is never exceeded in any second, or anything longer, that begins anywhere. A token is an
instant; it is good for `BURST_SECONDS` after it, which makes up for timers that are late, and the
instants lie so much further apart that even the luckiest second stays within the rate. That costs
half a percent.
"""

"""What commands and the passing of time do to a site.

Every effect takes the site and `now` (epoch seconds) and, where a person asked for it, `by`.
"""

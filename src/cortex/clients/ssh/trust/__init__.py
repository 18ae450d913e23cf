"""Whether a device is itself: its host key, the accepted ones, and the algorithms behind them."""

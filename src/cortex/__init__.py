"""Ask and command a network in plain language, on hardware you own."""

"""Holds the fixed lists: countries, and the categories and applications of traffic."""

from typing import Final

COUNTRIES: Final = (
    {"code": "AT", "name": "Austria"},
    {"code": "AU", "name": "Australia"},
    {"code": "BE", "name": "Belgium"},
    {"code": "BR", "name": "Brazil"},
    {"code": "CA", "name": "Canada"},
    {"code": "CH", "name": "Switzerland"},
    {"code": "DE", "name": "Germany"},
    {"code": "DK", "name": "Denmark"},
    {"code": "ES", "name": "Spain"},
    {"code": "FI", "name": "Finland"},
    {"code": "FR", "name": "France"},
    {"code": "GB", "name": "United Kingdom"},
    {"code": "IE", "name": "Ireland"},
    {"code": "IT", "name": "Italy"},
    {"code": "JP", "name": "Japan"},
    {"code": "NL", "name": "Netherlands"},
    {"code": "NO", "name": "Norway"},
    {"code": "NZ", "name": "New Zealand"},
    {"code": "PL", "name": "Poland"},
    {"code": "PT", "name": "Portugal"},
    {"code": "SE", "name": "Sweden"},
    {"code": "US", "name": "United States"},
)

DPI_CATEGORIES: Final = (
    {"id": 0, "name": "Instant messengers"},
    {"id": 1, "name": "Peer-to-peer networks"},
    {"id": 3, "name": "File sharing services and tools"},
    {"id": 4, "name": "Media streaming services"},
    {"id": 5, "name": "Email messaging services"},
    {"id": 6, "name": "Voice over IP services"},
    {"id": 8, "name": "Online games"},
    {"id": 10, "name": "Remote access terminals"},
    {"id": 13, "name": "Web services"},
    {"id": 24, "name": "Social networks"},
)

DPI_APPLICATIONS: Final = (
    {"id": 4, "name": "WhatsApp"},
    {"id": 196612, "name": "Dropbox"},
    {"id": 262256, "name": "YouTube"},
    {"id": 262276, "name": "Netflix"},
    {"id": 262392, "name": "Spotify"},
    {"id": 393223, "name": "Zoom"},
    {"id": 524298, "name": "Steam"},
    {"id": 851969, "name": "HTTP"},
    {"id": 852190, "name": "HTTPS"},
    {"id": 1572867, "name": "Instagram"},
)
"""The upper 16 bits of an application's id are its category."""

"""Which years are loaded at first, and the hours assumed until the district confirms its own."""

FIRST_YEAR, LAST_YEAR = 2004, 2100  # 2004 is the first year of the published tables
LOADED_YEARS = (2024, 2025, 2026, 2027)

# A setting of the district, to be confirmed: summer hours are not assumed, and Saturdays and
# Sundays are worked only where the day table says so, with Monday's hours.
OFFICE_HOURS = [["08:30", "12:00"], ["13:30", "17:30"]]
DEFAULT_WEEKLY = {
    **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE_HOURS),
    "sat": [],
    "sun": [],
}

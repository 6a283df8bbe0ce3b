"""Dates as the admin writes them, one style in all languages: a day of the week, then day, month, year, 24 hours."""

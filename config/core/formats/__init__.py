"""Dates as the admin writes them, one style in all languages: a day of the week, then day, month, year, 24 hours.

Forms show a time of the day without seconds (the first of `TIME_INPUT_FORMATS`), and take it with them too.
"""

"""The admin's frame: its site, its door, and what every page of every app shares."""

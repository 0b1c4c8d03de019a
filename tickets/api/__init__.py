"""The tickets app for other programs: filing and following for everybody, the work for staff."""
